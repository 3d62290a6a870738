//! `count`: how many records there are, or how many have a value.

use std::any::Any;

use crate::error::{RecordError, Result};
use crate::fold::groups::chunks::Chunks;
use crate::fold::groups::column::{Accumulate, At, State, Taken};
use crate::fold::groups::held::Held;
use crate::fold::groups::kept::copied;
use crate::memory::Arena;
use crate::record::Value;
use crate::record::digits::{DigitRoom, uint_text};

/// How many values are not null.
#[derive(Default)]
pub(super) struct Count(u64);

impl State for Count {
    type Item<'a> = Value<'a>;
    type How = ();

    #[inline(always)]
    fn add(&mut self, _: Value<'_>, _: At, (): &(), _: &mut Held) -> Result<()> {
        self.0 += 1;
        Ok(())
    }

    fn merge(&mut self, other: Count, (): &(), _: &mut Held) -> Result<()> {
        self.0 += other.0;
        Ok(())
    }

    fn result<'a>(&self, (): &(), arena: &'a Arena) -> Result<Value<'a>, RecordError> {
        number(self.0, arena)
    }
}

/// How many records there are.
pub(super) struct Records(Chunks<u64>);

impl Records {
    pub fn boxed() -> Box<dyn Accumulate> {
        Box::new(Records(Chunks::new()))
    }
}

impl Accumulate for Records {
    fn grow(&mut self, held: &mut Held) -> Result<()> {
        self.0.push(0, held)
    }

    fn add(&mut self, taken: &Taken<'_, '_>, _: &mut Held) -> Result<()> {
        taken.groups.iter().for_each(|group| *self.0.get_mut(*group as usize) += 1);
        Ok(())
    }

    fn merge(&mut self, other: Box<dyn Any>, groups: &[u32], _: &mut Held) -> Result<()> {
        let Ok(other) = other.downcast::<Records>() else { return Ok(()) };
        other.0.into_items().zip(groups).for_each(|(count, group)| *self.0.get_mut(*group as usize) += count);
        Ok(())
    }

    fn result<'a>(&self, group: u32, arena: &'a Arena) -> Result<Value<'a>, RecordError> {
        number(*self.0.get(group as usize), arena)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

/// A number of things.
pub(super) fn number(number: u64, arena: &Arena) -> Result<Value<'_>, RecordError> {
    let mut room = DigitRoom::default();
    Ok(Value::Number(copied(uint_text(number, &mut room), arena)?))
}
