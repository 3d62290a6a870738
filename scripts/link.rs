//! Links the command statically where the system can: on Linux with glibc, in a release build, and at fixed
//! addresses.
//!
//! To find, map and relocate the shared C library takes a seventh of the time that a file of 10 KB takes. To relocate the
//! command itself takes longer: 29,000 addresses in 150 pages, each of which is copied. Without that, `--version` takes
//! 0.6 of the time, and counting a file of 10 KB 0.7. The price: the addresses of the command's own code and tables
//! are the same in every run. Those of its stack, heap and maps stay random. Only the command is linked so,
//! not the library, its tests or benches. Where the archives are missing, or flags for rustc are given, nothing changes.
//! (`-C target-feature=+crt-static` asks for the same, but would reach procedural macros, which can't be static.)

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// What rustc asks for, and the archive that has it. The code of the last five is in `libc.a` since glibc 2.34.
const ARCHIVES: [(&str, &str); 7] = [
    ("gcc_s", "libgcc_eh.a"),
    ("c", "libc.a"),
    ("m", "libm.a"),
    ("dl", "libdl.a"),
    ("pthread", "libpthread.a"),
    ("rt", "librt.a"),
    ("util", "libutil.a"),
];

fn main() {
    println!("cargo::rerun-if-changed=scripts/link.rs");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    let native = env::var("HOST").ok() == env::var("TARGET").ok();
    let linux = is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    // Flags of one's own may ask for another way to link.
    if !(native && linux && is("PROFILE", "release") && is("CARGO_ENCODED_RUSTFLAGS", "")) {
        return;
    }
    let linker = env::var("RUSTC_LINKER").unwrap_or_else(|_| "cc".into());
    let folder = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let archives = folder.join("archives");
    if links_statically(&linker, &folder).unwrap_or(false) && find_archives(&linker, &archives).unwrap_or(false) {
        println!("cargo::rustc-link-arg-bin=pagemill=-static");
        println!("cargo::rustc-link-arg-bin=pagemill=-no-pie");
        println!("cargo::rustc-link-arg-bin=pagemill=-L{}", archives.display());
    }
}

/// Whether a small program can be linked and run.
fn links_statically(linker: &str, folder: &Path) -> io::Result<bool> {
    let [source, program] = ["static.c", "static.out"].map(|name| folder.join(name));
    fs::write(&source, "int main(void) { return 0; }\n")?;
    let linked = Command::new(linker).args(["-static", "-no-pie"]).arg(&source).arg("-o").arg(&program).output()?;
    Ok(linked.status.success() && Command::new(&program).status()?.success())
}

/// Fills a folder in which the linker finds an archive for everything that it would look for a shared library for.
/// The linker searches it before the system's.
fn find_archives(linker: &str, folder: &Path) -> io::Result<bool> {
    // Never through what is there already.
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir(folder)?;
    for (asked, archive) in ARCHIVES {
        let output = Command::new(linker).arg(format!("-print-file-name={archive}")).output()?;
        let path = String::from_utf8_lossy(&output.stdout);
        // What is not found is given as it was asked for, without a folder.
        if !Path::new(path.trim()).is_absolute() {
            return Ok(false);
        }
        // A script for the linker.
        fs::write(folder.join(format!("lib{asked}.a")), format!("INPUT(\"{}\")\n", path.trim()))?;
    }
    Ok(true)
}
