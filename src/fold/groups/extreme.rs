//! `min`, `max`: of numbers by their value, of texts by their bytes, of times by their moment.

use std::cmp::Ordering;

use crate::error::{RecordError, Result};
use crate::expr::Moment;
use crate::fold::groups::column::{At, State};
use crate::fold::groups::packed::Packed;
use crate::fold::held::Held;
use crate::fold::kept::{Kept, copied, parts};
use crate::fold::number::Number;
use crate::memory::Arena;
use crate::record::Value;

/// The smallest number, or with `MAX` the largest. Of equal ones it is the first, as that is written.
#[derive(Default)]
pub(super) struct Extreme<const MAX: bool> {
    /// Of a short number.
    packed: Packed,
    at: At,
    /// The text of another one.
    long: Option<Box<[u8]>>,
    any: bool,
}

impl<const MAX: bool> Extreme<MAX> {
    fn number(&self) -> Number<'_> {
        match &self.long {
            Some(text) => Number::Long(text),
            None => self.packed.number(),
        }
    }

    #[cold]
    fn take(&mut self, number: Number<'_>, at: At, held: &mut Held) -> Result<()> {
        let before = self.long.as_ref().map_or(0, |text| text.len());
        match number {
            Number::Short(mantissa, scale) => (self.packed, self.long) = (Packed::new(mantissa, scale), None),
            Number::Long(text) => self.long = Some(text.into()),
            Number::Null => {}
        }
        (self.at, self.any) = (at, true);
        held.give(before);
        held.take(self.long.as_ref().map_or(0, |text| text.len()))
    }
}

/// Whether one comes before the other where the smallest or largest is wanted.
#[inline(always)]
fn is_wanted<const MAX: bool>(order: Ordering) -> bool {
    if MAX { order.is_gt() } else { order.is_lt() }
}

impl<const MAX: bool> State for Extreme<MAX> {
    type Item<'a> = Number<'a>;
    type How = ();

    #[inline(always)]
    fn add(&mut self, number: Number<'_>, at: At, (): &(), held: &mut Held) -> Result<()> {
        let order = match number {
            _ if !self.any => return self.take(number, at, held),
            Number::Short(mantissa, scale) if self.long.is_none() => Packed::new(mantissa, scale).by_value(self.packed),
            number => number.decimal().compare(self.number().decimal()),
        };
        if is_wanted::<MAX>(order) { self.take(number, at, held) } else { Ok(()) }
    }

    fn merge(&mut self, other: Extreme<MAX>, (): &(), _: &mut Held) -> Result<()> {
        if !other.any {
            return Ok(());
        }
        let order = other.number().decimal().compare(self.number().decimal());
        if !self.any || is_wanted::<MAX>(order) || order.is_eq() && other.at < self.at {
            *self = other;
        }
        Ok(())
    }

    fn result<'a>(&self, (): &(), arena: &'a Arena) -> Result<Value<'a>, RecordError> {
        match &self.long {
            _ if !self.any => Ok(Value::Null),
            Some(text) => Ok(Value::Number(copied(text, arena)?)),
            None => self.packed.value(arena),
        }
    }
}

/// The smallest text, or with `MAX` the largest; with `TIME` texts are times.
#[derive(Default)]
pub(super) struct ExtremeText<const MAX: bool, const TIME: bool> {
    kept: Option<(At, Kept)>,
}

impl<const MAX: bool, const TIME: bool> ExtremeText<MAX, TIME> {
    fn order(one: &[u8], two: &[u8]) -> Ordering {
        match (TIME, Moment::parse(one), Moment::parse(two)) {
            (true, Some(one), Some(two)) => one.at.cmp(&two.at),
            _ => one.cmp(two),
        }
    }
}

impl<const MAX: bool, const TIME: bool> State for ExtremeText<MAX, TIME> {
    type Item<'a> = Value<'a>;
    type How = ();

    fn add(&mut self, value: Value<'_>, at: At, (): &(), held: &mut Held) -> Result<()> {
        let mut room = [0; 32];
        let (_, text) = parts(value, &mut room);
        match &mut self.kept {
            Some((place, kept)) => {
                if is_wanted::<MAX>(Self::order(text, kept.text())) {
                    *place = at;
                    let before = kept.size();
                    kept.set(value);
                    held.take(kept.size() - before)?;
                }
            }
            None => {
                let mut kept = Kept::default();
                kept.set(value);
                held.take(kept.size())?;
                self.kept = Some((at, kept));
            }
        }
        Ok(())
    }

    fn merge(&mut self, other: Self, (): &(), _: &mut Held) -> Result<()> {
        let Some((at, text)) = &other.kept else { return Ok(()) };
        let better = self.kept.as_ref().is_none_or(|(own, kept)| {
            let order = Self::order(text.text(), kept.text());
            is_wanted::<MAX>(order) || order.is_eq() && at < own
        });
        if better {
            self.kept = other.kept;
        }
        Ok(())
    }

    fn result<'a>(&self, (): &(), arena: &'a Arena) -> Result<Value<'a>, RecordError> {
        self.kept.as_ref().map_or(Ok(Value::Null), |(_, kept)| kept.value(arena))
    }
}
