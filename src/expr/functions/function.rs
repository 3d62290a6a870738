//! What is known about a function.

use crate::expr::constant::Constant;
use crate::expr::scalar::Scalar;
use crate::expr::scope::{Outcome, Scope};
use crate::expr::types::Type;

/// A function.
pub struct Function {
    pub name: &'static str,
    /// How it is called, in messages.
    pub usage: &'static str,
    /// The types of its arguments; the last one is that of all further ones too.
    pub takes: &'static [Type],
    /// How many arguments it has at least, and at most.
    pub count: (usize, usize),
    pub gives: Type,
    /// It is called with nulls too. Otherwise the result is null if an argument is.
    pub nulls: bool,
    /// Its texts have to be UTF-8.
    pub utf8: bool,
    /// It asks where a record is: the result differs between records.
    pub places: bool,
    /// It counts: records have to come in their order.
    pub ordered: bool,
    /// Looks at an argument that is the same for every record: what is wrong with it, as a phrase.
    pub check: fn(Known<'_>) -> Result<(), String>,
    pub run: Run,
}

/// An argument that is the same for every record.
#[derive(Clone, Copy)]
pub struct Known<'k> {
    /// Its number.
    pub index: usize,
    pub value: &'k Constant,
    /// The arguments before it; none for those that differ between records.
    pub before: &'k [Option<Constant>],
}

/// Calculates a result; there are as many arguments as the function takes, each null or of its type.
pub type Run = for<'a> fn(&[Scalar<'a>], &mut Scope<'_, 'a>) -> Outcome<'a>;

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Any number of arguments.
pub const MANY: usize = 64;

/// What most functions are like.
pub const PLAIN: Function = Function {
    name: "",
    usage: "",
    takes: &[],
    count: (0, 0),
    gives: Type::Any,
    nulls: false,
    utf8: false,
    places: false,
    ordered: false,
    check: |_| Ok(()),
    run: |_, _| Ok(Scalar::Null),
};
