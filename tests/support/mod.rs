//! Running the real binary.
#![allow(dead_code)] // Each test file uses a part of it.

pub mod drive;
pub mod flags;
pub mod group;
pub mod inputs;
pub mod missing;
pub mod mutate;
pub mod paths;
pub mod process;
pub mod raw;
pub mod terminal;
pub mod values;

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// How a run ended and what it said.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Runs a command whose reader goes away at once: its exit code, and what it said.
pub fn without_reader(mut command: Command) -> (Option<i32>, String) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A command that runs the binary in a folder.
pub fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pagemill"));
    command.current_dir(folder).stdin(Stdio::null()).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    // Whoever runs the tests may have a configuration.
    command.env("XDG_CONFIG_HOME", folder.join(".config"));
    // The history of whoever runs the tests is none of theirs.
    command.env("XDG_STATE_HOME", std::env::temp_dir().join("pagemill-tests"));
    command
}

/// Starts a command that is talked to on all three streams.
pub fn piped(command: &mut Command) -> std::process::Child {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the binary starts")
}

/// Runs the binary in a folder.
pub fn run<S: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = S>) -> Ran {
    ran(command(folder).args(arguments).output().expect("the binary starts"))
}

/// Runs the binary with something to read on its standard input.
pub fn feed<S: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = S>, input: &[u8]) -> Ran {
    let mut child = command(folder)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    // In a thread of its own: a large output must not block the input.
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().expect("the binary ends");
    writer.join().expect("the writer ends");
    ran(output)
}

/// How a run ended.
pub fn ran(output: Output) -> Ran {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ran { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}

impl Ran {
    /// The same, if it ended with `code` and said no more than errors may; else a panic that tells everything.
    #[track_caller]
    pub fn ends(self, code: i32) -> Ran {
        assert_eq!(self.code, code, "standard output:\n{}\nstandard error:\n{}", self.stdout, self.stderr);
        assert!(!self.stderr.contains("panicked") && !self.stderr.contains("a bug in"), "{}", self.stderr);
        self
    }

    /// The same, if standard error contains every part.
    #[track_caller]
    pub fn says(self, parts: &[&str]) -> Ran {
        for part in parts {
            assert!(self.stderr.contains(part), "{part:?} is not in:\n{}", self.stderr);
        }
        self
    }
}

/// A file of `fixtures/`.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// An empty folder that goes away at the end.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder for the test")
}

/// A folder with these files.
pub fn with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let here = folder();
    for (name, text) in files {
        let path = here.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder around it")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    here
}

/// Runs the binary with words that have no spaces in them.
pub fn say(here: &Path, arguments: &str) -> Ran {
    run(here, arguments.split_whitespace())
}

/// The same for `pagemill convert`.
pub fn convert(here: &Path, arguments: &str) -> Ran {
    run(here, ["convert"].into_iter().chain(arguments.split_whitespace()))
}

/// The text of a file.
pub fn read(here: &Path, name: &str) -> String {
    std::fs::read_to_string(here.join(name)).expect("a file of text")
}

/// What a report says of which file a source was.
#[cfg(unix)]
pub fn identity(path: &Path) -> serde_json::Value {
    use std::os::unix::fs::MetadataExt;
    let about = std::fs::metadata(path).expect("a file");
    let modified = jiff::Timestamp::new(about.mtime(), about.mtime_nsec() as i32).expect("a time");
    let modified = modified.to_string();
    serde_json::json!({"bytes": about.len(), "modified": modified, "device": about.dev(), "inode": about.ino()})
}

/// The names of a folder's files, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
