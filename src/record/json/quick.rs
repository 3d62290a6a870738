//! Reading without an index: the grammar of RFC 8259 straight over the text, with guesses of what comes next.
//!
//! This reader knows no errors. Whatever it does not like, [`Reader`](super::Reader) reads from its first byte on, and
//! says what is wrong with it.
//!
//! It is for records that mostly look like the one before: then a template tells what stands between values. Where
//! nothing can be guessed, each step has to wait for the place where the one before ended, and an index is faster
//! although it takes more instructions. What was tried and takes longer: the columns of a selection of nested records
//! this way (15 % fewer instructions, 0 to 10 % more time); whole records for NDJSON to NDJSON (5 % fewer, 45 % more);
//! to run this with AVX2 where there is AVX-512, whose masks are there a little later (10 % more time); to run it
//! without vector instructions (twice the time).

use super::rules::Rules;
use super::shape::{Shape, Shaped};
use crate::record::Batch;
use crate::scan::json::{byte, white_end};
use crate::scan::vector::{Unit, Vector};

/// Reads JSON values that are well formed, of a text that is UTF-8.
pub struct Quick {
    rules: Rules,
    max_fields: usize,
    shape: Shape,
    /// So many slices more are for another reader.
    wait: u32,
    /// All are: this processor is no good at this.
    never: bool,
}

/// How many slices are left to another reader where most records are unlike others.
const WAIT: u32 = 15;

impl Quick {
    /// A reader of records that stand inside of `around` lists and maps, with which they are nested at most so deep.
    /// They have at most so many fields. With `lines`, a line feed is not white space.
    pub fn new(lines: bool, around: usize, (max_depth, max_fields): (usize, usize)) -> Quick {
        let rules = Rules { lines, max_depth: max_depth.saturating_sub(around), outer: Vec::with_capacity(32) };
        Quick { rules, max_fields, shape: Shape::default(), wait: 0, never: !Unit::get().has_masks() }
    }

    /// The first place from `at` on that is no white space. Where lines count, a line feed is none.
    #[inline(always)]
    pub fn behind_white<V: Vector>(&self, v: V, text: &[u8], at: usize) -> usize {
        match byte(text, at) {
            b'\n' if self.rules.lines => at,
            ..=b' ' => white_end(v, text, at, self.rules.lines),
            _ => at,
        }
    }

    /// Begins a slice. False if that pays only with a reader that has an index.
    pub fn begin(&mut self) -> bool {
        if self.shape.seldom_fits() {
            self.wait = WAIT;
        }
        let pays = self.wait == 0 && !self.never;
        self.wait = self.wait.saturating_sub(1);
        pays
    }

    /// Leaves everything to another reader.
    #[cfg(test)]
    pub fn stay_out(&mut self) {
        self.never = true;
    }

    /// The record read last was taken back, or others were read between: it is none to compare the next one with.
    pub fn interrupt(&mut self) {
        self.shape.forget();
        self.rules.outer.clear();
    }

    /// Adds the nodes of the value at `at` of the text to a keyed batch; gives the place behind it. `DEEP` is 0 for the
    /// fields of a record, 1 for maps outside lists, 2 for everything. None: the value is for another reader, and what
    /// was added has to be taken back.
    #[inline(always)]
    pub fn read<'a, const DEEP: u8, V: Vector>(
        &mut self,
        v: V,
        text: &'a [u8],
        at: usize,
        batch: &mut Batch<'a>,
    ) -> Option<usize> {
        if let Some((template, record)) = self.shape.template(batch) {
            let end = template.read::<DEEP, V>(v, &mut self.rules, (text, at), (&mut *batch, record));
            if end.is_some() {
                self.shape.repeated();
                return end;
            }
            batch.abandon();
            self.rules.outer.clear();
            self.shape.missed();
        }
        let mut nodes = Shaped::<DEEP>::new(&mut self.shape, batch, (text, at));
        let Some(end) = self.rules.walk(v, text, (at, 0), &mut nodes) else {
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
