//! `sum`, `mean`, `stddev`: what is calculated from exact sums.

use crate::error::{RecordError, Result};
use crate::fold::groups::at::At;
use crate::fold::groups::column::State;
use crate::fold::groups::exact::Exact;
use crate::fold::groups::given::Number;
use crate::fold::groups::held::Held;
use crate::fold::groups::joined::Joined;
use crate::fold::groups::saved::{Out, Saved};
use crate::fold::groups::whole::{Join, Whole};
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
        self.sum.add(number, held);
        Ok(())
    }

    fn merge(&mut self, other: &mut Sum, (): &(), held: &mut Held) -> Result<()> {
        self.any |= other.any;
        self.sum.merge(&other.sum, held);
        Ok(())
    }

    fn save(&self, out: &mut Out<'_>) -> Result<()> {
        out.put(&[self.any.into()])?;
        self.sum.save(out)
    }

    fn joined((): &()) -> Box<dyn Joined> {
        Join::<Sum>::boxed(&())
    }

    fn result<'a>(&self, (): &(), arena: &'a Arena) -> Result<Value<'a>, RecordError> {
        if self.any { self.sum.sum(arena) } else { Ok(Value::Null) }
    }
}

impl Whole for Sum {
    fn load(from: &mut Saved<'_>, held: &mut Held) -> Result<Sum> {
        let any = from.byte()? > 0;
        Ok(Sum { any, sum: Exact::load(from, held)? })
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
        self.sum.add(number, held);
        self.count += 1;
        Ok(())
    }

    fn merge(&mut self, other: &mut Mean, (): &(), held: &mut Held) -> Result<()> {
        self.count += other.count;
        self.sum.merge(&other.sum, held);
        Ok(())
    }

    fn save(&self, out: &mut Out<'_>) -> Result<()> {
        out.number(self.count)?;
        self.sum.save(out)
    }

    fn joined((): &()) -> Box<dyn Joined> {
        Join::<Mean>::boxed(&())
    }

    fn result<'a>(&self, (): &(), arena: &'a Arena) -> Result<Value<'a>, RecordError> {
        if self.count > 0 { self.sum.mean(self.count, arena) } else { Ok(Value::Null) }
    }
}

impl Whole for Mean {
    fn load(from: &mut Saved<'_>, held: &mut Held) -> Result<Mean> {
        let count = from.number()?;
        Ok(Mean { count, sum: Exact::load(from, held)? })
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
        self.sum.add(number, held);
        self.squares.add_square(number, held);
        Ok(())
    }

    fn merge(&mut self, other: &mut Deviation, (): &(), held: &mut Held) -> Result<()> {
        self.count += other.count;
        self.sum.merge(&other.sum, held);
        self.squares.merge(&other.squares, held);
        Ok(())
    }

    fn save(&self, out: &mut Out<'_>) -> Result<()> {
        out.number(self.count)?;
        self.sum.save(out)?;
        self.squares.save(out)
    }

    fn joined((): &()) -> Box<dyn Joined> {
        Join::<Deviation>::boxed(&())
    }

    fn result<'a>(&self, (): &(), arena: &'a Arena) -> Result<Value<'a>, RecordError> {
        if self.count > 1 { self.sum.deviation(&self.squares, self.count, arena) } else { Ok(Value::Null) }
    }
}

impl Whole for Deviation {
    fn load(from: &mut Saved<'_>, held: &mut Held) -> Result<Deviation> {
        let count = from.number()?;
        Ok(Deviation { count, sum: Exact::load(from, held)?, squares: Exact::load(from, held)? })
    }
}
