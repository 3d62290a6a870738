//! Reverses many lines at once, each in its place.

use super::clusters::{is_plain, put_char, put_clusters};
use crate::op::fields::reject_invalid;
use crate::record::Batch;
use crate::scan::vector::{Unit, Vector, Work};

/// Reverses all records of a batch, if they are [lines](Batch::lines). False: nothing was changed, and each text has to
/// be handled separately.
pub(super) fn reverse(batch: &mut Batch<'_>, clusters: bool) -> bool {
    let Some(from) = batch.lines() else { return false };
    // If there is no room for all of it, there may be for one line at a time.
    if let Ok(to) = batch.arena().bytes(from.len(), 0)
        && Unit::get().run(Turn { batch, clusters, from, to }).is_ok()
    {
        batch.change_lines(to);
        return true;
    }
    reject_invalid(batch);
    false
}

/// Not UTF-8.
struct Invalid;

struct Turn<'t, 'a> {
    batch: &'t Batch<'a>,
    clusters: bool,
    from: &'t [u8],
    /// As long as `from`.
    to: &'t mut [u8],
}

impl Work for Turn<'_, '_> {
    type Out = Result<(), Invalid>;

    #[inline(always)]
    fn run<V: Vector>(self, vector: V) -> Result<(), Invalid> {
        let Turn { batch, clusters, from, to } = self;
        // Backwards, so that a whole register ending with the line can be written: whatever it overwrites before the
        // line is written later.
        for record in (0..batch.len()).rev() {
            let (line, len) = batch.line(record);
            let (start, end) = (line.start, line.start + len);
            // One or two bytes: less work than calling memcpy.
            for (to, from) in to[end..line.end].iter_mut().zip(&from[end..line.end]) {
                *to = *from;
            }
            let (mut at, mut high) = (start, 0);
            while at < end {
                let (block, inside) = (load(vector, from, at), inside(end - at));
                high |= !vector.below(block, 0x80) & inside;
                store(vector, block, start, end - (at - start), to);
                at += 64;
            }
            if high != 0 {
                put_right(vector, clusters, from, start..end, to)?;
            }
        }
        Ok(())
    }
}

#[inline(always)]
fn load<V: Vector>(vector: V, from: &[u8], at: usize) -> V::Block {
    match from[at..].first_chunk() {
        Some(block) => vector.load(block),
        None => vector.load_part(&from[at..]),
    }
}

/// A bit for each of the first `len` bytes of a block.
#[inline(always)]
fn inside(len: usize) -> u64 {
    u64::MAX >> (64 - len.min(64))
}

/// Writes a block in reverse order, with its first byte just before `stop`, at least down to `start`.
#[inline(always)]
fn store<V: Vector>(vector: V, block: V::Block, start: usize, stop: usize, to: &mut [u8]) {
    let turned = vector.reverse(block);
    if let Some(into) = to[..stop].last_chunk_mut() {
        return vector.store(turned, into);
    }
    let mut whole = [0; 64];
    vector.store(turned, &mut whole);
    to[start..stop].copy_from_slice(&whole[64 - (stop - start)..]);
}

/// Restores the characters of a line that are not ASCII.
#[inline(always)]
fn put_right<V: Vector>(
    vector: V,
    clusters: bool,
    from: &[u8],
    line: std::ops::Range<usize>,
    to: &mut [u8],
) -> Result<(), Invalid> {
    let (text, to) = (&from[line.clone()], &mut to[line.clone()]);
    let (mut inner, mut claimed, mut first) = (0, 0, None);
    for start in (0..text.len()).step_by(64) {
        let block = load(vector, from, line.start + start);
        let high = !vector.below(block, 0x80) & inside(text.len() - start);
        let mut leads = high & !vector.below(block, 0xc0);
        inner += (high & !leads).count_ones();
        while leads != 0 {
            let at = start + leads.trailing_zeros() as usize;
            leads &= leads - 1;
            claimed += claim(&text[at..]).ok_or(Invalid)?;
            put_char(text, at, to);
            if clusters && !is_plain(text, at) {
                first.get_or_insert(at);
            }
        }
    }
    if claimed != inner {
        return Err(Invalid);
    }
    if let Some(first) = first {
        put_clusters(simdutf8::basic::from_utf8(text).map_err(|_| Invalid)?, first, to);
    }
    Ok(())
}

/// How many bytes follow the lead byte of a valid character (The Unicode Standard, table 3-7).
#[inline(always)]
fn claim(text: &[u8]) -> Option<u32> {
    let inner = |byte: u8| byte & 0xc0 == 0x80;
    match *text {
        [0xc2..=0xdf, b, ..] if inner(b) => Some(1),
        [a @ 0xe0..=0xef, b, c, ..] if inner(b) & inner(c) => {
            ((a != 0xe0 || b >= 0xa0) && (a != 0xed || b < 0xa0)).then_some(2)
        }
        [a @ 0xf0..=0xf4, b, c, d, ..] if inner(b) & inner(c) & inner(d) => {
            ((a != 0xf0 || b >= 0x90) && (a != 0xf4 || b < 0x90)).then_some(3)
        }
        _ => None,
    }
}
