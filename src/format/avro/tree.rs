//! Schemas of Avro as a tree whose nodes have numbers: a type may be inside itself.

use serde_json::Value;

use crate::record::Unit;

/// The number of a node.
pub(super) type Id = u32;

/// A schema.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    pub nodes: Vec<Node>,
    pub root: Id,
}

/// A type.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub kind: Kind,
    pub logical: Option<Logical>,
    /// Of records, enums and fixed.
    pub names: Option<Names>,
}

/// The full name of a type, and other ones that it had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Names {
    pub full: String,
    pub aliases: Vec<String>,
}

/// How values are written.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Fixed(usize),
    Enum {
        symbols: Vec<Box<str>>,
        /// The symbol that stands for those that are not known.
        default: Option<usize>,
    },
    Array(Id),
    Map(Id),
    Union(Vec<Id>),
    Record(Vec<Field>),
}

/// A field of a record.
#[derive(Clone, Debug)]
pub(super) struct Field {
    /// What it is called in records.
    pub name: Box<str>,
    /// What it is called in the schema, where not every name is allowed.
    pub plain: Box<str>,
    pub aliases: Vec<String>,
    pub of: Id,
    pub default: Option<Value>,
}

/// What values mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Logical {
    Decimal { precision: u32, scale: u32 },
    Date,
    Time(Unit),
    Timestamp { unit: Unit, utc: bool },
    Uuid,
    Duration,
}

impl Node {
    /// Its name, in sentences.
    pub fn title(&self) -> String {
        let word = match self.kind {
            Kind::Null => "null",
            Kind::Boolean => "boolean",
            Kind::Int => "int",
            Kind::Long => "long",
            Kind::Float => "float",
            Kind::Double => "double",
            Kind::Bytes => "bytes",
            Kind::String => "string",
            Kind::Fixed(_) => "fixed",
            Kind::Enum { .. } => "enum",
            Kind::Array(_) => "array",
            Kind::Map(_) => "map",
            Kind::Union(_) => "union",
            Kind::Record(_) => "record",
        };
        let logical = self.logical.map(|of| format!(" ({})", of.title())).unwrap_or_default();
        match &self.names {
            Some(names) => format!("{word} `{}`{logical}", names.full),
            None => format!("{word}{logical}"),
        }
    }
}

impl Logical {
    /// Its name in schemas, and what else tells it from others.
    pub fn title(self) -> String {
        let (local, unit) = match self {
            Logical::Decimal { precision, scale } => return format!("decimal({precision},{scale})"),
            Logical::Date => return "date".to_owned(),
            Logical::Uuid => return "uuid".to_owned(),
            Logical::Duration => return "duration".to_owned(),
            Logical::Time(unit) => ("time", unit),
            Logical::Timestamp { unit, utc: true } => ("timestamp", unit),
            Logical::Timestamp { unit, utc: false } => ("local-timestamp", unit),
        };
        let unit = match unit {
            Unit::Second | Unit::Milli => "millis",
            Unit::Micro => "micros",
            Unit::Nano => "nanos",
        };
        format!("{local}-{unit}")
    }

    /// Whether its values mean the same as those of another one.
    pub fn is_within(self, other: Logical) -> bool {
        match (self, other) {
            (Logical::Decimal { precision, scale }, Logical::Decimal { precision: most, scale: same }) => {
                precision <= most && scale == same
            }
            (one, other) => one == other,
        }
    }
}

impl Tree {
    pub fn node(&self, id: Id) -> &Node {
        &self.nodes[id as usize]
    }

    /// The name of a type, in sentences.
    pub fn title(&self, id: Id) -> String {
        self.node(id).title()
    }

    /// Whether a type is one plain value: no list, map or record, nor one of several of which one is that.
    pub fn is_plain(&self, id: Id) -> bool {
        match &self.node(id).kind {
            Kind::Array(_) | Kind::Map(_) | Kind::Record(_) => false,
            Kind::Union(branches) => branches.iter().all(|branch| self.is_plain(*branch)),
            _ => true,
        }
    }

    /// For each type, the least number of bytes that a value has, or fewer; and whether values never have any.
    pub fn sizes(&self) -> (Vec<u32>, Vec<bool>) {
        let count = self.nodes.len();
        let (mut least, mut empty) = (vec![0; count], vec![true; count]);
        // Types inside others usually have larger numbers.
        let mut settled = false;
        for turn in 0..TURNS {
            let mut changed = false;
            for place in 0..count {
                let id = if turn % 2 == 0 { count - 1 - place } else { place };
                let found = (self.least_of(id, &least), self.is_empty(id, &empty));
                changed |= found != (least[id], empty[id]);
                (least[id], empty[id]) = found;
            }
            if !changed {
                settled = true;
                break;
            }
        }
        if !settled {
            empty.fill(false);
        }
        (least, empty)
    }

    fn least_of(&self, id: usize, known: &[u32]) -> u32 {
        let of = |id: &Id| known[*id as usize];
        match &self.nodes[id].kind {
            Kind::Null => 0,
            Kind::Float => 4,
            Kind::Double => 8,
            Kind::Fixed(size) => u32::try_from(*size).unwrap_or(u32::MAX),
            Kind::Record(fields) => fields.iter().map(|field| of(&field.of)).fold(0u32, u32::saturating_add),
            Kind::Union(branches) => branches.iter().map(of).min().unwrap_or(0).saturating_add(1),
            _ => 1,
        }
    }

    fn is_empty(&self, id: usize, known: &[bool]) -> bool {
        match &self.nodes[id].kind {
            Kind::Null | Kind::Fixed(0) => true,
            Kind::Record(fields) => fields.iter().all(|field| known[field.of as usize]),
            _ => false,
        }
    }
}

/// How often types are looked at to find their sizes.
const TURNS: usize = 64;
