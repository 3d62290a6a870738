//! What is kept of one column.

use crate::error::Result;
use crate::fold::groups::At;
use crate::fold::groups::held::Held;
use crate::fold::registers::Hashed;
use crate::fold::stats::kind::{Class, Taken, taken};
use crate::fold::stats::summary::Summary;
use crate::fold::stats::table::{Counted, Table};
use crate::record::Value;

/// Where a column is first met: columns are in this order, whoever meets them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct First {
    /// The record, and the field among those of the record.
    pub at: At,
    pub field: u64,
}

/// What is kept of a column, by a worker and then by all.
pub(super) struct Column {
    pub first: First,
    pub nulls: u64,
    pub lists: u64,
    pub maps: u64,
    pub values: Values,
}

/// Its values that are neither null nor lists nor maps.
pub(super) enum Values {
    /// Each of them, while there are few different ones.
    Few(Table),
    Many(Box<Summary>),
}

impl Column {
    pub fn new(first: First) -> Column {
        Column { first, nulls: 0, lists: 0, maps: 0, values: Values::Few(Table::default()) }
    }

    /// Whether no record has had it.
    pub fn is_empty(&self) -> bool {
        let counted = self.nulls + self.lists + self.maps;
        counted == 0 && matches!(&self.values, Values::Few(table) if table.values().next().is_none())
    }

    /// Takes in values of one record after the other.
    ///
    /// # Errors
    /// There is no memory.
    #[inline(always)]
    pub fn add<'v>(
        &mut self,
        values: impl Iterator<Item = &'v Value<'v>>,
        as_text: bool,
        held: &mut Held,
    ) -> Result<()> {
        let mut values = values;
        if let Values::Few(_) = self.values
            && !self.add_few(&mut values, as_text, held)?
        {
            return Ok(());
        }
        self.add_many(&mut values, as_text, held)
    }

    /// Takes in values until there are too many different ones. Returns whether there are.
    #[inline(always)]
    fn add_few<'v>(
        &mut self,
        values: &mut impl Iterator<Item = &'v Value<'v>>,
        as_text: bool,
        held: &mut Held,
    ) -> Result<bool> {
        let Column { nulls, lists, maps, values: Values::Few(table), .. } = self else { return Ok(true) };
        for value in values {
            let mut room = [0; 32];
            match taken(value, as_text, &mut room) {
                Taken::Value(class, text) => {
                    let value = Counted { class, text, hashed: Hashed::of(text), times: 1 };
                    if !table.count(value, held)? {
                        self.summarize(held)?.add_times(value, held)?;
                        return Ok(true);
                    }
                }
                Taken::Null => *nulls += 1,
                Taken::Absent => {}
                Taken::List => *lists += 1,
                Taken::Map => *maps += 1,
            }
        }
        Ok(false)
    }

    #[inline(always)]
    fn add_many<'v>(
        &mut self,
        values: &mut impl Iterator<Item = &'v Value<'v>>,
        as_text: bool,
        held: &mut Held,
    ) -> Result<()> {
        let Column { nulls, lists, maps, values: Values::Many(summary), .. } = self else { return Ok(()) };
        for value in values {
            let mut room = [0; 32];
            match taken(value, as_text, &mut room) {
                Taken::Value(class, text) => summary.add(class, text, held)?,
                Taken::Null => *nulls += 1,
                Taken::Absent => {}
                Taken::List => *lists += 1,
                Taken::Map => *maps += 1,
            }
        }
        Ok(())
    }

    /// Goes over from all values to what is kept of many.
    #[cold]
    fn summarize(&mut self, held: &mut Held) -> Result<&mut Summary> {
        if let Values::Few(table) = &self.values {
            let mut summary = Box::new(Summary::estimating(held)?);
            table.values().try_for_each(|value| summary.add_times(value, held))?;
            held.give(table.size());
            self.values = Values::Many(summary);
        }
        match &mut self.values {
            Values::Many(summary) => Ok(summary),
            Values::Few(_) => Err(crate::error::Error::memory("a table of values was not given up")),
        }
    }

    /// Takes in what another worker kept of it.
    ///
    /// # Errors
    /// There is no memory.
    pub fn merge(&mut self, other: Column, held: &mut Held) -> Result<()> {
        self.first = self.first.min(other.first);
        self.nulls += other.nulls;
        self.lists += other.lists;
        self.maps += other.maps;
        match other.values {
            Values::Few(table) => {
                for value in table.values() {
                    let fits = match &mut self.values {
                        Values::Few(own) => own.count(value, held)?,
                        Values::Many(summary) => {
                            summary.add_times(value, held)?;
                            true
                        }
                    };
                    if !fits {
                        self.summarize(held)?.add_times(value, held)?;
                    }
                }
                Ok(())
            }
            Values::Many(summary) => self.summarize(held)?.merge(*summary, held),
        }
    }
}

impl Class {
    /// What a value of a table is called where it is shown: as it was written.
    pub fn value(self, text: &[u8]) -> Value<'_> {
        match self {
            Class::Plain => Value::Untyped(text).typed(),
            Class::Text => Value::Text(text),
            Class::Bool => Value::Bool(text == b"true"),
            Class::Bytes => Value::Bytes(text),
        }
    }
}
