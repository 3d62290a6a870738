//! The types of the parts of an expression.

use super::ast::{Binary, Kind, Node, Target};
use super::functions;
use super::types::Type;

/// The type of a part of an expression.
pub fn of(node: &Node) -> Type {
    match &node.kind {
        Kind::Null | Kind::Absent => Type::Null,
        Kind::Number(_) | Kind::Negative(_) => Type::Number,
        Kind::Text(_) => Type::Text,
        Kind::Field(_) => Type::Any,
        Kind::Bool(_)
        | Kind::Not(_)
        | Kind::Compare(..)
        | Kind::Is(..)
        | Kind::In(..)
        | Kind::Between(..)
        | Kind::Like { .. }
        | Kind::Matches(..) => Type::Bool,
        Kind::Binary(Binary::And | Binary::Or, ..) => Type::Bool,
        Kind::Binary(Binary::Join, ..) => Type::Text,
        Kind::Binary(..) => Type::Number,
        Kind::Case { arms, otherwise, .. } => {
            let last = otherwise.as_ref().map_or(Type::Null, |node| of(node));
            arms.iter().fold(last, |known, (_, then)| known.or(of(then)))
        }
        Kind::Cast { to, .. } => match to {
            Target::Decimal | Target::Integer => Type::Number,
            Target::Text => Type::Text,
            Target::Boolean => Type::Bool,
            Target::Date | Target::Timestamp => Type::Time,
        },
        Kind::Call { name, arguments } => match name.as_str() {
            "coalesce" | "ifnull" => arguments.iter().fold(Type::Null, |known, node| known.or(of(node))),
            "nullif" => arguments.first().map_or(Type::Any, of),
            name => functions::find(name).map_or(Type::Any, |function| function.gives),
        },
    }
}

/// Whether it has the same value for every record.
pub fn is_constant(node: &Node) -> bool {
    match &node.kind {
        Kind::Null | Kind::Absent | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => true,
        Kind::Field(_) => false,
        Kind::Not(inner) | Kind::Negative(inner) | Kind::Is(_, inner) | Kind::Cast { value: inner, .. } => {
            is_constant(inner)
        }
        Kind::Binary(_, a, b) | Kind::Compare(_, a, b) | Kind::Matches(a, b) => is_constant(a) && is_constant(b),
        Kind::In(inner, items) => is_constant(inner) && items.iter().all(is_constant),
        Kind::Between(a, b, c) => is_constant(a) && is_constant(b) && is_constant(c),
        Kind::Like { value, .. } => is_constant(value),
        // Their branches may be there to avoid each other's errors.
        Kind::Case { .. } => false,
        Kind::Call { name, arguments } => {
            functions::find(name).is_some_and(|function| !function.places) && arguments.iter().all(is_constant)
        }
    }
}
