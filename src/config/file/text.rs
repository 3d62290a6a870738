//! The text of a configuration file, and its lines.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use super::fault::Fault;

/// The largest file, in bytes. Nobody writes as much; it is another file.
const MOST: u64 = 1 << 20;

/// Reads a file. `Ok(Err)`: it is there, but it is no configuration.
///
/// # Errors
/// It can't be opened or read.
pub fn read(path: &Path) -> io::Result<Result<String, Fault>> {
    let file = fs::File::open(path)?;
    if file.metadata()?.is_dir() {
        return Ok(Err(Fault::whole(format!("{} is a folder, not a configuration file", path.display()))));
    }
    let mut bytes = Vec::new();
    file.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST {
        let what = format!("{} is larger than 1 MiB: is it a configuration file?", path.display());
        return Ok(Err(Fault::whole(what)));
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    Ok(String::from_utf8(bytes).map_err(|error| {
        let line = line(error.as_bytes(), error.utf8_error().valid_up_to());
        Fault::at(path, line, "this line is not UTF-8\n  Save the file as UTF-8.")
    }))
}

/// The number of the line that a byte is in, from 1.
pub fn line(text: &[u8], offset: usize) -> usize {
    1 + memchr::memchr_iter(b'\n', &text[..offset.min(text.len())]).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_begin_after_line_feeds() {
        let text = b"ab\r\nc\n\nd";
        assert_eq!([0, 3, 4, 5, 6, 7, 8, 99].map(|offset| line(text, offset)), [1, 1, 2, 2, 3, 4, 4, 4]);
    }
}
