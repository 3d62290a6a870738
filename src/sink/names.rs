//! Paths, and the names of files beside a target, which are made from its own.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::sys::longest_name;

/// The path with something before and after its name, which is cut where that would be too long.
pub fn beside(path: &Path, before: &str, after: &str) -> PathBuf {
    let mut name = OsString::from(before);
    name.push(fitted(path, before.len() + after.len()));
    name.push(after);
    path.with_file_name(name)
}

/// The path's name, cut if it would be too long for its folder with `more` bytes around it. A cut one has a checksum of
/// the whole at its end: it is the same every time, and other names become others.
pub fn fitted(path: &Path, more: usize) -> OsString {
    /// Every filesystem takes names of this length.
    const SAFE: usize = 100;
    let name = path.file_name().unwrap_or_default();
    if name.len() + more <= SAFE {
        return name.to_os_string();
    }
    let longest = longest_name(path.parent().unwrap_or(Path::new("")));
    if name.len() + more <= longest {
        return name.to_os_string();
    }
    let sum = format!("~{:016x}", checksum(name.as_encoded_bytes()));
    let text = name.to_string_lossy();
    let mut end = longest.saturating_sub(more + sum.len()).min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    OsString::from(format!("{}{sum}", &text[..end]))
}

/// A path without links, also of a file that is not there yet.
pub fn whole_path(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside = || Some(fs::canonicalize(folder).ok()?.join(path.file_name()?));
    fs::canonicalize(path).ok().or_else(beside).unwrap_or_else(|| path.to_path_buf())
}

/// The 64 bits of FNV-1a.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_and_differ() {
        let name = |path: &str| beside(Path::new(path), ".", ".part").file_name().unwrap().to_str().unwrap().to_owned();
        assert_eq!(name("dir/a.csv"), ".a.csv.part");
        let longest = longest_name(Path::new("."));
        // It just fits.
        let fits = "x".repeat(longest - 6);
        assert_eq!(name(&fits), format!(".{fits}.part"));
        let (one, other) = (format!("x{fits}"), format!("x{fits}y"));
        assert_eq!((name(&one).len(), name(&other).len()), (longest, longest));
        assert!(name(&one) != name(&other) && name(&one) == name(&one));
        assert!(name(&one).starts_with(".xxx") && name(&one).ends_with(".part"));
        // Never within a character.
        for shift in 0..3 {
            let name = name(&("a".repeat(shift) + &"\u{20ac}".repeat(longest / 3)));
            assert!(name.len() <= longest && name.len() > longest - 3, "{}", name.len());
        }
    }

    /// The values that the authors of FNV publish.
    #[test]
    fn checksums() {
        assert_eq!(checksum(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(checksum(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(checksum(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
