//! What a bad record may have swallowed: the brackets and quotes that tell where a record ends may be what is broken.

use std::ops::Range;

use super::text::Syntax;
use super::walk::{Between, Walk};

/// Where a bad record ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Where its brackets say.
    Own,
    /// Before this place, where another record begins.
    Before(usize),
    /// Nothing tells, and there may be good records in it.
    Unknown,
}

/// How far a bad record goes, which lies at `range` by its brackets. `is_open`: it has no end, and the slice ends there.
///
/// A record that begins inside of it does so where [`Walk`] is between two tokens. So the records from there on end where
/// the bad one does by its brackets, and what is found never depends on slices.
pub fn extent(text: &[u8], range: Range<usize>, is_open: bool, between: Between, syntax: Syntax) -> Extent {
    let Range { start, end } = range;
    let text = &text[..end];
    let Some(&first) = text.get(start) else { return Extent::Own };
    let mut walk = Walk::new(start, 0);
    // The brackets that are open, the last token, and where the last text or comment began.
    let (mut open, mut before, mut hidden) = (Vec::new(), 0, start);
    let (mut is_crossed, mut is_misplaced, mut is_doubtful, mut follows_text) = (false, false, false, false);
    for at in start..end {
        let (byte, was_between) = (text[at], walk.is_between());
        let depth = walk.depth;
        walk.next(&text[..=at], between, syntax);
        if walk.depth > depth {
            let is_legal = match open.last() {
                None => matches!(before, 0 | b':'),
                Some(b'{') => before == b':',
                Some(_) => matches!(before, b',' | b'['),
            };
            // White space before the bad record may be in no slice, so nobody knows how far it is indented.
            let begins_line = byte == first && at > start && text[at - 1] == b'\n';
            match (open.is_empty(), begins_line) {
                // Another record follows.
                (true, _) if !is_legal => return Extent::Before(at),
                (false, true) if !is_legal && between == Between::Nothing && !is_doubtful => return Extent::Before(at),
                (false, true) => (is_doubtful, is_misplaced) = (true, is_misplaced || !is_legal),
                _ => is_misplaced |= !is_legal,
            }
            open.push(byte);
        } else if walk.depth < depth {
            is_crossed |= open.pop() != Some(if byte == b'}' { b'{' } else { b'[' });
        }
        match (was_between, walk.is_between()) {
            (true, true) if !matches!(byte, 0..=b' ' | b'/') => {
                // Its quote belongs to another text, perhaps.
                is_misplaced |= follows_text && !matches!(byte, b',' | b':' | b'}' | b']');
                (before, follows_text) = (byte, false);
            }
            (true, false) => {
                hidden = at;
                // A comment is no token.
                if matches!(byte, b'"' | b'\'') {
                    is_misplaced |= follows_text;
                    (before, follows_text) = (byte, false);
                }
            }
            (false, true) => follows_text |= byte == before,
            _ => {}
        }
    }
    let swallows = || !walk.is_between() && memchr::memchr2(b'{', b'[', &text[hidden..]).is_some();
    // A number or a word ends with the slice, too.
    let is_open = is_open && (between == Between::Commas || walk.depth > 0 || !walk.is_between());
    let is_broken = is_open || is_crossed;
    let is_unknown = is_broken && (is_misplaced || is_doubtful)
        || is_open && (between == Between::Commas || swallows())
        // The key of something that follows.
        || between == Between::Nothing && open.is_empty() && before == b':';
    if is_unknown { Extent::Unknown } else { Extent::Own }
}
