//! The tree of an expression.

use std::ops::Range;

/// A part of an expression, and where it is in the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub span: Range<usize>,
    pub kind: Kind,
}

impl Node {
    /// Whether it is true or false by what it is.
    pub fn is_condition(&self) -> bool {
        use Kind::{Between, Compare, In, Is, Like, Matches, Not};
        let joins = matches!(&self.kind, Kind::Binary(Binary::And | Binary::Or, ..));
        joins || matches!(&self.kind, Not(_) | Compare(..) | Is(..) | In(..) | Between(..) | Like { .. } | Matches(..))
    }
}

/// What a part of an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Null,
    Absent,
    Bool(bool),
    /// A number as it is written.
    Number(String),
    Text(String),
    /// The path of a field, with dots.
    Field(String),
    Not(Box<Node>),
    Negative(Box<Node>),
    Binary(Binary, Box<Node>, Box<Node>),
    Compare(Relation, Box<Node>, Box<Node>),
    Is(State, Box<Node>),
    In(Box<Node>, Vec<Node>),
    Between(Box<Node>, Box<Node>, Box<Node>),
    Like {
        value: Box<Node>,
        pattern: Box<Node>,
        escape: Option<Box<Node>>,
    },
    Matches(Box<Node>, Box<Node>),
    Case {
        operand: Option<Box<Node>>,
        arms: Vec<(Node, Node)>,
        otherwise: Option<Box<Node>>,
    },
    Cast {
        value: Box<Node>,
        to: Target,
        or_null: bool,
    },
    Call {
        name: String,
        arguments: Vec<Node>,
    },
}

/// Operators that are no comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    Or,
    And,
    Join,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl Relation {
    /// Whether two values whose order is known are in this relation.
    #[inline(always)]
    pub fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Relation::Equal => order.is_eq(),
            Relation::Unequal => order.is_ne(),
            Relation::Less => order.is_lt(),
            Relation::AtMost => order.is_le(),
            Relation::Greater => order.is_gt(),
            Relation::AtLeast => order.is_ge(),
        }
    }

    /// The relation of the same two values in the other order.
    pub fn swapped(self) -> Relation {
        match self {
            Relation::Less => Relation::Greater,
            Relation::AtMost => Relation::AtLeast,
            Relation::Greater => Relation::Less,
            Relation::AtLeast => Relation::AtMost,
            same => same,
        }
    }
}

/// What IS asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Null,
    Absent,
    Bool(bool),
}

/// What CAST makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Decimal,
    Integer,
    Text,
    Boolean,
    Date,
    Timestamp,
}

impl Target {
    pub const NAMES: [(&'static str, Target); 13] = [
        ("decimal", Target::Decimal),
        ("integer", Target::Integer),
        ("text", Target::Text),
        ("boolean", Target::Boolean),
        ("date", Target::Date),
        ("timestamp", Target::Timestamp),
        ("numeric", Target::Decimal),
        ("number", Target::Decimal),
        ("int", Target::Integer),
        ("bigint", Target::Integer),
        ("varchar", Target::Text),
        ("string", Target::Text),
        ("bool", Target::Boolean),
    ];

    /// A thing of this kind, in a message.
    pub fn noun(self) -> &'static str {
        match self {
            Target::Decimal => "a number",
            Target::Integer => "an integer",
            Target::Text => "a text",
            Target::Boolean => "true or false",
            Target::Date => "a date",
            Target::Timestamp => "a time",
        }
    }
}
