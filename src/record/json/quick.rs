//! Reading without an index: the grammar of RFC 8259 applied straight to the text, with guesses of what comes next.
//!
//! This reader has no errors. Whatever it does not understand, [`Reader`](super::Reader) reads again from the start,
//! and reports what is wrong.
//!
//! It is for records that mostly look like the one before: then a template tells what is between values. If nothing can
//! be guessed, each step has to wait for the end of the step before, and an index is faster although it takes more
//! instructions. Tried, and slower: reading columns of a selection of nested records this way (15 % fewer instructions,
//! 0 to 10 % more time); whole records for NDJSON to NDJSON (5 % fewer, 45 % more); running this with AVX2 where there
//! is AVX-512, whose masks are ready a little later (10 % more time); running it without vector instructions (twice the
//! time).

use super::rules::Rules;
use super::shape::{Shape, Shaped};
use crate::record::Batch;
use crate::scan::json::{byte, white_end};
use crate::scan::vector::{Unit, Vector};

/// Reads well-formed JSON values from a text that is UTF-8.
pub struct Quick {
    rules: Rules,
    max_fields: usize,
    shape: Shape,
    /// How many more slices are left to the other reader.
    wait: u32,
    /// All slices are: this processor is no good at this.
    never: bool,
}

/// How many slices are left to the other reader when most records are unlike others.
const WAIT: u32 = 15;

impl Quick {
    /// A reader of records inside `around` lists and maps, which count towards `max_depth`. A record has at most
    /// `max_fields` fields. With `lines`, a line feed is not white space.
    pub fn new(lines: bool, around: usize, max_depth: usize, max_fields: usize) -> Quick {
        let rules = Rules { lines, max_depth: max_depth.saturating_sub(around), outer: Vec::with_capacity(32) };
        Quick { rules, max_fields, shape: Shape::default(), wait: 0, never: !Unit::get().has_masks() }
    }

    /// The first place from `at` on that is not white space. If lines matter, a line feed is not.
    #[inline(always)]
    pub fn behind_white<V: Vector>(&self, v: V, text: &[u8], at: usize) -> usize {
        match byte(text, at) {
            b'\n' if self.rules.lines => at,
            ..=b' ' => white_end(v, text, at, self.rules.lines),
            _ => at,
        }
    }

    /// Begins a slice. False if the reader with an index should take it.
    pub fn begin(&mut self) -> bool {
        if self.shape.seldom_fits() {
            self.wait = WAIT;
        }
        let pays = self.wait == 0 && !self.never;
        self.wait = self.wait.saturating_sub(1);
        pays
    }

    /// Leaves everything to the other reader.
    #[cfg(test)]
    pub fn stay_out(&mut self) {
        self.never = true;
    }

    /// The last record was taken back, or others were read since: don't compare the next one with it.
    pub fn interrupt(&mut self) {
        self.shape.forget();
        self.rules.outer.clear();
    }

    /// Adds the nodes of the value at `at` in the text to a keyed batch; returns the place after it. `DEEP` is 0 for
    /// the fields of a record, 1 for maps outside lists too, 2 for everything. `None`: the value is for the other
    /// reader, and what was added has to be removed.
    #[inline(always)]
    pub fn read<'a, const DEEP: u8, V: Vector>(
        &mut self,
        v: V,
        text: &'a [u8],
        at: usize,
        batch: &mut Batch<'a>,
    ) -> Option<usize> {
        if let Some((template, record)) = self.shape.template(batch) {
            let end = template.read::<DEEP, V>(v, &mut self.rules, text, at, &mut *batch, record);
            if end.is_some() {
                self.shape.repeated();
                return end;
            }
            batch.abandon();
            self.rules.outer.clear();
            self.shape.missed();
        }
        let mut nodes = Shaped::<DEEP>::new(&mut self.shape, batch, text, at);
        let Some(end) = self.rules.walk(v, text, at, 0, &mut nodes) else {
            nodes.give_up();
            return None;
        };
        (nodes.finish(end) <= self.max_fields).then_some(end)
    }

    /// The record was added to the batch.
    #[inline(always)]
    pub fn added(&mut self, batch: &mut Batch<'_>) {
        if self.shape.is_as_before() {
            batch.mark_alike();
        }
    }
}
