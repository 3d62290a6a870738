//! Pagemill's own form of a schema, with what is known of the values of every field.

use std::collections::HashSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::limits::{FIELDS, LEVELS, placed, twice};
use crate::record::canonical::DIGITS;
use crate::record::{Kind, Schema, Type, Unit};

/// The version of the form.
const VERSION: u32 = 1;

/// A schema as a JSON text.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The version of the form.
    schema: u32,
    /// How many records it was made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records: Option<u64>,
    /// The fields of every record.
    pub fields: Vec<Node>,
}

/// The type of a field, of the items of a list, or of the values of a map.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// The name of a field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The name of the kind.
    pub kind: String,
    /// A value may be null, or the field may be missing.
    #[serde(default)]
    pub nullable: bool,
    /// Of a decimal number: the most digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<u8>,
    /// Of a decimal number: how many digits come after the point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<i8>,
    /// Of a time: `s`, `ms`, `us` or `ns`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Of a timestamp: it is the same moment everywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utc: Option<bool>,
    /// Of bytes: how many there are in each value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<usize>,
    /// Of an enum: its texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbols: Option<Vec<Box<str>>>,
    /// Of a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Box<Node>>,
    /// Of a map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Box<Node>>,
    /// Of a record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<Node>>,
    /// Of a union.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<Vec<Node>>,
    /// The decimal number that the values are, which are written with different digits after the point.
    #[serde(skip)]
    pub(crate) decimal: Option<Decimal>,
    /// What is known of its values. Only for people: reading passes over it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<Facts>,
}

/// The kind that holds numbers which no kind gives back as they are written.
#[derive(Clone, Debug)]
pub(crate) struct Decimal {
    pub kind: Kind,
    /// A source says that they are numbers, so this is their kind where values matter more than how they are written.
    pub is_said: bool,
}

/// What is known of the values of a field.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Facts {
    /// How many there are that are not null.
    pub values: u64,
    /// How many nulls there are.
    pub nulls: u64,
    /// How many records, or maps around it, lack the field.
    pub absent: u64,
    /// The smallest value, as it is written; long texts are cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<String>,
    /// The largest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<String>,
    /// About how many different values there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approx_distinct: Option<u64>,
    /// The length of the longest value, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest: Option<usize>,
}

type Outcome<T> = std::result::Result<T, String>;

impl File {
    /// A schema that was found in this many records.
    pub(crate) fn found(records: u64, fields: Vec<Node>) -> File {
        File { schema: VERSION, records: Some(records), fields }
    }

    /// The columns that are text although all that they hold is numbers, which have different digits after the point.
    pub(crate) fn texts_of_numbers(&self) -> impl Iterator<Item = &str> {
        let is_one = |node: &&Node| node.decimal.as_ref().is_some_and(|decimal| !decimal.is_said);
        self.fields.iter().filter(is_one).filter_map(|node| node.name.as_deref())
    }

    /// The same where values matter more than how they are written: what the source says to be numbers is a number.
    pub(crate) fn with_decimals(mut self) -> File {
        self.fields.iter_mut().for_each(Node::use_decimal);
        self
    }

    /// A schema that somebody wrote.
    pub(crate) fn said(fields: Vec<Node>) -> File {
        File { schema: VERSION, records: None, fields }
    }

    /// Reads one.
    ///
    /// # Errors
    /// It is no such schema; says where it is wrong.
    pub fn read(text: &[u8]) -> Outcome<File> {
        let file: File = serde_json::from_slice(text).map_err(|error| placed(&error))?;
        match file.schema {
            VERSION => Ok(file),
            other => Err(format!("it has version {other} of this form, and only version {VERSION} is known")),
        }
    }

    /// The same with texts in place of timestamps of nanoseconds of which not all values that were seen are from the
    /// years 1678 to 2261: 64 bits hold those years.
    pub(super) fn within_nanoseconds(&self) -> File {
        let mut file = self.clone();
        file.fields.iter_mut().for_each(Node::narrow);
        file
    }

    /// As a text, with a line for each field.
    pub fn text(&self) -> String {
        // These types have nothing that JSON can't hold.
        let line = |node: &Node| serde_json::to_string(node).unwrap_or_default();
        let fields: Vec<String> = self.fields.iter().map(line).collect();
        let records = self.records.map_or_else(String::new, |records| format!("\"records\":{records},"));
        let (begin, end) = if fields.is_empty() { ("", "") } else { ("\n", "\n") };
        format!("{{\"schema\":{VERSION},{records}\"fields\":[{begin}{}{end}]}}\n", fields.join(",\n"))
    }

    /// The schema that it says.
    ///
    /// # Errors
    /// A kind that there is not, or that lacks something.
    pub fn schema(&self) -> Outcome<Schema> {
        let mut room = FIELDS;
        fields(&self.fields, "", 0, &mut room)
    }
}

impl Node {
    fn use_decimal(&mut self) {
        if let Some(Decimal { kind, is_said: true }) = self.decimal.take() {
            let Node { kind, precision, scale, .. } = Node::of(&kind);
            (self.kind, self.precision, self.scale) = (kind, precision, scale);
        }
        let inside = self.items.as_deref_mut().into_iter().chain(self.values.as_deref_mut());
        let inside = inside.chain(self.fields.iter_mut().flatten()).chain(self.of.iter_mut().flatten());
        inside.for_each(Node::use_decimal);
    }
}

fn fields(nodes: &[Node], path: &str, level: usize, room: &mut usize) -> Outcome<Schema> {
    let mut met = HashSet::new();
    let mut all = Vec::new();
    for node in nodes {
        let within = if path.is_empty() { String::new() } else { format!(" in `{}`", path.trim_end_matches('.')) };
        let Some(name) = &node.name else { return Err(format!("a field has no name{within}")) };
        if !met.insert(name) {
            return Err(format!("there are two fields `{name}`{within}"));
        }
        if *room == 0 {
            return Err(format!("there are more than {FIELDS} fields"));
        }
        *room -= 1;
        all.push((name, of(node, &format!("{path}{name}"), level, room)?));
    }
    Ok(Schema::typed(all))
}

/// The type that a node says; `path`: where it is.
fn of(node: &Node, path: &str, level: usize, room: &mut usize) -> Outcome<Type> {
    let wrong = |what: String| format!("the field `{path}`: {what}");
    if level > LEVELS {
        return Err(wrong(format!("lists, maps and records are inside others more than {LEVELS} deep")));
    }
    let kind = &*node.kind;
    let needs = |what: &str| wrong(format!("{} {kind} needs `{what}`", if kind == "enum" { "an" } else { "a" }));
    for (what, is_there, kinds) in [
        ("precision", node.precision.is_some(), &["decimal"][..]),
        ("scale", node.scale.is_some(), &["decimal"]),
        ("unit", node.unit.is_some(), &["time", "timestamp"]),
        ("utc", node.utc.is_some(), &["timestamp"]),
        ("length", node.length.is_some(), &["bytes"]),
        ("symbols", node.symbols.is_some(), &["enum"]),
        ("items", node.items.is_some(), &["list"]),
        ("values", node.values.is_some(), &["map"]),
        ("fields", node.fields.is_some(), &["record"]),
        ("of", node.of.is_some(), &["union"]),
    ] {
        if is_there && !kinds.contains(&kind) {
            return Err(wrong(format!("`{what}` is not for {kind}")));
        }
    }
    let mut inner = |node: &Node, what: &str| -> Outcome<Arc<Type>> {
        Ok(Arc::new(of(node, &format!("{path}{what}"), level + 1, room)?))
    };
    let kind = match kind {
        "any" => Kind::Any,
        "bool" => Kind::Bool,
        "int8" => Kind::Int(8),
        "int16" => Kind::Int(16),
        "int32" => Kind::Int(32),
        "int64" => Kind::Int(64),
        "uint8" => Kind::UInt(8),
        "uint16" => Kind::UInt(16),
        "uint32" => Kind::UInt(32),
        "uint64" => Kind::UInt(64),
        "float32" => Kind::Float(32),
        "float64" => Kind::Float(64),
        "decimal" => {
            let precision = node.precision.filter(|precision| *precision > 0).ok_or_else(|| needs("precision"))?;
            let scale = node.scale.unwrap_or(0);
            if u32::from(precision) > DIGITS {
                return Err(wrong(format!("a decimal has at most {DIGITS} digits, and `precision` is {precision}")));
            }
            if i16::from(scale) > i16::from(precision) {
                return Err(wrong(format!(
                    "`scale` is {scale}, and `precision`, the number of all digits, only {precision}"
                )));
            }
            Kind::Decimal { precision, scale }
        }
        "date" => Kind::Date,
        "time" => Kind::Time(unit(node).ok_or_else(|| needs("unit"))?),
        "timestamp" => {
            Kind::Timestamp { unit: unit(node).ok_or_else(|| needs("unit"))?, utc: node.utc.unwrap_or(false) }
        }
        "text" => Kind::Text,
        "bytes" => Kind::Bytes(node.length),
        "list" => Kind::List(inner(node.items.as_ref().ok_or_else(|| needs("items"))?, "[]")?),
        "map" => Kind::Map(inner(node.values.as_ref().ok_or_else(|| needs("values"))?, ".*")?),
        "record" => {
            let inside = node.fields.as_ref().ok_or_else(|| needs("fields"))?;
            Kind::Record(Arc::new(fields(inside, &format!("{path}."), level + 1, room)?))
        }
        "enum" => match &node.symbols {
            Some(symbols) if twice(symbols).is_some() => {
                let symbol = twice(symbols).unwrap_or_default();
                return Err(wrong(format!("the symbol `{symbol}` is there twice")));
            }
            Some(symbols) if !symbols.is_empty() => Kind::Enum(symbols.clone().into()),
            _ => return Err(needs("symbols")),
        },
        "union" => {
            let all = node.of.as_ref().filter(|of| !of.is_empty()).ok_or_else(|| needs("of"))?;
            let types: Outcome<Vec<Type>> = all.iter().map(|node| of(node, path, level + 1, room)).collect();
            Kind::Union(types?.into())
        }
        other => {
            return Err(wrong(format!("there is no kind `{other}`\n  The kinds are {}.", KINDS.join(", "))));
        }
    };
    Ok(Type { kind, nullable: node.nullable })
}

const KINDS: [&str; 23] = [
    "any",
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float32",
    "float64",
    "decimal",
    "date",
    "time",
    "timestamp",
    "text",
    "bytes",
    "list",
    "map",
    "record",
    "enum",
    "union",
];

fn unit(node: &Node) -> Option<Unit> {
    match node.unit.as_deref()? {
        "s" => Some(Unit::Second),
        "ms" => Some(Unit::Milli),
        "us" => Some(Unit::Micro),
        "ns" => Some(Unit::Nano),
        _ => None,
    }
}

impl Node {
    fn narrow(&mut self) {
        let range = self.seen.as_ref().and_then(|seen| Some((seen.min.as_deref()?, seen.max.as_deref()?)));
        let is_within = range.is_some_and(|(min, max)| min >= "1678" && max < "2262");
        if self.kind == "timestamp" && self.unit.as_deref() == Some("ns") && !is_within {
            (self.kind, self.unit, self.utc) = ("text".to_owned(), None, None);
        }
        let inside = self.items.iter_mut().chain(&mut self.values).map(|inner| &mut **inner);
        inside.for_each(Node::narrow);
        self.fields.iter_mut().chain(&mut self.of).flatten().for_each(Node::narrow);
    }

    /// A node of a kind.
    pub(crate) fn of(kind: &Kind) -> Node {
        let mut node = Node::default();
        let name = match kind {
            Kind::Any => "any".to_owned(),
            Kind::Bool => "bool".to_owned(),
            Kind::Int(bits) => format!("int{bits}"),
            Kind::UInt(bits) => format!("uint{bits}"),
            Kind::Float(bits) => format!("float{bits}"),
            Kind::Decimal { precision, scale } => {
                (node.precision, node.scale) = (Some(*precision), Some(*scale));
                "decimal".to_owned()
            }
            Kind::Date => "date".to_owned(),
            Kind::Time(unit) => {
                node.unit = Some(letters(*unit).to_owned());
                "time".to_owned()
            }
            Kind::Timestamp { unit, utc } => {
                (node.unit, node.utc) = (Some(letters(*unit).to_owned()), Some(*utc));
                "timestamp".to_owned()
            }
            Kind::Text => "text".to_owned(),
            Kind::Bytes(length) => {
                node.length = *length;
                "bytes".to_owned()
            }
            Kind::Enum(symbols) => {
                node.symbols = Some(symbols.to_vec());
                "enum".to_owned()
            }
            Kind::List(items) => {
                node.items = Some(Box::new(Node::of_type(items)));
                "list".to_owned()
            }
            Kind::Map(values) => {
                node.values = Some(Box::new(Node::of_type(values)));
                "map".to_owned()
            }
            Kind::Record(schema) => {
                let field = |index| {
                    let name = String::from_utf8_lossy(schema.name(index)).into_owned();
                    Node { name: Some(name), ..Node::of_type(schema.type_of(index)) }
                };
                node.fields = Some((0..schema.len()).map(field).collect());
                "record".to_owned()
            }
            Kind::Union(types) => {
                node.of = Some(types.iter().map(Node::of_type).collect());
                "union".to_owned()
            }
        };
        node.kind = name;
        node
    }

    fn of_type(of: &Type) -> Node {
        Node { nullable: of.nullable, ..Node::of(&of.kind) }
    }

    /// The kind as a short text for people: `decimal(5,2)`, `timestamp(ms, utc)`, `list of text`.
    pub fn shown(&self) -> String {
        match &*self.kind {
            "decimal" => format!("decimal({},{})", self.precision.unwrap_or(0), self.scale.unwrap_or(0)),
            "time" => format!("time({})", self.unit.as_deref().unwrap_or("s")),
            "timestamp" => {
                let utc = if self.utc == Some(true) { ", utc" } else { "" };
                format!("timestamp({}{utc})", self.unit.as_deref().unwrap_or("s"))
            }
            "bytes" => self.length.map_or_else(|| "bytes".to_owned(), |length| format!("bytes({length})")),
            "list" => format!("list of {}", self.items.as_ref().map_or_else(String::new, |items| items.shown())),
            "map" => format!("map of {}", self.values.as_ref().map_or_else(String::new, |values| values.shown())),
            "union" => self.of.iter().flatten().map(Node::shown).collect::<Vec<_>>().join(" or "),
            kind => kind.to_owned(),
        }
    }
}

/// How a unit is named.
pub(super) fn letters(unit: Unit) -> &'static str {
    match unit {
        Unit::Second => "s",
        Unit::Milli => "ms",
        Unit::Micro => "us",
        Unit::Nano => "ns",
    }
}
