//! The types of fields, as other formats are told them.

use std::sync::Arc;

use super::tree::{Id, Kind, Logical, Tree};
use crate::record::{Kind as Of, Schema, Type};

/// How deep types are told.
const LEVELS: usize = 32;

/// How many types are told: a type that is in many places is told in each.
const MOST: usize = 100_000;

/// The only field of records that are no records in the schema.
pub(super) const VALUE: &str = "value";

/// What turns types of columns, as they are written in a file, into those of fields.
pub(in crate::format) type TypesOf = fn(&[u8]) -> Option<Schema>;

/// The fields of a record with their types; none: the root is no record.
pub(super) fn schema(tree: &Tree) -> Option<Schema> {
    let Kind::Record(_) = tree.node(tree.root).kind else { return None };
    match root(tree).kind {
        Of::Record(schema) => Some(Arc::unwrap_or_clone(schema)),
        _ => None,
    }
}

/// The type of the root.
pub(super) fn root(tree: &Tree) -> Type {
    let mut told = Told { tree, open: Vec::new(), left: MOST };
    told.of(tree.root)
}

struct Told<'t> {
    tree: &'t Tree,
    /// The records that this is inside of.
    open: Vec<Id>,
    left: usize,
}

const ANY: Type = Type { kind: Of::Any, nullable: true };

impl Told<'_> {
    fn of(&mut self, id: Id) -> Type {
        if self.open.len() > LEVELS || self.left == 0 || self.open.contains(&id) {
            return ANY;
        }
        self.left -= 1;
        let node = self.tree.node(id);
        let kind = match (&node.kind, node.logical) {
            (Kind::Bytes | Kind::Fixed(_), Some(Logical::Decimal { precision, scale })) => {
                match (u8::try_from(precision), i8::try_from(scale)) {
                    (Ok(precision), Ok(scale)) if u32::from(precision) <= crate::record::canonical::DIGITS => {
                        Of::Decimal { precision, scale }
                    }
                    _ => return Type { kind: Of::Any, nullable: false },
                }
            }
            (_, Some(Logical::Date)) => Of::Date,
            (_, Some(Logical::Time(unit))) => Of::Time(unit),
            (_, Some(Logical::Timestamp { unit, utc })) => Of::Timestamp { unit, utc },
            (_, Some(Logical::Uuid | Logical::Duration)) | (Kind::String, _) => Of::Text,
            (Kind::Null, _) => return ANY,
            (Kind::Boolean, _) => Of::Bool,
            (Kind::Int, _) => Of::Int(32),
            (Kind::Long, _) => Of::Int(64),
            (Kind::Float, _) => Of::Float(32),
            (Kind::Double, _) => Of::Float(64),
            (Kind::Bytes, _) => Of::Bytes(None),
            (Kind::Fixed(size), _) => Of::Bytes(Some(*size)),
            (Kind::Enum { symbols, .. }, _) => Of::Enum(symbols.clone().into()),
            (Kind::Array(items), _) => Of::List(Arc::new(self.inside(id, *items))),
            (Kind::Map(values), _) => Of::Map(Arc::new(self.inside(id, *values))),
            (Kind::Record(fields), _) => {
                let fields: Vec<(&str, Type)> =
                    fields.iter().map(|field| (&*field.name, self.inside(id, field.of))).collect();
                Of::Record(Arc::new(Schema::typed(fields)))
            }
            (Kind::Union(branches), _) => return self.union(branches),
        };
        kind.into()
    }

    fn inside(&mut self, outer: Id, id: Id) -> Type {
        self.open.push(outer);
        let of = self.of(id);
        self.open.pop();
        of
    }

    fn union(&mut self, branches: &[Id]) -> Type {
        let is_null = |id: &Id| matches!(self.tree.node(*id).kind, Kind::Null);
        let nullable = branches.iter().any(is_null);
        let others: Vec<Id> = branches.iter().filter(|id| !is_null(id)).copied().collect();
        match others[..] {
            [] => ANY,
            [only] => {
                let of = self.of(only);
                Type { nullable: nullable || of.nullable, ..of }
            }
            _ => Type { kind: Of::Union(others.iter().map(|id| self.of(*id)).collect()), nullable },
        }
    }
}
