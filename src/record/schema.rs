//! The fields of a tabular source or target.

use std::sync::Arc;

/// Fields in order. All records of a batch in columns have exactly these fields.
///
/// Some sources, such as CSV, have only names: then every field is of [`Kind::Any`], and no types are stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    names: Vec<Box<[u8]>>,
    /// One for each name, or none at all.
    types: Vec<Type>,
}

/// The type of a field's values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Type {
    /// Their kind.
    pub kind: Kind,
    /// A value may be null.
    pub nullable: bool,
}

/// The kind of a value, as declared by its source. An op may have put in a value of another kind, so an encoder still
/// checks each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Anything: each value has its own kind.
    #[default]
    Any,
    /// A truth value.
    Bool,
    /// A signed integer of 8, 16, 32 or 64 bits.
    Int(u8),
    /// An unsigned integer of 8, 16, 32 or 64 bits.
    UInt(u8),
    /// A floating-point number (IEEE 754) of 16, 32 or 64 bits.
    Float(u8),
    /// A decimal number: an integer of at most `precision` digits, the last `scale` of them after the point. With a
    /// negative scale, that many zeros follow the integer.
    Decimal {
        /// The most digits.
        precision: u8,
        /// How many of them are after the point.
        scale: i8,
    },
    /// A day of the calendar.
    Date,
    /// A time of day.
    Time(Unit),
    /// A point in time.
    Timestamp {
        /// The unit it is counted in.
        unit: Unit,
        /// The same moment everywhere, counted in UTC; otherwise what a local clock and calendar show.
        utc: bool,
    },
    /// Text.
    Text,
    /// Bytes: exactly this many, if it is known.
    Bytes(Option<usize>),
    /// A list whose items are all of one type.
    List(Arc<Type>),
    /// A map of text to values that are all of one type.
    Map(Arc<Type>),
    /// A record inside the record.
    Record(Arc<Schema>),
    /// One of these texts.
    Enum(Arc<[Box<str>]>),
    /// A value of one of these types.
    Union(Arc<[Type]>),
}

/// Units of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unit {
    /// Seconds.
    Second,
    /// Thousandths of a second.
    Milli,
    /// Millionths of a second.
    Micro,
    /// Billionths of a second.
    Nano,
}

impl Type {
    const ANY: Type = Type { kind: Kind::Any, nullable: true };
}

impl From<Kind> for Type {
    /// Values of this kind, never null.
    fn from(kind: Kind) -> Type {
        Type { kind, nullable: false }
    }
}

impl Schema {
    /// A schema of these names, with values of any kind.
    pub fn new<N: AsRef<[u8]>>(names: impl IntoIterator<Item = N>) -> Schema {
        Schema { names: names.into_iter().map(|name| name.as_ref().into()).collect(), types: Vec::new() }
    }

    /// A schema of these names and types.
    pub fn typed<N: AsRef<[u8]>>(fields: impl IntoIterator<Item = (N, Type)>) -> Schema {
        let (names, types) = fields.into_iter().map(|(name, of)| (Box::from(name.as_ref()), of)).unzip();
        Schema { names, types }
    }

    /// The same names, with the types that the fields named in `fields` have in `source`. Fields that it lacks may be
    /// anything.
    pub fn with_types(mut self, fields: &Schema, source: &Schema) -> Schema {
        self.types = Vec::new();
        if !source.types.is_empty() {
            let of = |(index, name): (usize, &[u8])| {
                // Usually all fields are kept, in their order.
                let same = source.names.get(index).is_some_and(|own| **own == *name).then_some(index);
                same.or_else(|| source.position(name)).map_or(Type::ANY, |found| source.types[found].clone())
            };
            self.types = fields.names().enumerate().map(of).collect();
        }
        self
    }

    /// The number of fields.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are no fields.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The name of a field.
    pub fn name(&self, index: usize) -> &[u8] {
        &self.names[index]
    }

    /// The type of a field's values.
    pub fn type_of(&self, index: usize) -> &Type {
        self.types.get(index).unwrap_or(&Type::ANY)
    }

    /// Whether any values have a type of their own that is not text.
    pub fn has_numbers_or_bytes(&self) -> bool {
        self.types.iter().any(|of| !matches!(of.kind, Kind::Any | Kind::Text | Kind::Enum(_)))
    }

    /// All names, in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.names.iter().map(|name| &**name)
    }

    /// Whether another schema has the same names in the same order, whatever their types.
    pub fn is_named_as(&self, other: &Schema) -> bool {
        self.names == other.names
    }

    /// The first field of this name.
    pub fn position(&self, name: &[u8]) -> Option<usize> {
        self.names.iter().position(|n| **n == *name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_go_with_their_fields() {
        let source = Schema::typed([("a", Kind::UInt(8).into()), ("b", Kind::Text.into()), ("c", Kind::Bool.into())]);
        let names = Schema::new(["x", "y", "z"]).with_types(&Schema::new(["c", "b", "other"]), &source);
        let kinds: Vec<_> = (0..3).map(|index| names.type_of(index).kind.clone()).collect();
        assert_eq!(kinds, [Kind::Bool, Kind::Text, Kind::Any]);
        assert!(names.is_named_as(&Schema::new(["x", "y", "z"])) && names.has_numbers_or_bytes());
        let plain = names.with_types(&Schema::new(["a"]), &Schema::new(["a"]));
        assert_eq!(plain, Schema::new(["x", "y", "z"]));
        assert!(plain.type_of(0).nullable && !plain.has_numbers_or_bytes());
    }
}
