//! Runs inputs that are kept through their targets.

use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{fs, io, panic};

use crate::TARGETS;

/// The folder of the kept corpus.
pub fn kept() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    // As a test of pagemill's own package it is further down.
    let folders = [package.join("corpus"), package.join("tests/fuzz/corpus")];
    folders.into_iter().find(|folder| folder.is_dir()).unwrap()
}

/// Runs the inputs of a folder, or those of one target; returns how many make their target panic.
///
/// # Errors
/// A file can't be read, or there is none.
pub fn replay(corpus: &Path, only: Option<&str>) -> io::Result<usize> {
    let (mut failed, mut inputs) = (0, 0);
    for (name, target) in TARGETS {
        if only.is_some_and(|only| only != name) {
            continue;
        }
        let started = Instant::now();
        let files = files(&corpus.join(name))?;
        for file in &files {
            let input = fs::read(file)?;
            if panic::catch_unwind(|| target(&input)).is_err() {
                eprintln!("{name} fails on {}", file.display());
                failed += 1;
            }
        }
        println!("{name:10} {:5} inputs, {:.1} s", files.len(), started.elapsed().as_secs_f64());
        inputs += files.len();
    }
    match inputs {
        0 => Err(io::Error::other(format!("there are no inputs in {}", corpus.display()))),
        _ => Ok(failed),
    }
}

/// The files of a folder by name.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::seeds::seeds;

    /// The best kernel, or the one that the environment names.
    #[test]
    fn no_input_makes_a_target_panic() {
        assert_eq!(replay(&kept(), None).unwrap(), 0);
    }

    #[test]
    fn nor_with_the_other_kernels() {
        for kernel in ["avx2", "portable"] {
            let mut again = Command::new(std::env::current_exe().unwrap());
            again.args(["--exact", "corpus::tests::no_input_makes_a_target_panic"]).env("PAGEMILL_KERNEL", kernel);
            let output = again.output().unwrap();
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && text.contains("1 passed"), "{kernel}: {text}");
        }
    }

    #[test]
    fn every_target_has_inputs_to_begin_with() {
        for (name, _) in TARGETS {
            assert!(!seeds(name).is_empty(), "{name}");
        }
    }
}
