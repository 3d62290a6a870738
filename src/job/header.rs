//! Finding the header of a tabular target in keyed records.
//!
//! The header is the union of all keys. Most inputs have them all in the first slice, so the run begins
//! with those and starts over with a key pass only if another key turns up. If the target can't be
//! started over, the key pass comes first. It also comes first when lossy records are refused, because which record
//! is the first to lack a field must not depend on the size of slices. A stream can't be read twice: its header has the
//! keys of its beginning, and a later key is an error.
//!
//! The key pass does not look closely at slices whose keys are known, so it leaves bad records to the run, which reads
//! everything again.

use crate::error::{Error, Result};
use crate::flow::feed::room::Room;
use crate::flow::place::{After, Place};
use crate::fold::Fold;
use crate::fold::keys::{Keys, Look, Search};
use crate::fold::records::Records;
use crate::format::{Boundary, Columns, Types, UnknownKey};
use crate::job::opened::Opened;
use crate::job::pass::How;
use crate::job::run::Tries;
use crate::job::run::narrow;
use crate::job::settings::{ColumnsFrom, OnError};
use crate::metrics::Registry;
use crate::plan::route::Header;
use crate::plan::sizes::HEAD;
use crate::record::Schema;
use crate::sink::Target;
use crate::sys::Map;

/// The beginning of a stream is looked at in parts of about this many bytes.
const PART: usize = 64 << 10;

/// How much of the beginning a header is taken from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum First {
    Record,
    Slices,
}

impl Opened<'_> {
    /// The columns of a tabular target for keyed records, and whether they are certain. `restartable`: the output
    /// can be started over.
    pub fn header(&mut self, restartable: bool) -> Result<(Option<Columns>, bool)> {
        if self.route.to.takes(&self.options).types {
            let types = self.types()?;
            return Ok((Some(self.route.columns_of(types, UnknownKey::Count)), true));
        }
        let repeatable = self.source.is_repeatable();
        if self.route.keyed.is_some() {
            if repeatable && restartable && !self.settings.strict {
                return Ok((None, false));
            }
            if self.has_objects()? {
                self.take_apart();
            }
        }
        let (first, unknown) = match &self.route.header {
            Header::Given => return Ok((None, true)),
            Header::List(schema) => return Ok((Some(self.route.columns_of(schema.clone(), UnknownKey::Count)), true)),
            Header::Find(ColumnsFrom::First) => (First::Record, UnknownKey::Count),
            Header::Find(_) => (First::Slices, UnknownKey::Refuse),
        };
        if repeatable && unknown == UnknownKey::Refuse {
            if self.settings.strict {
                let (mut schema, mut certain) = self.good_keys()?;
                // Where a record is bad because it lacks a column, another one takes its place, which may have more keys.
                while self.may_widen() && self.lacking.as_ref().is_none_or(|last| last.len() < schema.len()) {
                    self.lacking = Some(schema);
                    (schema, certain) = self.good_keys()?;
                }
                return Ok((Some(self.arranged(&schema, unknown)), certain));
            }
            if !restartable {
                return Ok((Some(self.columns_again()?), true));
            }
        }
        let schema = self.first_keys(first)?;
        Ok((Some(self.arranged(&schema, unknown)), !repeatable || unknown == UnknownKey::Count))
    }

    /// Whether more records may be looked at with a header than were when it was found: those without one of its columns
    /// are bad, and don't count.
    fn may_widen(&self) -> bool {
        let fails = self.settings.on_error == OnError::Fail;
        !fails && self.wanted.counts() && !self.wanted.chooses() && self.settings.rows.tail.is_none()
    }

    /// Keys that were found, as columns.
    fn arranged(&self, found: &Schema, unknown: UnknownKey) -> Columns {
        self.route.columns_of(self.route.order.arrange(found), unknown)
    }

    /// The columns of a tabular target for keyed records, from the whole input.
    pub fn columns_again(&mut self) -> Result<Columns> {
        let unknown = self.route.unknown_key();
        let schema = match unknown {
            UnknownKey::Count => self.first_keys(First::Record)?,
            UnknownKey::Refuse | UnknownKey::Own => self.all_keys()?,
        };
        Ok(self.arranged(&schema, unknown))
    }

    /// From now on, selected objects become several columns.
    pub fn take_apart(&mut self) {
        if let Some(keyed) = self.route.keyed.take() {
            self.route = *keyed;
        }
    }

    /// Whether a selected field of any record has to become several columns; in a stream, of any record in its
    /// beginning. Errors in the data are left for the run to report.
    pub fn has_objects(&mut self) -> Result<bool> {
        if !self.source.is_repeatable() {
            let straight = self.route.clone();
            self.take_apart();
            let (found, _) = self.look_for_keys(First::Slices)?;
            self.route = straight;
            return Ok(self
                .route
                .names
                .as_ref()
                .is_some_and(|names| !names.is_named_as(&self.route.order.arrange(&found))));
        }
        let how = self.looking(OnError::Skip);
        match self.fold_by(how, Records::default(), &Target::memory(), &Registry::new()).0 {
            Ok(_) => Ok(false),
            Err(error) if error.is_unknown_key() => Ok(true),
            Err(error) if error.position().is_some() => Ok(false),
            // Nothing was converted yet.
            Err(error) if error.stopped_at().is_some() => Err(Error::stopped(None)),
            Err(error) => Err(error),
        }
    }

    /// How a pass is made that looks for keys: where some records are not written, those that are good are counted.
    fn looking(&self, on_error: OnError) -> How<'static> {
        let tries = self.wanted.counts() || self.wanted.chooses();
        How { on_error, strict: self.settings.strict, tries, ledger: None, resumable: None }
    }

    /// How keys are looked for.
    fn keys(&self, light: bool) -> Keys {
        Keys::new(self.route.apart.clone(), self.settings.key_limits(), self.budget.clone(), light)
    }

    /// The keys of all good records. Bad records are left for the run to report, since not every record is looked at
    /// closely here. If there can be no header, because a key is too long or there are too many, that is an error.
    pub fn all_keys(&mut self) -> Result<Schema> {
        match self.good_keys()? {
            (keys, true) => Ok(keys),
            // This gives the same error with the number of its record, or the error of a bad record before it.
            (_, false) => self.checked_keys(),
        }
    }

    /// The keys of all records, each of which is decoded: bad ones are treated as they are in the run.
    pub fn checked_keys(&mut self) -> Result<Schema> {
        match self.keys_of_all() {
            Ok(Some(keys)) => return Ok(keys),
            Err(error) if !error.is_too_many_keys() => return Err(error),
            _ => {}
        }
        // Only a single worker can tell which record has one key too many.
        let workers = std::mem::replace(&mut self.plan.workers, 1);
        let outcome = self.keys_of_all();
        self.plan.workers = workers;
        Ok(outcome?.unwrap_or_default())
    }

    /// The keys of all records; none if there are too many in all.
    fn keys_of_all(&mut self) -> Result<Option<Schema>> {
        let how = self.looking(self.settings.on_error);
        let (outcome, keys) = self.fold_by(how, self.keys(false), &Target::memory(), &Registry::new());
        outcome.map(|_| keys.finish())
    }

    /// The keys of all good records, and whether the whole input was looked at. Errors in the data are left for the run
    /// to report, which may refuse an earlier record.
    fn good_keys(&mut self) -> Result<(Schema, bool)> {
        let how = self.looking(OnError::Skip);
        // Records that are not written don't count, so all are looked at closely where some are not.
        let light = !how.tries;
        let (outcome, keys) = self.fold_by(how, self.keys(light), &Target::memory(), &Registry::new());
        let whole = match outcome {
            Ok(_) => true,
            Err(error) if error.position().is_some() => false,
            // Nothing was converted yet.
            Err(error) if error.stopped_at().is_some() => return Err(Error::stopped(None)),
            Err(error) => return Err(error),
        };
        match keys.finish() {
            Some(keys) => Ok((keys, whole)),
            None => Ok((Schema::default(), false)),
        }
    }

    /// The keys of the first record, or of the first slices; none if the data has errors, which are left for the run to
    /// report.
    pub fn first_keys(&mut self, first: First) -> Result<Schema> {
        Ok(self.look_for_keys(first)?.0)
    }

    /// The same, and whether there are bad records among those that were looked at.
    fn look_for_keys(&mut self, first: First) -> Result<(Schema, bool)> {
        if self.source.is_repeatable() && std::mem::take(&mut self.begun) {
            self.rewind()?;
        }
        let start = self.reading.start();
        let mut size = HEAD;
        let most = self.plan.max_record.min(Room::new(&self.plan, &self.budget).largest());
        loop {
            self.source.append_to(&mut self.head.bytes, start + size)?;
            let ended = self.source.stream().is_none_or(|stream| stream.ended());
            let (keys, bad) = match self.source.map() {
                Some(map) => {
                    self.keys_in(&map.bytes()[self.start()..self.end(map)], true, self.plan.slice_size, first)?
                }
                None => {
                    let found = self.keys_in(&self.head.bytes[start..], ended, PART, first);
                    found.map_err(|error| self.in_head(error, ended))?
                }
            };
            // Only a first record that is larger gets a second turn.
            if !keys.is_empty() || ended || size >= most {
                return Ok((keys, bad));
            }
            size = (size * 2).min(most);
        }
    }

    /// Adds the line and the text there to an error in the beginning of a stream, if the error has neither.
    fn in_head(&self, error: Error, end: bool) -> Error {
        let offset = error.position().filter(|place| place.line == 0 && place.file == self.source.path);
        let skipped = self.part.begin;
        let Some(offset) = offset.map(|place| place.offset as usize - skipped.bytes) else { return error };
        let after = After::new(&[], !end);
        Place::before(&self.head.bytes, offset, self.route.from.lines(), 1 + skipped.lines, &after).tell(error)
    }

    /// Where the records of a mapped source end.
    fn end(&self, map: &Map) -> usize {
        let end = self.part.end.unwrap_or(map.bytes().len()).max(self.start());
        self.replay.as_ref().map_or(end, |section| section.end())
    }

    /// The keys of the first record or slice that has any (of a stream, of all that was read), and whether bad records
    /// were among them.
    fn keys_in(&self, all: &[u8], end: bool, slices: usize, first: First) -> Result<(Schema, bool)> {
        let one = first == First::Record || self.source.map().is_some();
        let mut target = if first == First::Record { 1 } else { slices };
        let mut rest = all;
        let mut cutter = self.reading.cutter();
        let decoder = self.reading.decoder(&self.route.want);
        let counts = self.wanted.counts() || self.wanted.chooses();
        let tried = self.tried(if counts { Tries::All } else { Tries::None })?;
        let trial = tried.as_deref().and_then(|writing| self.trial(writing, true));
        let lines = self.route.from.lines().filter(|_| self.route.is_ordered());
        let look = Look {
            ops: &self.route.ops,
            schema: self.route.schema.as_ref(),
            untyped_is_text: self.settings.options.types == Types::Text,
            number: self.number,
            lines: lines.map(|lines| (lines, self.line_of(None))),
            wanted: self.wanted,
            keeper: self.keeper(),
            narrow: narrow(self.settings, self.route.to),
            room: vec![0; if trial.is_some() { self.plan.buffer } else { 0 }],
            trial,
            strict: self.settings.strict,
            lenient: self.settings.strict && self.settings.on_error == OnError::Fail && counts,
        };
        let mut found = Search::new(decoder, self.arena(), look, self.keys(false), self.plan.max_record);
        while !rest.is_empty() {
            // In a mapped source, no more is looked at than the run looks at for a slice.
            let window = rest.len().min(target.saturating_add(self.plan.max_record));
            match cutter.cut(&rest[..window], target.min(window), end && window == rest.len()) {
                Ok(Boundary::At(len)) => {
                    match &self.replay {
                        None => {
                            let offset = self.start() + all.len() - rest.len();
                            found.add(&rest[..len], &self.source.path, offset as u64)?
                        }
                        Some(section) => section.each(&rest[..len], 0, &mut Vec::new(), |origin, record| {
                            found.add_from(record, &origin.file, origin.start, origin.line)
                        })?,
                    }
                    if one && !found.is_empty() || found.is_over() {
                        break;
                    }
                    rest = &rest[len..];
                }
                Ok(Boundary::Skip(len)) => rest = &rest[len..],
                // What was read of a stream may end within a record: look for an earlier boundary.
                Ok(Boundary::More) if target > 1 && found.is_empty() => {
                    target = target.min(rest.len()) / 2;
                    cutter = self.reading.cutter();
                    rest = all;
                }
                _ => break,
            }
        }
        Ok(found.finish())
    }
}
