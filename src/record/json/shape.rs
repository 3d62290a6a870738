//! Nodes of a keyed batch, with the previous record as the guess.

use super::build::{Build, Fault};
use super::nodes::Nodes;
use super::template::Template;
use crate::record::{Batch, Value};
use crate::scan::json::Guess;

/// How many nodes of a record are remembered.
const NODES: usize = 1024;
/// How many records are read before another attempt at a template, after one that failed.
const WAIT: u32 = 256;
/// How often a template may fail after it matched.
const TRUST: i32 = 16;

/// What the previous records looked like.
///
/// Records with the same look have the same keys and the same nesting. Looks are numbered; 0 is none.
#[derive(Default)]
pub(super) struct Shape {
    nodes: Vec<Known>,
    /// The number of nodes of the record in `nodes`; 0 if there is none.
    len: usize,
    /// How many of them are lists and maps.
    containers: usize,
    /// The look of that record.
    look: u64,
    looks: u64,
    /// The look of the last record.
    last: u64,
    /// The last record looks like the one before.
    as_before: bool,
    template: Template,
    /// The look of the template.
    template_look: u64,
    /// A record of the batch that looks like the template.
    model: Option<usize>,
    /// The next record becomes the template.
    learning: bool,
    /// How many more records can't become one.
    wait: u32,
    trust: i32,
    /// How many records of the slice matched a template, and how many did not.
    fitted: usize,
    others: usize,
    /// Scratch for [`Nodes`].
    open: Vec<u32>,
}

/// A node of the previous record.
#[derive(Clone, Copy)]
struct Known {
    guess: Guess,
    /// What is inside: see [`inside`].
    inside: u64,
}

const UNKNOWN: Known = Known { guess: Guess::NONE, inside: 0 };

/// Tells lists and maps apart by kind and size; everything else is 0.
#[inline(always)]
fn inside(value: &Value<'_>) -> u64 {
    match *value {
        Value::Map(inside) => u64::from(inside) << 2 | 1,
        Value::List(inside) => u64::from(inside) << 2 | 2,
        _ => 0,
    }
}

impl Shape {
    /// The last record was taken back, or another one was added after it.
    pub fn forget(&mut self) {
        (self.len, self.last, self.model, self.learning) = (0, 0, None, false);
    }

    /// Begins a slice. True if few records of the previous one matched a template.
    pub fn seldom_fits(&mut self) -> bool {
        std::mem::take(&mut self.fitted) < std::mem::take(&mut self.others)
    }

    /// Whether the last record has the same keys and nesting as the one before it in the batch.
    #[inline(always)]
    pub fn is_as_before(&self) -> bool {
        self.as_before
    }

    /// The template, if it is worth trying, and a record of the batch that looks like it.
    #[inline(always)]
    pub fn template(&mut self, batch: &Batch<'_>) -> Option<(&Template, usize)> {
        if batch.is_empty() {
            (self.model, self.last) = (None, 0);
        }
        Some((&self.template, self.model?))
    }

    /// A record matched the template.
    #[inline(always)]
    pub fn repeated(&mut self) {
        self.as_before = self.last == self.template_look;
        self.last = self.template_look;
        self.trust = TRUST;
        self.fitted += 1;
    }

    /// A record did not match the template.
    pub fn missed(&mut self) {
        self.trust -= 1;
    }

    /// A record was read that does not match the template; `same` if it is like the one in `nodes`. `record` is its
    /// number.
    fn met(&mut self, same: bool, record: usize) {
        if !same {
            self.looks += 1;
            self.look = self.looks;
        }
        self.as_before = self.last == self.look;
        self.last = self.look;
        self.others += 1;
        if self.look == self.template_look {
            self.model = Some(record);
        } else if same && self.trust <= 0 && !self.learning {
            self.learning = self.wait == 0;
            self.wait = self.wait.saturating_sub(1);
        }
    }
}

/// Adds the nodes of one record.
pub(super) struct Shaped<'s, 'b, 'a, const DEEP: u8> {
    shape: &'s mut Shape,
    nodes: Nodes<'b, 'a, DEEP>,
    text: &'a [u8],
    /// The number of the record, and of its first node in the batch.
    record: usize,
    first: usize,
    containers: usize,
    /// So far, the record has the keys and nesting of the one remembered.
    same: bool,
    /// After the last leaf.
    behind: usize,
    /// The record fits into the template that is being made.
    fits: bool,
}

impl<'s, 'b, 'a, const DEEP: u8> Shaped<'s, 'b, 'a, DEEP> {
    /// For a record at `at` in a text.
    #[inline(always)]
    pub fn new(shape: &'s mut Shape, batch: &'b mut Batch<'a>, text: &'a [u8], at: usize) -> Shaped<'s, 'b, 'a, DEEP> {
        let (record, first) = (batch.len(), batch.next_node());
        let nodes = Nodes::new(batch, std::mem::take(&mut shape.open));
        if shape.learning {
            shape.template.clear();
            (shape.template_look, shape.model) = (0, None);
        }
        let (same, fits) = (shape.len > 0, shape.learning);
        Shaped { shape, nodes, text, record, first, containers: 0, same, behind: at, fits }
    }

    /// Ends the record before a place in the text; returns the number of its nodes.
    #[inline(always)]
    pub fn finish(self, end: usize) -> usize {
        let Shaped { shape, nodes, text, record, first, containers, same, behind, fits } = self;
        let values = &nodes.values()[first..];
        let len = values.len();
        let same = same & (len == shape.len) & (containers == shape.containers);
        if !same {
            shape.nodes.resize(shape.nodes.len().max(len.min(NODES)), UNKNOWN);
            for (known, value) in shape.nodes.iter_mut().zip(values) {
                known.inside = inside(value);
            }
            (shape.len, shape.containers) = (len, containers);
        }
        if std::mem::take(&mut shape.learning) {
            if same && fits && shape.template.end(&text[behind..end], values) {
                (shape.template_look, shape.trust) = (shape.look, TRUST);
            } else if same {
                shape.wait = WAIT;
            }
        }
        shape.met(same, record);
        shape.open = nodes.into_scratch();
        len
    }

    /// Drops the record, and keeps its scratch space for the next one.
    #[cold]
    pub fn give_up(self) {
        self.shape.open = self.nodes.into_scratch();
    }

    #[inline(always)]
    fn node(&self) -> usize {
        self.nodes.next_node() - self.first
    }

    /// Adds a leaf that is at `place..end` in the text.
    #[inline(always)]
    fn leaf(&mut self, place: usize, end: usize) {
        if self.fits {
            let (before, node) = (&self.text[self.behind..place], self.node());
            self.fits = self.shape.template.add(before, node, self.nodes.depth());
            self.behind = end;
        }
    }
}

impl<'a, const DEEP: u8> Build<'a> for Shaped<'_, '_, 'a, DEEP> {
    const SKIP: bool = false;
    const GUESSES: bool = true;

    #[inline(always)]
    fn guess(&self) -> Option<&Guess> {
        self.shape.nodes.get(self.node()).map(|known| &known.guess)
    }
    #[inline(always)]
    fn guessed(&mut self, key: &'a [u8]) {
        self.nodes.set_key(key);
    }
    #[inline(always)]
    fn learn(&mut self, guess: Guess) {
        let node = self.node();
        if node >= NODES {
            return;
        }
        if self.shape.nodes.len() <= node {
            self.shape.nodes.resize(node + 1, UNKNOWN);
        }
        self.shape.nodes[node].guess = guess;
    }
    #[inline(always)]
    fn key(&mut self, key: &'a [u8], escaped: bool, offset: usize) -> Result<(), Fault> {
        self.same = false;
        self.nodes.key(key, escaped, offset)
    }
    #[inline(always)]
    fn item(&mut self) {
        self.nodes.item();
    }
    #[inline(always)]
    fn scalar(&mut self, value: Value<'a>, offset: usize) -> Result<(), Fault> {
        let len = match value {
            Value::Number(text) => text.len(),
            Value::Bool(false) => 5,
            _ => 4,
        };
        self.leaf(offset, offset + len);
        self.nodes.scalar(value, offset)
    }
    #[inline(always)]
    fn text(&mut self, text: &'a [u8], escaped: bool, offset: usize) -> Result<(), Fault> {
        self.leaf(offset, offset + text.len() + 2);
        self.nodes.text(text, escaped, offset)
    }
    #[inline(always)]
    fn open(&mut self, is_map: bool, offset: usize) -> Result<bool, Fault> {
        self.nodes.open(is_map, offset)
    }
    #[inline(always)]
    fn close(&mut self, is_map: bool, _: usize) {
        let Some((node, value)) = self.nodes.close_one(is_map) else { return };
        self.containers += 1;
        let known = self.shape.nodes.get(node - self.first).map_or(0, |known| known.inside);
        self.same &= known == inside(&value);
    }
    #[inline(always)]
    fn raw(&mut self, text: &'a [u8], offset: usize) -> Result<(), Fault> {
        self.leaf(offset, offset + text.len());
        self.nodes.raw(text, offset)
    }
}
