//! Whether a source file is still the one that was opened.

use std::fs::{File, Metadata};
use std::io;
use std::path::Path;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// What distinguishes a file from others, and from itself after a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    len: u64,
    modified: Option<SystemTime>,
    place: Option<(u64, u64)>,
}

impl Stamp {
    /// How many bytes it had.
    pub fn file_len(&self) -> u64 {
        self.len
    }

    /// When it was last written to, if the system knows.
    pub fn modified(&self) -> Option<SystemTime> {
        self.modified
    }

    /// Its device and its number there, if it has them.
    pub fn place(&self) -> Option<(u64, u64)> {
        self.place
    }

    /// That of a file of which the system says this.
    pub fn of(metadata: &Metadata) -> Stamp {
        Stamp { len: metadata.len(), modified: metadata.modified().ok(), place: place(metadata) }
    }
}

/// A regular file as it was when it was opened.
pub(super) struct Identity {
    file: File,
    pub stamp: Stamp,
}

const QUIET: &str = "Convert it when nothing is writing to it.";
/// A pipe has what was in the file when its end was met.
const PIPE: &str = "Convert it when nothing is writing to it, or give ⟨snapshot⟩, which reads what is there at the start; or pipe it, which reads what is there now: cat FILE⟨stdin FORMAT⟩";

impl Identity {
    /// Of a regular file that has bytes; files of `/proc` claim to have none, and have no identity.
    pub fn of(file: &File) -> Option<Identity> {
        let metadata = file.metadata().ok().filter(|metadata| metadata.is_file() && metadata.len() > 0)?;
        Some(Identity { file: file.try_clone().ok()?, stamp: Stamp::of(&metadata) })
    }

    /// The open file.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Fails if the file has another length or time of modification than before, or if its path, where it has one, names
    /// another file. A file that was only deleted was still read as a whole. One of which only the first `limit` bytes are
    /// read may grow.
    pub fn check(&self, named: Option<&Path>, limit: Option<u64>) -> Result<()> {
        let path = named.unwrap_or(Path::new("-"));
        let now = Stamp::of(&self.file.metadata().map_err(|e| Error::io("read", path, e))?);
        let before = &self.stamp;
        let changed = |how: String| Error::io("read", path, io::Error::other(how));
        let grows = limit.is_some_and(|limit| now.len >= limit);
        if now.len != before.len && !grows {
            let hint = if now.len > before.len { PIPE } else { QUIET };
            let changed = changed(format!(
                "byte {}: the file changed while it was read: it had {} bytes and has {} now",
                now.len.min(before.len),
                before.len,
                now.len
            ));
            return Err(changed.note(hint.to_owned(), false));
        }
        if now.modified != before.modified && !grows {
            return Err(changed(format!("the file was written to while it was read\n  {QUIET}")));
        }
        match named.map(Path::metadata) {
            Some(Ok(now)) if now.is_file() && place(&now) != before.place => {
                Err(changed("another file took its place while it was read\n  Run the conversion again.".to_owned()))
            }
            _ => Ok(()),
        }
    }
}

/// What distinguishes a file from others: its device and its number there.
#[cfg(unix)]
pub fn place(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

/// Elsewhere nothing does.
#[cfg(not(unix))]
pub fn place(_metadata: &Metadata) -> Option<(u64, u64)> {
    None
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn changes_are_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let fresh = || {
            fs::write(&path, "a,b\n1,2\n").unwrap();
            Identity::of(&File::open(&path).unwrap()).unwrap()
        };
        let says = |identity: &Identity| identity.check(Some(&path), None).unwrap_err().to_string();

        let identity = fresh();
        identity.check(Some(&path), None).unwrap();
        identity.check(None, None).unwrap();
        File::options().append(true).open(&path).unwrap().set_len(3).unwrap();
        assert!(says(&identity).contains("a.csv: byte 3: ") && says(&identity).contains("had 8 bytes and has 3"));

        let identity = fresh();
        fs::write(&path, "a,b\n1,2\n3,4\n").unwrap();
        assert!(
            says(&identity).contains("had 8 bytes and has 12 now") && says(&identity).contains("pipe it, which reads")
        );

        identity.check(Some(&path), Some(8)).unwrap();
        assert!(identity.check(Some(&path), Some(13)).is_err());

        let identity = fresh();
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::now() + std::time::Duration::from_secs(5)).unwrap();
        assert!(says(&identity).contains("written to"));

        let identity = fresh();
        fs::write(folder.path().join("b.csv"), "a,b\n1,2\n").unwrap();
        fs::rename(folder.path().join("b.csv"), &path).unwrap();
        assert!(says(&identity).contains("another file"));

        let identity = fresh();
        fs::remove_file(&path).unwrap();
        identity.check(Some(&path), None).unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_no_real_file_has_no_identity() {
        assert!(Identity::of(&File::open("/proc/self/status").unwrap()).is_none());
        assert!(Identity::of(&File::open("/dev/null").unwrap()).is_none());
    }
}
