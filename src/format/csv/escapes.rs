//! TSV with backslash escapes.

/// A null field in TSV with escapes, as databases write it.
pub(super) const TSV_NULL: &[u8] = b"\\N";

/// Resolves `\t`, `\n`, `\r` and `\\`; other backslashes are kept. Returns the length of the result.
pub(super) fn unescape_tsv(text: &[u8], room: &mut [u8]) -> usize {
    let (mut len, mut at) = (0, 0);
    while at < text.len() {
        let (byte, read) = match (text[at], text.get(at + 1)) {
            (b'\\', Some(b't')) => (b'\t', 2),
            (b'\\', Some(b'n')) => (b'\n', 2),
            (b'\\', Some(b'r')) => (b'\r', 2),
            (b'\\', Some(b'\\')) => (b'\\', 2),
            (byte, _) => (byte, 1),
        };
        room[len] = byte;
        len += 1;
        at += read;
    }
    len
}

/// A byte in backslash-escaped TSV.
pub(super) fn escaped(byte: &u8) -> &[u8] {
    match byte {
        b'\t' => b"\\t",
        b'\n' => b"\\n",
        b'\r' => b"\\r",
        b'\\' => b"\\\\",
        other => std::slice::from_ref(other),
    }
}
