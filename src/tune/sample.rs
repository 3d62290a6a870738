//! The beginning of a file, as a file.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::error::Error;
use crate::sys::Stop;

/// How much is copied before anybody is asked whether to go on.
const PIECE: u64 = 8 << 20;

/// Copies the first `bytes` of a file into a new one.
///
/// # Errors
/// A file can't be read or written; or the stop was requested.
pub fn copy_beginning(path: &Path, bytes: u64, to: &Path, stop: Option<&Stop>) -> Result<(), Error> {
    let mut from = File::open(path).map_err(|e| Error::io("open", path, e))?;
    let mut file = File::create(to).map_err(|e| Error::io("create", to, e))?;
    let mut left = bytes;
    while left > 0 {
        if stop.is_some_and(Stop::is_requested) {
            return Err(Error::stopped(None));
        }
        let piece = left.min(PIECE);
        match io::copy(&mut (&mut from).take(piece), &mut file).map_err(|e| Error::io("write", to, e))? {
            copied if copied == piece => left -= piece,
            _ => return Err(Error::io("read", path, io::ErrorKind::UnexpectedEof.into())),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_beginning_is_copied() {
        let here = tempfile::tempdir().unwrap();
        let [from, to] = ["from", "to"].map(|name| here.path().join(name));
        fs::write(&from, vec![7; PIECE as usize + 10]).unwrap();
        copy_beginning(&from, PIECE + 3, &to, None).unwrap();
        assert_eq!(fs::metadata(&to).unwrap().len(), PIECE + 3);
        assert!(copy_beginning(&from, PIECE + 11, &to, None).is_err(), "it is shorter");
        let stop = Stop::new();
        stop.request();
        assert!(copy_beginning(&from, 1, &to, Some(&stop)).is_err());
    }
}
