//! What programs read.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use crate::error::{Error, Result};
use crate::format::{Format, Options};
use crate::sample::{Amount, Sample};
use crate::sys::Stop;

/// A file that is read.
#[derive(Clone, Debug)]
pub struct Data {
    /// Its length.
    pub bytes: u64,
    /// Length and checksum (CRC-32): files with the same text are the same data.
    pub is: String,
}

impl Data {
    /// Reads a file, which brings it into the page cache too.
    ///
    /// # Errors
    /// It is no file that can be read again and again, or can't be read; the stop was requested.
    pub fn of(path: &Path, stop: Option<&Stop>) -> Result<Data> {
        const PIECE: usize = 1 << 18;
        let failed = |e| Error::io("read", path, e);
        if !std::fs::metadata(path).map_err(failed)?.is_file() {
            return Err(Error::usage(format!("{}: only a file can be read again and again", path.display())));
        }
        let mut file = File::open(path).map_err(failed)?;
        let (mut sum, mut bytes, mut buffer) = (crc32fast::Hasher::new(), 0, vec![0; PIECE]);
        loop {
            check(stop).map_err(failed)?;
            match file.read(&mut buffer).map_err(failed)? {
                0 => break,
                count => {
                    sum.update(&buffer[..count]);
                    bytes += count as u64;
                }
            }
        }
        Ok(Data { bytes, is: format!("{bytes} bytes, CRC-32 {:08x}", sum.finalize()) })
    }
}

/// Writes sample data of a format: the same bytes every time.
///
/// # Errors
/// The file can't be written; the stop was requested.
pub fn generate(path: &Path, format: Format, bytes: u64, stop: Option<&Stop>) -> Result<()> {
    let sample = Sample { format, options: Options::default(), seed: 0, amount: Amount::Bytes(bytes), workers: 0 };
    let file = File::create(path).map_err(|e| Error::io("create", path, e))?;
    sample.write(&mut Stoppable { file, stop }).map(drop)
}

/// A file that is not written to its end once the stop is requested.
struct Stoppable<'s> {
    file: File,
    stop: Option<&'s Stop>,
}

impl Write for Stoppable<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        check(self.stop)?;
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn check(stop: Option<&Stop>) -> io::Result<()> {
    stop.map_or(Ok(()), Stop::check)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_known_by_its_checksum() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "123456789").unwrap();
        // The check value of CRC-32.
        let data = Data::of(&path, None).unwrap();
        assert_eq!((data.bytes, &*data.is), (9, "9 bytes, CRC-32 cbf43926"));
        assert!(Data::of(folder.path(), None).is_err());
        let stop = Stop::new();
        stop.request();
        assert!(Data::of(&path, Some(&stop)).is_err());
        assert!(generate(&path, "csv".parse().unwrap(), 100, Some(&stop)).is_err());
        generate(&path, "csv".parse().unwrap(), 100, None).unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().starts_with("id,time,"));
    }
}
