//! `sum`, `mean`, `stddev`: what is calculated from exact sums.

use crate::error::{RecordError, Result};
use crate::fold::exact::Exact;
use crate::fold::groups::column::{At, State};
use crate::fold::held::Held;
use crate::fold::number::Number;
use crate::memory::Arena;
use crate::record::Value;

/// The sum of numbers; null without any.
#[derive(Default)]
pub(super) struct Sum {
    sum: Exact,
    any: bool,
}

impl State for Sum {
    type Item<'a> = Number<'a>;
    type How = ();

    #[inline(always)]
    fn add(&mut self, number: Number<'_>, _: At, (): &(), held: &mut Held) -> Result<()> {
        self.any = true;
        self.sum.add(number, held)
    }

    fn merge(&mut self, other: Sum, (): &(), held: &mut Held) -> Result<()> {
        self.any |= other.any;
        self.sum.merge(other.sum, held)
    }

    fn result<'a>(&self, (): &(), arena: &'a Arena) -> Result<Value<'a>, RecordError> {
        if self.any { self.sum.sum(arena) } else { Ok(Value::Null) }
    }
}

/// Their mean; null without any.
#[derive(Default)]
pub(super) struct Mean {
    sum: Exact,
    count: u64,
}

impl State for Mean {
    type Item<'a> = Number<'a>;
    type How = ();

    #[inline(always)]
    fn add(&mut self, number: Number<'_>, _: At, (): &(), held: &mut Held) -> Result<()> {
        self.count += 1;
        self.sum.add(number, held)
    }

    fn merge(&mut self, other: Mean, (): &(), held: &mut Held) -> Result<()> {
        self.count += other.count;
        self.sum.merge(other.sum, held)
    }

    fn result<'a>(&self, (): &(), arena: &'a Arena) -> Result<Value<'a>, RecordError> {
        if self.count > 0 { self.sum.mean(self.count, arena) } else { Ok(Value::Null) }
    }
}

/// The standard deviation of a sample; null for fewer than two numbers.
#[derive(Default)]
pub(super) struct Deviation {
    sum: Exact,
    squares: Exact,
    count: u64,
}

impl State for Deviation {
    type Item<'a> = Number<'a>;
    type How = ();

    #[inline(always)]
    fn add(&mut self, number: Number<'_>, _: At, (): &(), held: &mut Held) -> Result<()> {
        self.count += 1;
        self.sum.add(number, held)?;
        self.squares.add_square(number, held)
    }

    fn merge(&mut self, other: Deviation, (): &(), held: &mut Held) -> Result<()> {
        self.count += other.count;
        self.sum.merge(other.sum, held)?;
        self.squares.merge(other.squares, held)
    }

    fn result<'a>(&self, (): &(), arena: &'a Arena) -> Result<Value<'a>, RecordError> {
        if self.count > 1 { self.sum.deviation(&self.squares, self.count, arena) } else { Ok(Value::Null) }
    }
}
