//! `min`, `max`: of numbers by their value, of texts by their bytes, of times by their moment.

use std::cmp::Ordering;

use crate::error::{RecordError, Result};
use crate::expr::Moment;
use crate::fold::groups::at::At;
use crate::fold::groups::column::State;
use crate::fold::groups::given::Number;
use crate::fold::groups::held::Held;
use crate::fold::groups::joined::Joined;
use crate::fold::groups::kept::{Kept, copied, load_kept, parts, save_kept};
use crate::fold::groups::number::Packed;
use crate::fold::groups::saved::{Out, Saved};
use crate::fold::groups::whole::{Join, Whole};
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

    fn merge(&mut self, other: &mut Extreme<MAX>, (): &(), _: &mut Held) -> Result<()> {
        if !other.any {
            return Ok(());
        }
        let order = other.number().decimal().compare(self.number().decimal());
        if !self.any || is_wanted::<MAX>(order) || order.is_eq() && other.at < self.at {
            *self = std::mem::take(other);
        }
        Ok(())
    }

    fn save(&self, out: &mut Out<'_>) -> Result<()> {
        if !self.any {
            return out.put(&[NONE]);
        }
        out.put(&[if self.long.is_some() { LONG } else { SHORT }])?;
        out.at(self.at)?;
        match &self.long {
            Some(text) => out.text(text),
            None => self.packed.save(out),
        }
    }

    fn joined((): &()) -> Box<dyn Joined> {
        Join::<Self>::boxed(&())
    }

    fn result<'a>(&self, (): &(), arena: &'a Arena) -> Result<Value<'a>, RecordError> {
        match &self.long {
            _ if !self.any => Ok(Value::Null),
            Some(text) => Ok(Value::Number(copied(text, arena)?)),
            None => self.packed.value(arena),
        }
    }
}

/// What a state begins with as bytes: whether there is a number, and whether it is short.
const NONE: u8 = 0;
const SHORT: u8 = 1;
const LONG: u8 = 2;

impl<const MAX: bool> Whole for Extreme<MAX> {
    fn load(from: &mut Saved<'_>, held: &mut Held) -> Result<Self> {
        let kind = from.byte()?;
        let mut state = Self { any: kind != NONE, ..Self::default() };
        if kind != NONE {
            state.at = from.at()?;
        }
        match kind {
            SHORT => state.packed = Packed::load(from)?,
            LONG => {
                let text = from.text()?;
                held.take(text.len())?;
                state.long = Some(text.into());
            }
            _ => {}
        }
        Ok(state)
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

    fn merge(&mut self, other: &mut Self, (): &(), _: &mut Held) -> Result<()> {
        let Some((at, text)) = &other.kept else { return Ok(()) };
        let better = self.kept.as_ref().is_none_or(|(own, kept)| {
            let order = Self::order(text.text(), kept.text());
            is_wanted::<MAX>(order) || order.is_eq() && at < own
        });
        if better {
            self.kept = other.kept.take();
        }
        Ok(())
    }

    fn save(&self, out: &mut Out<'_>) -> Result<()> {
        save_kept(&self.kept, out)
    }

    fn joined((): &()) -> Box<dyn Joined> {
        Join::<Self>::boxed(&())
    }

    fn result<'a>(&self, (): &(), arena: &'a Arena) -> Result<Value<'a>, RecordError> {
        self.kept.as_ref().map_or(Ok(Value::Null), |(_, kept)| kept.value(arena))
    }
}

impl<const MAX: bool, const TIME: bool> Whole for ExtremeText<MAX, TIME> {
    fn load(from: &mut Saved<'_>, held: &mut Held) -> Result<Self> {
        Ok(Self { kept: load_kept(from, held)? })
    }
}
