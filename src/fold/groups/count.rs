//! `count`: how many records there are, or how many have a value.

use std::any::Any;

use crate::error::{RecordError, Result};
use crate::fold::groups::at::At;
use crate::fold::groups::chunks::Chunks;
use crate::fold::groups::column::{Accumulate, State, Taken};
use crate::fold::groups::held::Held;
use crate::fold::groups::joined::Joined;
use crate::fold::groups::kept::copied;
use crate::fold::groups::saved::{Out, Saved};
use crate::fold::groups::whole::{Join, Whole};
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

    fn merge(&mut self, other: &mut Count, (): &(), _: &mut Held) -> Result<()> {
        self.0 += other.0;
        Ok(())
    }

    fn save(&self, out: &mut Out<'_>) -> Result<()> {
        out.number(self.0)
    }

    fn joined((): &()) -> Box<dyn Joined> {
        Join::<Count>::boxed(&())
    }

    fn result<'a>(&self, (): &(), arena: &'a Arena) -> Result<Value<'a>, RecordError> {
        number(self.0, arena)
    }
}

impl Whole for Count {
    fn load(from: &mut Saved<'_>, _: &mut Held) -> Result<Count> {
        Ok(Count(from.number()?))
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

    fn add(&mut self, taken: &Taken<'_, '_>, done: &mut usize, _: &mut Held) -> Result<()> {
        taken.groups_from(*done).iter().for_each(|group| *self.0.get_mut(*group as usize) += 1);
        *done = taken.end();
        Ok(())
    }

    fn merge(&mut self, other: &mut dyn Accumulate, groups: &[u32], _: &mut Held) -> Result<()> {
        let Some(other) = other.as_any().downcast_mut::<Records>() else { return Ok(()) };
        for (count, group) in other.0.iter_mut().zip(groups) {
            *self.0.get_mut(*group as usize) += std::mem::take(count);
        }
        Ok(())
    }

    fn save(&self, group: u32, out: &mut Out<'_>) -> Result<()> {
        out.number(*self.0.get(group as usize))
    }

    fn joined(&self) -> Box<dyn Joined> {
        Join::<Count>::boxed(&())
    }

    fn clear(&mut self) {
        self.0 = Chunks::new();
    }

    fn result<'a>(&self, group: u32, arena: &'a Arena) -> Result<Value<'a>, RecordError> {
        number(*self.0.get(group as usize), arena)
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

/// A number of things.
pub(super) fn number(number: u64, arena: &Arena) -> Result<Value<'_>, RecordError> {
    let mut room = DigitRoom::default();
    Ok(Value::Number(copied(uint_text(number, &mut room), arena)?))
}
