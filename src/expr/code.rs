//! The compiled form of an expression: instructions for a machine with a stack.

use regex::bytes::Regex;

use super::ast::{Binary, Relation, State, Target};
use super::constant::Constant;
use super::functions::Function;
use super::like::Like;
use super::origin::Origin;
use super::replacement::Replacing;

/// An instruction. Those that calculate take their operands from the stack and put the result there. The last number
/// of some is that of their [`Origin`].
#[derive(Clone, Copy, Debug)]
pub enum Code {
    Constant(u16),
    Field(u16),
    /// Makes sure that what is on top is a number, a truth value, a time, a text. Null stays null.
    ToNumber(u16),
    ToBool(u16),
    ToTime(u16),
    ToText(u16),
    Not,
    Negate,
    Calculate(Binary, u16),
    /// A field and a number, which is a constant; the next origin is that of the calculation.
    FieldCalculate(u16, Binary, u16, u16),
    Join(u16),
    CompareNumbers(Relation),
    CompareTexts(Relation),
    CompareTimes(Relation),
    CompareBools(Relation),
    /// Two values of which nothing is known.
    CompareFields(Relation, u16),
    /// A field with a number, which is a constant.
    FieldNumber(u16, Relation, u16, u16),
    /// A field with a text, which is a constant.
    FieldText(u16, Relation, u16, u16),
    Is(State),
    /// Whether a number, a text is in a list.
    InNumbers(u16),
    InTexts(u16),
    Like(u16),
    Matches(u16),
    Replace(u16),
    /// If the top is false, or true, goes there and leaves it.
    UnlessFalse(u16),
    UnlessTrue(u16),
    And,
    Or,
    /// Takes the top, and goes there unless it is true.
    SkipUnlessTrue(u16),
    /// Goes there if the top is not null; takes it otherwise.
    TakeNull(u16),
    Jump(u16),
    /// The first operand, or null if both are equal.
    NullIf,
    Cast(Target, bool, u16),
    Call(&'static Function, u8, u16),
}

/// A compiled expression.
#[derive(Clone, Debug, Default)]
pub struct Program {
    pub code: Vec<Code>,
    pub constants: Vec<Constant>,
    /// The paths of the fields it reads.
    pub fields: Vec<Box<[u8]>>,
    /// Where each is first named in the text, in bytes.
    pub places: Vec<usize>,
    pub origins: Vec<Origin>,
    pub regexes: Vec<Regex>,
    /// What those may keep for each worker, in bytes.
    pub memory: usize,
    pub likes: Vec<Like>,
    pub replacings: Vec<Replacing>,
    /// Lists of texts, each sorted.
    pub texts: Vec<Vec<Box<[u8]>>>,
    /// Lists of numbers of constants, sorted by their values.
    pub numbers: Vec<Vec<u16>>,
    /// How many values are on the stack at most.
    pub stack: usize,
    /// Texts have to be UTF-8.
    pub utf8: bool,
    /// It counts records or lines: then they have to be converted in their order.
    pub ordered: bool,
}
