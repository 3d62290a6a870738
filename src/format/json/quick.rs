//! Well-formed records, read without an index; everything odd is left to the reader that has one.

use super::decode::{Decoder, Met};
use super::layout::{Layout, SEPARATOR};
use crate::record::json::Quick;
use crate::record::{Batch, Detail};
use crate::scan::json::byte;
use crate::scan::vector::{Unit, Vector, Work};

impl Decoder {
    /// Appends records to a keyed batch while they are well formed.
    pub(super) fn fill_quickly<'a>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>) -> Met {
        let unit = Unit::get();
        let Decoder { layout, quick, detail, record, at, fresh, closed, .. } = self;
        let run = Run { layout: *layout, quick, record, at, fresh, closed, slice, batch };
        match detail {
            Detail::Record | Detail::Fields => unit.run(Fill::<0>(run)),
            Detail::Maps => unit.run(Fill::<1>(run)),
            Detail::All => unit.run(Fill::<2>(run)),
        }
    }
}

/// The decoder's state while it reads this way.
struct Run<'d, 'b, 'a> {
    layout: Layout,
    quick: &'d mut Quick,
    record: &'d mut usize,
    at: &'d mut usize,
    fresh: &'d mut bool,
    closed: &'d mut bool,
    slice: &'a [u8],
    batch: &'b mut Batch<'a>,
}

struct Fill<'d, 'b, 'a, const DEEP: u8>(Run<'d, 'b, 'a>);

impl<const DEEP: u8> Work for Fill<'_, '_, '_, DEEP> {
    type Out = Met;

    #[inline(always)]
    fn run<V: Vector>(self, v: V) -> Met {
        let Fill(mut run) = self;
        while !run.batch.is_full() {
            match run.next::<DEEP, V>(v) {
                Some(true) => {}
                Some(false) => return Met::End,
                // What RFC 7464 puts before a record.
                None if run.layout != Layout::Items && run.slice[*run.at..].first() == Some(&SEPARATOR) => {
                    run.batch.abandon();
                    run.quick.interrupt();
                    *run.at += 1;
                }
                None => {
                    run.batch.abandon();
                    run.quick.interrupt();
                    return Met::Odd;
                }
            }
        }
        Met::Full
    }
}

impl Run<'_, '_, '_> {
    /// Reads one record; false at the end of the slice.
    #[inline(always)]
    fn next<const DEEP: u8, V: Vector>(&mut self, v: V) -> Option<bool> {
        let slice = self.slice;
        let mut start = self.quick.behind_white(v, slice, *self.at);
        while self.layout == Layout::Lines && byte(slice, start) == b'\n' {
            start = self.quick.behind_white(v, slice, start + 1);
        }
        *self.at = start;
        if start >= slice.len() {
            return Some(false);
        }
        *self.record = start;
        if *self.closed || (self.layout == Layout::Maps && slice[start] != b'{') {
            return None;
        }
        let end = self.quick.read::<DEEP, V>(v, slice, start, self.batch)?;
        let (end, next) = self.behind(v, end)?;
        self.batch.end_record(start, end).ok()?;
        self.quick.added(self.batch);
        *self.at = next;
        *self.fresh = false;
        Some(true)
    }

    /// Where the record whose value ends at `end` ends, and where to look for the next one.
    #[inline(always)]
    fn behind<V: Vector>(&mut self, v: V, end: usize) -> Option<(usize, usize)> {
        if self.layout == Layout::Maps {
            return Some((end, end));
        }
        let next = self.quick.behind_white(v, self.slice, end);
        match (self.layout, self.slice.get(next)) {
            (Layout::Lines, Some(b'\n')) => Some((next + 1, next + 1)),
            (Layout::Lines, None) => Some((next, next)),
            (Layout::Items, Some(b',')) => Some((end, next + 1)),
            (Layout::Items, Some(b']')) => {
                *self.closed = true;
                Some((end, next + 1))
            }
            _ => None,
        }
    }
}
