//! Dropping records.

use super::{Batch, Lines, reserve};
use crate::error::RecordError;
use crate::record::{Schema, Tree, Value, value_at};

/// A record of a batch.
#[derive(Clone, Copy)]
pub struct Record<'b, 'a> {
    batch: &'b Batch<'a>,
    index: usize,
}

impl<'b, 'a> Record<'b, 'a> {
    /// The names of its fields, if it is in columns.
    pub fn schema(&self) -> Option<&'a Schema> {
        self.batch.schema()
    }

    /// Its values, if it is in columns: one for each field of the schema.
    #[inline]
    pub fn columns(&self) -> &'b [Value<'a>] {
        self.batch.columns(self.index)
    }

    /// The value of a field, in columns and in nested records alike; absent if there is no such field. A CSV field without
    /// quotes is a number or text. In nested records, the name is a path with dots, where a number is an item of a list.
    ///
    /// A list or map of a nested record is only the head of its nodes: [`tree`](Self::tree) has all of them. In tables of
    /// many columns it is faster to look for the position once for each batch ([`Schema::position`]).
    pub fn get<N: AsRef<[u8]>>(&self, name: N) -> Value<'a> {
        let name = name.as_ref();
        let value = match self.schema() {
            Some(schema) => schema.position(name).map_or(Value::Absent, |column| self.columns()[column]),
            None => {
                let value = value_at(self.tree(), name);
                if let (Some((seen, first)), true) = (self.batch.seen(), value != Value::Absent) {
                    seen.mark_name(first, name);
                }
                value
            }
        };
        match value {
            Value::Untyped(text) if self.batch.untyped_is_text() => Value::Text(text),
            value => value.typed(),
        }
    }

    /// Where it begins in its slice.
    pub(crate) fn offset(&self) -> usize {
        self.batch.span(self.index).start
    }

    /// Its tree, if it is keyed.
    #[inline]
    pub fn tree(&self) -> Tree<'b, 'a> {
        self.batch.tree(self.index)
    }

    /// Its index in the batch, before anything is dropped.
    #[inline]
    pub(crate) fn index(&self) -> usize {
        self.index
    }

    /// Its batch, and its index there before anything is dropped.
    pub(crate) fn place(&self) -> (&'b Batch<'a>, usize) {
        (self.batch, self.index)
    }

    /// Its bytes in the source, line ending included.
    #[inline]
    pub fn source(&self) -> &'a [u8] {
        self.batch.source(self.index)
    }
}

impl<'a> Batch<'a> {
    /// A record; `index` must be less than [`len`](Self::len).
    pub fn record(&self, index: usize) -> Record<'_, 'a> {
        Record { batch: self, index }
    }

    /// Keeps the records for which `keep` returns true, and drops the others, in place.
    ///
    /// The remaining records keep their [numbers](Self::number), so errors name the right ones. `keep` is not called
    /// for refused records: they remain, since the run's policy for bad records decides about them. What a dropped
    /// record lost while it was decoded is still counted.
    ///
    /// ```
    /// use pagemill::op::Op;
    /// use pagemill::record::{Batch, Value};
    ///
    /// /// Drops records whose first field is empty.
    /// struct Complete;
    ///
    /// impl Op for Complete {
    ///     fn name(&self) -> &str {
    ///         "complete"
    ///     }
    ///     fn apply(&self, batch: &mut Batch<'_>) {
    ///         batch.retain(|record| !matches!(record.columns()[0].typed(), Value::Null));
    ///     }
    /// }
    ///
    /// use pagemill::{Format, Job, SourceSpec, TargetSpec};
    /// let csv = SourceSpec::bytes("id,name\n1,Ada\n,nobody\n2,Grace\n");
    /// let report = Job::new(csv, TargetSpec::Memory).from(Format::Csv).to(Format::Csv).op(Complete).run()?;
    /// assert_eq!(report.output, b"id,name\n1,Ada\n2,Grace\n");
    /// assert_eq!((report.records_in, report.records_out, report.records_filtered), (3, 2, 1));
    /// # Ok::<(), pagemill::Error>(())
    /// ```
    pub fn retain(&mut self, mut keep: impl FnMut(Record<'_, 'a>) -> bool) {
        self.sort_rejected();
        let mut refused = 0;
        let Some(first) = (0..self.len()).find(|index| !self.stays(*index, &mut refused, &mut keep)) else { return };
        let mut refused_before = refused;
        let next = (first + 1..self.len()).find(|index| self.stays(*index, &mut refused, &mut keep));
        // Columns at the end of each record may have been dropped, so records need not be next to each other.
        let mut end = first.checked_sub(1).map_or(0, |last| self.spans[last].last);
        // Of most batches, a condition that is seldom true keeps none: they need no numbers.
        let Some(next) = next else { return self.shorten(first, end) };
        if let Err(error) = self.number_all() {
            // There is no memory: the run ends here.
            return self.reject_with(first, error);
        }
        let in_columns = self.schema.is_some();
        let (mut kept, mut alike) = (first, self.spans[first..next].iter().all(|span| span.alike));
        for index in next..self.len() {
            let mut span = self.spans[index];
            // It is like the last record kept if it is like all those dropped in between.
            alike &= span.alike;
            if index > next {
                refused_before = refused;
                if !self.stays(index, &mut refused, &mut keep) {
                    continue;
                }
            }
            if refused > refused_before {
                self.rejected[refused_before].0 = kept;
            }
            span.alike = alike;
            if in_columns {
                self.values.copy_within(span.first as usize..span.last as usize, end as usize);
                (span.first, span.last) = (end, end + (span.last - span.first));
                end = span.last;
            }
            self.spans[kept] = span;
            self.numbers[kept] = self.numbers[index];
            (kept, alike) = (kept + 1, true);
        }
        self.shorten(kept, end);
    }

    /// Drops all records but the first `kept`, whose values end at `end`.
    fn shorten(&mut self, kept: usize, end: u32) {
        self.spans.truncate(kept);
        self.numbers.truncate(kept);
        if self.schema.is_some() {
            self.values.truncate(end as usize);
            self.open = self.values.len();
        }
        self.lines = Lines::No;
        self.odd.clear();
    }

    /// Whether a record is kept. `refused` counts the refused records before it.
    #[inline]
    fn stays(&self, index: usize, refused: &mut usize, keep: &mut impl FnMut(Record<'_, 'a>) -> bool) -> bool {
        if self.rejected.get(*refused).is_some_and(|(record, _)| *record == index) {
            *refused += 1;
            return true;
        }
        keep(Record { batch: self, index })
    }

    /// Stores the numbers of all records.
    fn number_all(&mut self) -> Result<(), RecordError> {
        if self.numbers.is_empty() {
            reserve(self.arena, &mut self.numbers, self.spans.len(), self.spans[0].start)?;
            self.numbers.extend(0..self.spans.len() as u32);
        }
        Ok(())
    }

    /// Takes over the numbers of another batch, whose records this one will have.
    pub(super) fn take_numbers(&mut self, other: &Batch<'a>) -> Result<(), RecordError> {
        if let Some(first) = other.spans.first() {
            reserve(self.arena, &mut self.numbers, other.numbers.len(), first.start)?;
            self.numbers.extend_from_slice_copy(&other.numbers);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Fault;
    use crate::memory::Arena;

    /// Records of one byte each: in columns with two fields, or trees of two fields.
    fn batch<'a>(arena: &'a Arena, slice: &'a [u8], schema: Option<&'a Schema>) -> Batch<'a> {
        let mut batch = Batch::new(arena, slice, schema, 100);
        for at in 0..slice.len() {
            let values = [Value::Text(&slice[at..=at]), Value::Int(at as i64)];
            if schema.is_some() {
                batch.push_row(2, at).unwrap().copy_from_slice(&values);
            } else {
                batch.push_keyed(b"", Value::Null, at).unwrap();
                batch.push_keyed(b"name", values[0], at).unwrap();
                batch.push_keyed(b"at", values[1], at).unwrap();
                batch.close_map(at * 3);
            }
            batch.end_record(at, at + 1).unwrap();
            if at > 0 && schema.is_none() && slice[at].is_ascii_lowercase() {
                batch.mark_alike();
            }
        }
        batch
    }

    fn numbers(batch: &Batch<'_>) -> Vec<usize> {
        (0..batch.len()).map(|record| batch.number(record)).collect()
    }

    fn sources<'a>(batch: &Batch<'a>) -> Vec<u8> {
        (0..batch.len()).flat_map(|record| batch.source(record)).copied().collect()
    }

    fn is_any(record: Record<'_, '_>, of: &[u8]) -> bool {
        of.contains(&record.source()[0])
    }

    #[test]
    fn columns_close_up() {
        let (arena, schema) = (Arena::new(1 << 16, 1 << 24), Schema::new(["name", "at"]));
        let mut batch = batch(&arena, b"abcdefgh", Some(&schema));
        batch.retain(|record| !is_any(record, b"ace"));
        assert_eq!((sources(&batch), numbers(&batch)), (b"bdfgh".to_vec(), vec![1, 3, 5, 6, 7]));
        batch.retain(|record| record.columns()[1] != Value::Int(5));
        assert_eq!((sources(&batch), numbers(&batch)), (b"bdgh".to_vec(), vec![1, 3, 6, 7]));
        assert_eq!(batch.values_mut().len(), 8);
        assert_eq!(batch.columns(2), [Value::Text(b"g"), Value::Int(6)]);
        batch.retain(|_| true);
        assert_eq!(numbers(&batch), [1, 3, 6, 7]);
        batch.retain(|_| false);
        assert!(batch.is_empty() && batch.values_mut().is_empty());
        batch.retain(|_| true);
    }

    #[test]
    fn nothing_dropped_is_nothing_changed() {
        let (arena, schema) = (Arena::new(1 << 16, 1 << 24), Schema::new(["line"]));
        let mut lines = Batch::new(&arena, b"a\nb\n", Some(&schema), 100);
        lines.begin_lines();
        for at in [0, 2] {
            lines.push_row(1, at).unwrap()[0] = Value::Text(b"a");
            lines.end_record(at, at + 2).unwrap();
        }
        lines.retain(|_| true);
        assert_eq!((lines.lines(), numbers(&lines)), (Some(&b"a\nb\n"[..]), vec![0, 1]));
        lines.retain(|record| record.source() != b"a\n");
        assert_eq!((lines.lines(), numbers(&lines)), (None, vec![1]));
    }

    #[test]
    fn trees_are_alike_if_all_between_them_were() {
        let arena = Arena::new(1 << 16, 1 << 24);
        let mut batch = batch(&arena, b"abcDefGhi", None);
        batch.retain(|record| !is_any(record, b"bDh"));
        assert_eq!((sources(&batch), numbers(&batch)), (b"acefGi".to_vec(), vec![0, 2, 4, 5, 6, 8]));
        let alike: Vec<_> = (0..6).map(|record| batch.is_alike(record)).collect();
        assert_eq!(alike, [false, true, false, true, false, true]);
        assert_eq!(batch.tree(3).children().last().unwrap().value(), Value::Int(5));
    }

    #[test]
    fn refused_records_stay() {
        let (arena, schema) = (Arena::new(1 << 16, 1 << 24), Schema::new(["name", "at"]));
        let mut batch = batch(&arena, b"abcdef", Some(&schema));
        batch.reject(4, "second");
        batch.reject(1, "first");
        batch.reject(4, "not this");
        batch.retain(|record| is_any(record, b"cf"));
        assert_eq!((sources(&batch), numbers(&batch)), (b"bcef".to_vec(), vec![1, 2, 4, 5]));
        let rejected: Vec<_> = batch.take_rejected().into_iter().map(|(at, e)| (at, e.reason.into_owned())).collect();
        assert_eq!(rejected, [(0, "first".to_owned()), (2, "second".to_owned())]);
    }

    #[test]
    fn numbers_go_on_into_a_batch_that_is_built_anew() {
        let arena = Arena::new(1 << 16, 1 << 24);
        let mut old = batch(&arena, b"abcd", None);
        old.retain(|record| !is_any(record, b"ac"));
        let mut new = old.rebuild();
        for record in 0..old.len() {
            let span = old.span(record);
            new.push_tree(b"", old.tree(record), span.start).unwrap();
            new.end_record(span.start, span.end).unwrap();
        }
        assert_eq!(numbers(&new), [1, 3]);
        new.retain(|record| is_any(record, b"d"));
        assert_eq!((sources(&new), numbers(&new)), (b"d".to_vec(), vec![3]));
    }

    #[test]
    fn without_memory_the_run_ends() {
        let (arena, schema) = (Arena::new(1 << 18, 1 << 18), Schema::new(["name", "at"]));
        let slice = [b'x'; 100];
        let mut batch = batch(&arena, &slice, Some(&schema));
        while arena.bytes(8, 0).is_ok() {}
        batch.retain(|record| record.index() == 99);
        assert_eq!(batch.len(), 100);
        assert_eq!(batch.take_rejected()[0].1.fault, Fault::NoMemory);
    }
}
