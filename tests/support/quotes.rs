//! What quotes make of a record, as slowly and plainly as can be: the oracle of the rules for wrong quotes.

/// The bytes with a meaning.
pub struct Marks {
    pub delimiter: u8,
    pub quote: Option<u8>,
    pub escape: Option<u8>,
    pub comment: Option<u8>,
}

/// Where the first record of `data` ends, and whether its quotes make it a bad one: then it is its first line.
pub fn first_record(data: &[u8], marks: &Marks) -> Option<(usize, bool)> {
    let is_break = |at: usize| matches!(data.get(at), Some(b'\n' | b'\r'));
    let behind = |at: usize| if data[at..].starts_with(b"\r\n") { at + 2 } else { at + 1 };
    let is_delimiter = |at: usize| data.get(at) == Some(&marks.delimiter);
    let is_quote = |at: usize| marks.quote.is_some() && data.get(at).copied() == marks.quote;
    let is_escape = |at: usize| marks.escape.is_some() && data.get(at).copied() == marks.escape;
    let mut at = 0;
    loop {
        if is_break(at) {
            at += 1;
        } else if marks.comment.is_some() && data.get(at).copied() == marks.comment {
            at +=
                data[at..].iter().position(|byte| matches!(byte, b'\n' | b'\r')).map_or(data.len() - at, |len| len + 1);
        } else {
            break;
        }
    }
    if at >= data.len() {
        return None;
    }
    let (mut line, mut odd) = (None, false);
    loop {
        if is_quote(at) {
            at += 1;
            while !is_quote(at) || is_quote(at + 1) {
                at += usize::from(is_quote(at) || is_escape(at));
                if at >= data.len() {
                    return Some((line.unwrap_or(data.len()), true));
                }
                line = line.or_else(|| is_break(at).then(|| behind(at)));
                at += 1;
            }
            at += 1;
            odd |= at < data.len() && !is_delimiter(at) && !is_break(at);
        }
        while at < data.len() && !is_delimiter(at) && !is_break(at) {
            at += 1;
        }
        if !is_delimiter(at) {
            let end = if at < data.len() { behind(at) } else { at };
            return Some(line.filter(|_| odd).map_or((end, false), |line| (line, true)));
        }
        at += 1;
    }
}
