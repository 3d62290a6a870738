//! What comes before the header: a byte order mark, and Excel's line that names the delimiter, `sep=;`.

use super::resolved::Resolved;
use crate::format::Options;

/// What the beginning tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Beginning {
    /// Where the header starts.
    pub end: usize,
    /// The delimiter that the source itself names.
    pub delimiter: Option<u8>,
    /// Such a line was passed over where there is no header: it may have been a record.
    pub passed: Option<u8>,
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const NAMED: &[u8] = b"sep=";

/// Reads the beginning; `end`: `head` is the whole source. `None`: more of the input is needed.
pub(super) fn read(dialect: &Resolved, options: &Options, head: &[u8], end: bool) -> Option<Beginning> {
    if head.len() < BYTE_ORDER_MARK.len() && !end {
        return None;
    }
    let start = if head.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    let rest = &head[start..];
    let nothing = Some(Beginning { end: start, delimiter: None, passed: None });
    let same = rest.iter().zip(NAMED).take_while(|(byte, named)| byte.eq_ignore_ascii_case(named)).count();
    if same < rest.len().min(NAMED.len()) || dialect.delimiter == b'=' {
        return nothing;
    }
    let (delimiter, terminator) = match &rest[same..] {
        [delimiter, b'\r', b'\n', ..] => (*delimiter, 2),
        // A line feed may follow.
        [] | [_] | [_, b'\r'] if !end => return None,
        [delimiter, b'\n' | b'\r', ..] => (*delimiter, 1),
        [delimiter] => (*delimiter, 0),
        _ => return nothing,
    };
    if !can_delimit(delimiter, dialect) {
        return nothing;
    }
    let end = start + NAMED.len() + 1 + terminator;
    let headless = options.no_headers || !options.names.is_empty();
    let passed = headless.then_some(delimiter);
    match options.dialect.delimiter.filter(|said| !said.is_auto()) {
        None => Some(Beginning { end, delimiter: Some(delimiter), passed }),
        // A delimiter given as an option wins. Without a header, a line that names another one is a record.
        Some(said) if headless && said.byte() != Some(delimiter) => nothing,
        Some(_) => Some(Beginning { end, delimiter: None, passed }),
    }
}

/// Whether a byte can be the delimiter, given the dialect's other special bytes.
fn can_delimit(byte: u8, dialect: &Resolved) -> bool {
    let taken = [dialect.quote, dialect.escape, dialect.comment.map(|comment| comment.first())];
    byte.is_ascii() && !byte.is_ascii_alphanumeric() && !b"\r\n".contains(&byte) && !taken.contains(&Some(byte))
}

#[cfg(test)]
mod tests {
    use super::super::Dialect;
    use super::super::resolved::Preset;
    use super::*;

    fn begin(head: &[u8], end: bool, delimiter: Option<u8>) -> Option<(usize, Option<u8>)> {
        let options = Options {
            dialect: Dialect { delimiter: delimiter.map(Into::into), ..Dialect::default() },
            ..Options::default()
        };
        let dialect = Resolved::reading(Preset::Csv, &options.dialect).unwrap();
        read(&dialect, &options, head, end).map(|found| (found.end, found.delimiter))
    }

    #[test]
    fn the_line_of_excel() {
        let semicolon = Some(b';');
        assert_eq!(begin(b"sep=;\na;b\n", true, None), Some((6, semicolon)));
        assert_eq!(begin(b"SEP=;\r\na;b\n", true, None), Some((7, semicolon)));
        assert_eq!(begin(b"sep=;\ra;b\r", true, None), Some((6, semicolon)));
        assert_eq!(begin(b"\xef\xbb\xbfsep=\t\na\tb\n", true, None), Some((9, Some(b'\t'))));
        assert_eq!(begin(b"sep=;", true, None), Some((5, semicolon)));
        // Another delimiter was given: the line is still not data.
        assert_eq!(begin(b"sep=;\na|b\n", true, Some(b'|')), Some((6, None)));
        for other in
            [&b"sep=;x\n"[..], b"sep=\n", b"sep=;;\n", b"sep=a\n", b"sep=\"\n", b"separator\n", b"a,sep=;\n", b"sep="]
        {
            assert_eq!(begin(other, true, None), Some((0, None)), "{}", other.escape_ascii());
        }
        assert_eq!(begin(b"sep=;\n", true, Some(b'=')), Some((0, None)));
    }

    #[test]
    fn more_is_asked_for_while_it_matters() {
        let head = b"\xef\xbb\xbfsep=;\r\na";
        for len in 0..head.len() {
            let found = begin(&head[..len], false, None);
            assert_eq!(found, (len >= 10).then_some((10, Some(b';'))), "{len}");
        }
        assert_eq!(begin(b"sex", false, None), Some((0, None)));
    }
}
