//! The functions of groups: each is one line of the table.

use crate::expr::Type;
use crate::fold::groups::approximate;
use crate::fold::groups::column::{Accumulate, Column};
use crate::fold::groups::count::{Count, Records};
use crate::fold::groups::different::Different;
use crate::fold::groups::extreme::{Extreme, ExtremeText};
use crate::fold::groups::first::First;
use crate::fold::groups::frequent::Wanted;
use crate::fold::groups::quantile::Quantile;
use crate::fold::groups::share::Share;
use crate::fold::groups::sum::{Deviation, Mean, Sum};

/// What a function calculates with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// Numbers.
    Numbers,
    /// Any values.
    Values,
    /// What has an order: numbers, unless the argument is a text or a time.
    Ordered,
}

/// What a function takes besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Second {
    Nothing,
    /// A share from 0 to 1.
    Share,
    /// A number of values, at least 1.
    Most,
}

/// How a function was called.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    /// The number of its argument; none: it takes records.
    pub argument: Option<usize>,
    /// What is known about the argument.
    pub gives: Type,
    pub share: Share,
    pub most: usize,
}

/// A function.
pub(super) struct Function {
    pub name: &'static str,
    pub takes: Takes,
    pub second: Second,
    /// As it is written.
    pub shape: &'static str,
    make: fn(usize, &Call) -> Box<dyn Accumulate>,
}

use Second::{Most, Nothing, Share as AShare};
use Takes::{Numbers, Ordered, Values};

const fn function(
    name: &'static str,
    shape: &'static str,
    takes: Takes,
    second: Second,
    make: fn(usize, &Call) -> Box<dyn Accumulate>,
) -> Function {
    Function { name, takes, second, shape, make }
}

pub(super) static FUNCTIONS: &[Function] = &[
    function("count", "count(), count(x)", Values, Nothing, |of, _| Column::<Count>::boxed(of, ())),
    function("sum", "sum(x)", Numbers, Nothing, |of, _| Column::<Sum>::boxed(of, ())),
    function("mean", "mean(x)", Numbers, Nothing, |of, _| Column::<Mean>::boxed(of, ())),
    function("stddev", "stddev(x)", Numbers, Nothing, |of, _| Column::<Deviation>::boxed(of, ())),
    function("min", "min(x)", Ordered, Nothing, |of, call| extreme::<false>(of, call)),
    function("max", "max(x)", Ordered, Nothing, |of, call| extreme::<true>(of, call)),
    function("quantile", "quantile(x, share)", Numbers, AShare, |of, call| Column::<Quantile>::boxed(of, call.share)),
    function("median", "median(x)", Numbers, Nothing, |of, _| Column::<Quantile>::boxed(of, Share::HALF)),
    function("distinct", "distinct(x)", Values, Nothing, |of, _| Different::boxed(of, Wanted::Count)),
    function("mode", "mode(x)", Values, Nothing, |of, _| Different::boxed(of, Wanted::Mode)),
    function("top", "top(x, k)", Values, Most, |of, call| Different::boxed(of, Wanted::Top(call.most))),
    function("approx_distinct", "approx_distinct(x)", Values, Nothing, |of, _| {
        Column::<approximate::Distinct>::boxed(of, ())
    }),
    function("approx_quantile", "approx_quantile(x, share)", Numbers, AShare, |of, call| {
        Column::<approximate::Quantile>::boxed(of, call.share)
    }),
    function("first", "first(x)", Values, Nothing, |of, _| Column::<First<false>>::boxed(of, ())),
    function("last", "last(x)", Values, Nothing, |of, _| Column::<First<true>>::boxed(of, ())),
    function("any", "any(x)", Values, Nothing, |of, _| Column::<First<false>>::boxed(of, ())),
];

fn extreme<const MAX: bool>(argument: usize, call: &Call) -> Box<dyn Accumulate> {
    match call.gives {
        Type::Text => Column::<ExtremeText<MAX, false>>::boxed(argument, ()),
        Type::Time => Column::<ExtremeText<MAX, true>>::boxed(argument, ()),
        _ => Column::<Extreme<MAX>>::boxed(argument, ()),
    }
}

/// Names that other programs use.
const OTHERS: [(&str, &str); 12] = [
    ("avg", "mean"),
    ("average", "mean"),
    ("std", "stddev"),
    ("stddev_samp", "stddev"),
    ("first_value", "first"),
    ("last_value", "last"),
    ("any_value", "any"),
    ("minimum", "min"),
    ("maximum", "max"),
    ("count_distinct", "distinct"),
    ("nunique", "distinct"),
    ("percentile", "quantile"),
];

impl Function {
    /// The function with this name, in any case, or with one that other programs use for it.
    pub fn named(name: &str) -> Option<&'static Function> {
        let lower = name.to_ascii_lowercase();
        let name = OTHERS.iter().find(|(other, _)| *other == lower).map_or(&*lower, |(_, name)| name);
        FUNCTIONS.iter().find(|function| function.name == name)
    }

    /// How far its results may be from exact ones, relative to those, and what that means.
    pub fn bound(&self) -> Option<(f64, &'static str)> {
        match self.name {
            "approx_distinct" => Some((0.0081, "the standard error; up to 1024 values are counted exactly")),
            "approx_quantile" => {
                Some((0.005, "the most: the value of that rank is rounded to three significant digits"))
            }
            _ => None,
        }
    }

    /// How all of them are written.
    pub fn shapes() -> String {
        FUNCTIONS.iter().map(|function| function.shape).collect::<Vec<_>>().join(", ")
    }

    /// What groups keep for a call of it.
    pub fn make(&self, call: &Call) -> Box<dyn Accumulate> {
        match call.argument {
            None => Records::boxed(),
            Some(argument) => (self.make)(argument, call),
        }
    }
}
