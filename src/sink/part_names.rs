//! Names of the parts that an output is split into.
//!
//! A name is made from a value so that it is the name of one file in one folder, whatever the value is, and no two values
//! have the same one, not even where upper and lower case are the same.

use hashbrown::HashSet;

/// What is in a template in place of the name of a part.
pub const PART: &str = "{part}";

/// The name of the part for records without a value, and for those whose value is an empty text. No escape is like these.
const NULL: &str = "%null";
const EMPTY: &str = "%empty";

/// Longer names are cut, in bytes: most systems take 255, and there is more in a name than the part.
const LONGEST: usize = 100;
/// So much is left of a name that is cut.
const CUT: usize = 80;

/// What Windows takes for devices, whatever the extension.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// The names that were given to parts.
#[derive(Default)]
pub struct PartNames {
    /// All of them in lower case.
    given: HashSet<Box<str>>,
    /// How many were cut.
    cut: u64,
}

impl PartNames {
    /// The name for a value that has none yet: no text means null.
    ///
    /// Letters, digits and most signs stay as they are; other bytes become `%` and two hexadecimal digits. A value that
    /// differs from an earlier one only in case has all its letters written so. Of a long one the beginning is left, with
    /// `%~` and a number.
    pub fn of(&mut self, value: Option<&[u8]>) -> String {
        let mut name = match value {
            None => NULL.to_owned(),
            Some([]) => EMPTY.to_owned(),
            Some(value) => escaped(value, |c| !is_plain(c)),
        };
        if self.given.contains(&*name.to_lowercase()) {
            name = escaped(value.unwrap_or_default(), |c| !is_plain(c) || has_case(c));
        }
        if name.len() > LONGEST {
            self.cut += 1;
            let mut end = CUT;
            while !name.is_char_boundary(end) {
                end -= 1;
            }
            // Not within an escape.
            let end = name[end - 2..end].find('%').map_or(end, |at| end - 2 + at);
            name = format!("{}%~{}", &name[..end], self.cut);
        }
        self.given.insert(name.to_lowercase().into());
        name
    }
}

/// The name of the part of this number, from 1. They are in order where there are less than a million.
pub fn numbered(number: u64) -> String {
    format!("{number:06}")
}

/// A text in which the characters that are `odd` are escaped, and the bytes that are no text.
fn escaped(value: &[u8], odd: impl Fn(char) -> bool) -> String {
    let mut name = String::with_capacity(value.len());
    let escape = |name: &mut String, bytes: &[u8]| bytes.iter().for_each(|byte| *name += &format!("%{byte:02X}"));
    for chunk in value.utf8_chunks() {
        for c in chunk.valid().chars() {
            match odd(c) {
                true => escape(&mut name, c.encode_utf8(&mut [0; 4]).as_bytes()),
                false => name.push(c),
            }
        }
        escape(&mut name, chunk.invalid());
    }
    // The first character of a hidden file, an option or a device, and the last one, which Windows leaves out.
    let stem = name.split('.').next().unwrap_or_default().trim_end_matches(|c: char| c.is_ascii_digit());
    if name.starts_with(['.', '-', ' ', '~']) || DEVICES.iter().any(|device| stem.eq_ignore_ascii_case(device)) {
        let first = name.remove(0);
        name.insert_str(0, &format!("%{:02X}", first as u32));
    }
    if name.ends_with(['.', ' ']) {
        let last = name.pop().unwrap_or_default();
        name += &format!("%{:02X}", last as u32);
    }
    name
}

/// Whether a character may be in the name of a file on all systems, and is shown.
fn is_plain(c: char) -> bool {
    match c {
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '%' | '{' | '}' => false,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' => false,
        '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => false,
        c => !c.is_control(),
    }
}

/// Whether a character has another one as its upper or lower case.
fn has_case(c: char) -> bool {
    !c.to_lowercase().eq([c]) || !c.to_uppercase().eq([c])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet as Set;

    fn names(values: &[&str]) -> Vec<String> {
        let mut names = PartNames::default();
        values.iter().map(|value| names.of(Some(value.as_bytes()))).collect()
    }

    #[test]
    fn a_name_is_that_of_a_file_in_the_folder() {
        let shown =
            names(&["Zürich HB", "..", "a/b", "/etc/passwd", ".hidden", "a%2Fb", "x\0\n", "-rf", "a. ", "nul.x"]);
        let expected = [
            "Zürich HB",
            "%2E%2E",
            "a%2Fb",
            "%2Fetc%2Fpasswd",
            "%2Ehidden",
            "a%252Fb",
            "x%00%0A",
            "%2Drf",
            "a.%20",
            "%6Eul.x",
        ];
        assert_eq!(shown, expected);
        let mut names = PartNames::default();
        assert_eq!([names.of(None), names.of(Some(b"")), names.of(Some(b"null"))], ["%null", "%empty", "null"]);
        assert_eq!(names.of(Some(b"\xff\xc3")), "%FF%C3");
    }

    #[test]
    fn names_differ_in_more_than_case() {
        assert_eq!(names(&["Bern", "bern", "BERN", "Ä", "ä"]), ["Bern", "%62%65%72%6E", "%42%45%52%4E", "Ä", "%C3%A4"]);
        let long = "x".repeat(300);
        let others = [long.clone(), long.clone() + "y", "X".repeat(300), "ä".repeat(60), "/".repeat(50)];
        let shown = names(&others.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(shown[0], format!("{}%~1", "x".repeat(80)));
        let all: Set<String> = shown.iter().map(|name| name.to_lowercase()).collect();
        assert!(all.len() == 5 && shown.iter().all(|name| name.len() < 110), "{shown:?}");
    }

    #[test]
    fn numbers_are_in_order() {
        assert_eq!([numbered(1), numbered(999_999), numbered(1_000_000)], ["000001", "999999", "1000000"]);
    }
}
