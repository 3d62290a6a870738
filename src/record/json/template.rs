//! Records that have the same text between their values as a previous one.

use super::nodes::is_leaf;
use super::rules::{Rules, escaped};
use super::strings::unescape;
use crate::memory::Arena;
use crate::record::{Batch, Value};
use crate::scan::json::{Guess, byte, number_end, text_end};
use crate::scan::number::short_is_number;
use crate::scan::vector::Vector;

/// The text of a record between its leaves: values that are not taken apart.
///
/// A record with the same text there has the same keys and the same nesting, so only the end of each leaf has to be
/// found.
pub(super) struct Template {
    steps: Vec<Step>,
    /// The lists and maps that are not leaves, and their nodes.
    containers: Vec<(u32, Value<'static>)>,
    /// What follows the last leaf.
    tail: Option<Guess>,
}

#[derive(Clone, Copy)]
struct Step {
    /// What precedes the leaf.
    before: Guess,
    node: u32,
    /// The byte after the leaf.
    behind: u8,
    /// How many lists and maps are open there.
    depth: u32,
}

/// The most leaves.
const STEPS: usize = 512;
/// Room for this many leaves, and for lists and maps that are not, is made at once.
const LEAVES: usize = 64;
const CONTAINERS: usize = 32;
/// How many bytes are looked at for each leaf.
const AHEAD: usize = 128;

impl Default for Template {
    fn default() -> Template {
        // The first record with as many, or with lists and maps, may come when nothing is to be allocated any more.
        Template { steps: Vec::with_capacity(LEAVES), containers: Vec::with_capacity(CONTAINERS), tail: None }
    }
}

impl Template {
    /// Starts over.
    pub fn clear(&mut self) {
        self.steps.clear();
        self.containers.clear();
        self.tail = None;
    }

    /// Adds the next leaf, inside `depth` lists and maps. False if there is too much text before it, or there are too
    /// many leaves.
    pub fn add(&mut self, before: &[u8], node: usize, depth: usize) -> bool {
        let fits = before.len() <= 32 && self.steps.len() < STEPS;
        if fits {
            self.set_behind(before);
            self.steps.push(Step { before: Guess::new(before, 0), node: node as u32, behind: 0, depth: depth as u32 });
        }
        fits
    }

    /// What follows the last leaf.
    fn set_behind(&mut self, text: &[u8]) {
        if let (Some(step), Some(behind)) = (self.steps.last_mut(), text.first()) {
            step.behind = *behind;
        }
    }

    /// Ends the record, which has these nodes. False if there is too much text after the last leaf, or there is no
    /// leaf.
    pub fn end(&mut self, tail: &[u8], nodes: &[Value<'_>]) -> bool {
        self.set_behind(tail);
        self.containers.extend((0..).zip(nodes).filter_map(|(node, value)| match *value {
            Value::Map(inside) => Some((node, Value::Map(inside))),
            Value::List(inside) => Some((node, Value::List(inside))),
            _ => None,
        }));
        self.tail = (tail.len() <= 32 && !self.steps.is_empty()).then(|| Guess::new(tail, 0));
        self.tail.is_some()
    }

    /// Reads a record with this text at `at`, as the nodes of the batch's `record` with other leaves. Returns the place
    /// after it; `None` if the text differs, or ends too soon.
    #[inline(always)]
    pub fn read<'a, const DEEP: u8, V: Vector>(
        &self,
        v: V,
        rules: &mut Rules,
        text: &'a [u8],
        mut at: usize,
        batch: &mut Batch<'a>,
        record: usize,
    ) -> Option<usize> {
        let arena = batch.arena();
        let values = batch.repeat(record, at).ok()?;
        for (node, value) in &self.containers {
            *values.get_mut(*node as usize)? = *value;
        }
        for step in &self.steps {
            let here: &[u8; AHEAD] = text.get(at..)?.first_chunk()?;
            if !step.before.begins(v, here.first_chunk()?) {
                return None;
            }
            let len = step.before.size();
            at += len;
            let place = values.get_mut(step.node as usize)?;
            let first = here[len];
            if first == b'"' {
                // The next place should depend on as little as possible: everything else is checked on the side.
                let short = v.short_load(here[len + 1..].first_chunk()?);
                let quotes = v.short_equal(short, b'"');
                let others = v.short_equal(short, b'\\') | v.short_below(short, b' ');
                // All bits below the first quote.
                if (quotes == 0) | (others & quotes.wrapping_sub(1) & !quotes != 0) {
                    (*place, at) = long_text(v, text, at, arena)?;
                    continue;
                }
                let size = quotes.trailing_zeros() as usize;
                *place = Value::Text(&here[len + 1..][..size]);
                at += size + 2;
            } else if first.is_ascii_digit() | (first == b'-') {
                let short = v.short_load(here[len..].first_chunk()?);
                let size = v.short_equal(short, step.behind).trailing_zeros() as usize;
                let number = &here[len..][..size];
                if (size == 32) | !short_is_number(v, short, number) {
                    let end = number_end(v, text, at)?;
                    *place = Value::Number(text.get(at..end)?);
                    at = end;
                    continue;
                }
                *place = Value::Number(number);
                at += size;
            } else {
                let (value, end) = other::<DEEP>(rules, text, at, first, step.depth)?;
                *place = value;
                at = end;
            }
        }
        let tail = self.tail.as_ref()?;
        let here: &[u8; 32] = text.get(at..)?.first_chunk()?;
        tail.begins(v, here).then_some(at + tail.size())
    }
}

/// The string at `open`, and the place after it.
#[inline(always)]
fn long_text<'a, V: Vector>(v: V, text: &'a [u8], open: usize, arena: &'a Arena) -> Option<(Value<'a>, usize)> {
    let end = text_end(v, text, open + 1);
    match byte(text, end) {
        b'"' => Some((Value::Text(&text[open + 1..end]), end + 1)),
        _ => odd_text(text, open, end, arena),
    }
}

/// The string at `open`, with a byte at `special` that is not plain text, and the place after it.
#[cold]
#[inline(never)]
fn odd_text<'a>(text: &'a [u8], open: usize, special: usize, arena: &'a Arena) -> Option<(Value<'a>, usize)> {
    if byte(text, special) != b'\\' {
        return None;
    }
    let close = escaped(text, special)?;
    let text = unescape(&text[open + 1..close], text, arena, open).ok()?;
    Some((Value::Text(text), close + 1))
}

/// A literal, or a list or map that is a leaf.
#[inline(never)]
fn other<'a, const DEEP: u8>(
    rules: &mut Rules,
    text: &'a [u8],
    at: usize,
    first: u8,
    depth: u32,
) -> Option<(Value<'a>, usize)> {
    let rest = &text[at..];
    match first {
        b't' if rest.starts_with(b"true") => Some((Value::Bool(true), at + 4)),
        b'f' if rest.starts_with(b"false") => Some((Value::Bool(false), at + 5)),
        b'n' if rest.starts_with(b"null") => Some((Value::Null, at + 4)),
        b'{' | b'[' if is_leaf::<DEEP>(first == b'{') => {
            let end = rules.skip(text, at, depth as usize)?;
            Some((Value::Raw(&text[at..end]), end))
        }
        _ => None,
    }
}
