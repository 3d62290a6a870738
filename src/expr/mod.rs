//! Expressions: the syntax of SQL, exact numbers, and types that come from literals and never from a guess.
//!
//! ```text
//! text ──lexer──▶ words ──parser──▶ tree ──compile──▶ program ──eval──▶ a value for each record
//! ```

mod ast;
mod calculation;
mod cast;
mod code;
mod compare;
mod compile;
mod constant;
pub mod decimal;
mod elsewhere;
mod eval;
mod fault;
mod fold;
mod functions;
mod infer;
mod lexer;
mod like;
mod moment;
mod origin;
mod parser;
mod regexes;
mod replacement;
mod scalar;
mod scope;
mod simple;
mod types;

mod expression;

pub use expression::{Expression, Running, text_value};
pub use functions::usages;
pub use moment::{Moment, Precision};
pub use scalar::Scalar;
pub(crate) use scope::NOT_A_NUMBER;
pub use scope::{Outcome, Place};
pub use types::Type;

#[cfg(test)]
mod tests;
