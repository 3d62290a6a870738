//! From the JSON of a schema to its tree (specification 1.12).

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::tree::{Field, Id, Kind, Logical, Names, Node, Tree};
use crate::record::Unit;
use crate::schema::{NAME, TIME_NANOS, UNIT};

type Outcome<T> = Result<T, String>;

/// Reads a schema with at most about `most` fields, and not many more types and symbols.
///
/// # Errors
/// It is no schema, and why.
pub(super) fn parse(text: &[u8], most: usize) -> Outcome<Tree> {
    let value: Value = match serde_json::from_slice(text) {
        Ok(value) => value,
        // Some writers give the bare name of a type.
        Err(_) if std::str::from_utf8(text).is_ok_and(|text| primitive(text.trim()).is_some()) => {
            Value::String(String::from_utf8_lossy(text).trim().to_owned())
        }
        Err(error) => return Err(format!("it is not JSON: {error}")),
    };
    let room = most.saturating_mul(EACH);
    let mut parser = Parser { tree: Tree::default(), known: HashMap::new(), room };
    let root = parser.of(&value, "", &At { path: "", level: 0 })?;
    parser.tree.root = root;
    Ok(parser.tree)
}

/// The error for a schema that is too large.
pub(super) const TOO_MANY: &str = "it has too many fields, types and symbols";

/// How many types and symbols there may be for each field that there may be, and what a field counts for.
const EACH: usize = 8;
const FIELD: usize = 4;

struct Parser {
    tree: Tree,
    /// The types that have names.
    known: HashMap<String, Id>,
    room: usize,
}

/// Where a type is, for sentences.
struct At<'p> {
    path: &'p str,
    level: usize,
}

/// How deep types may be inside others as they are written.
const LEVELS: usize = 120;

impl At<'_> {
    fn wrong(&self, what: impl std::fmt::Display) -> String {
        match self.path {
            "" => what.to_string(),
            path => format!("the field `{path}`: {what}"),
        }
    }
}

fn text<'v>(object: &'v Map<String, Value>, key: &str) -> Option<&'v str> {
    object.get(key).and_then(Value::as_str)
}

fn primitive(name: &str) -> Option<Kind> {
    Some(match name {
        "null" => Kind::Null,
        "boolean" => Kind::Boolean,
        "int" => Kind::Int,
        "long" => Kind::Long,
        "float" => Kind::Float,
        "double" => Kind::Double,
        "bytes" => Kind::Bytes,
        "string" => Kind::String,
        _ => return None,
    })
}

/// A name with its namespace.
pub(super) fn full(name: &str, space: &str) -> String {
    match name.strip_prefix('.') {
        // That is the namespace without a name.
        Some(rest) if !rest.contains('.') => rest.to_owned(),
        _ if name.contains('.') || space.is_empty() => name.to_owned(),
        _ => format!("{space}.{name}"),
    }
}

impl Parser {
    fn take(&mut self, count: usize) -> Outcome<()> {
        self.room = self.room.checked_sub(count).ok_or(TOO_MANY)?;
        Ok(())
    }

    fn add(&mut self, kind: Kind, logical: Option<Logical>, names: Option<Names>) -> Outcome<Id> {
        self.take(1)?;
        self.tree.nodes.push(Node { kind, logical, names });
        Ok(self.tree.nodes.len() as Id - 1)
    }

    fn of(&mut self, value: &Value, space: &str, at: &At<'_>) -> Outcome<Id> {
        if at.level > LEVELS {
            return Err(at.wrong(format_args!("types are inside others more than {LEVELS} deep")));
        }
        let inner = At { path: at.path, level: at.level + 1 };
        match value {
            Value::String(name) => self.by_name(name, space, at),
            Value::Array(types) => {
                let branches = types.iter().map(|of| match of {
                    Value::Array(_) => Err(at.wrong("a union is directly inside a union")),
                    of => self.of(of, space, &inner),
                });
                let branches = branches.collect::<Outcome<Vec<Id>>>()?;
                if branches.is_empty() {
                    return Err(at.wrong("a union without types"));
                }
                self.add(Kind::Union(branches), None, None)
            }
            Value::Object(object) => match object.get("type") {
                Some(Value::String(name)) => self.object(name, object, space, &inner),
                Some(of) => self.of(of, space, &inner),
                None => Err(at.wrong("an object without `type`")),
            },
            other => Err(at.wrong(format_args!("{other} is not a type"))),
        }
    }

    fn by_name(&mut self, name: &str, space: &str, at: &At<'_>) -> Outcome<Id> {
        if let Some(kind) = primitive(name) {
            return self.add(kind, None, None);
        }
        let found = self.known.get(&full(name, space)).or_else(|| self.known.get(name));
        found.copied().ok_or_else(|| at.wrong(format_args!("there is no type `{}`", full(name, space))))
    }

    fn object(&mut self, of: &str, object: &Map<String, Value>, space: &str, at: &At<'_>) -> Outcome<Id> {
        let inside = |key: &str| object.get(key).ok_or_else(|| at.wrong(format_args!("an {of} needs `{key}`")));
        match of {
            "array" => {
                let items = self.of(inside("items")?, space, at)?;
                self.add(Kind::Array(items), None, None)
            }
            "map" => {
                let values = self.of(inside("values")?, space, at)?;
                self.add(Kind::Map(values), None, None)
            }
            "record" | "error" => self.record(object, space, at),
            "enum" => {
                let (names, _) = own_names(object, space, at)?;
                let symbols =
                    inside("symbols")?.as_array().map(|all| all.iter().map(|one| one.as_str().map(Box::from)));
                let Some(Some(symbols)) = symbols.map(|all| all.collect::<Option<Vec<Box<str>>>>()) else {
                    return Err(at.wrong("the `symbols` of an enum are texts"));
                };
                self.take(symbols.len())?;
                let default = text(object, "default").and_then(|of| symbols.iter().position(|one| **one == *of));
                self.named(Kind::Enum { symbols, default }, None, names)
            }
            "fixed" => {
                let (names, _) = own_names(object, space, at)?;
                let size = object.get("size").and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok());
                let Some(size) = size else { return Err(at.wrong("a fixed needs `size`")) };
                let kind = Kind::Fixed(size);
                let logical = logical(object, &kind);
                self.named(kind, logical, names)
            }
            name => match primitive(name) {
                Some(kind) => {
                    let logical = logical(object, &kind);
                    self.add(kind, logical, None)
                }
                None => self.by_name(name, space, at),
            },
        }
    }

    fn named(&mut self, kind: Kind, logical: Option<Logical>, names: Names) -> Outcome<Id> {
        let full = names.full.clone();
        let id = self.add(kind, logical, Some(names))?;
        self.known.insert(full, id);
        Ok(id)
    }

    fn record(&mut self, object: &Map<String, Value>, space: &str, at: &At<'_>) -> Outcome<Id> {
        let (names, space) = own_names(object, space, at)?;
        let Some(fields) = object.get("fields").and_then(Value::as_array) else {
            return Err(at.wrong("a record needs `fields`"));
        };
        // It may be inside itself.
        let id = self.named(Kind::Record(Vec::new()), None, names)?;
        let mut made: Vec<Field> = Vec::with_capacity(fields.len().min(1024));
        let mut met = std::collections::HashSet::new();
        for field in fields {
            let Some(field) = field.as_object() else { return Err(at.wrong("a field of a record is not an object")) };
            let Some(name) = text(field, "name") else {
                return Err(at.wrong("a field of a record has no name"));
            };
            let path = if at.path.is_empty() { name.to_owned() } else { format!("{}.{name}", at.path) };
            let inner = At { path: &path, level: at.level };
            if !met.insert(name) {
                return Err(inner.wrong("it is there twice"));
            }
            self.take(FIELD)?;
            let of = field.get("type").ok_or_else(|| inner.wrong("it has no `type`"))?;
            let of = self.of(of, &space, &inner)?;
            let aliases = texts(field, "aliases");
            made.push(Field {
                name: text(field, NAME).unwrap_or(name).into(),
                plain: name.into(),
                aliases,
                of,
                default: field.get("default").cloned(),
            });
        }
        self.tree.nodes[id as usize].kind = Kind::Record(made);
        Ok(id)
    }
}

fn texts(object: &Map<String, Value>, key: &str) -> Vec<String> {
    let all = object.get(key).and_then(Value::as_array);
    all.map(|all| all.iter().filter_map(Value::as_str).map(str::to_owned).collect()).unwrap_or_default()
}

/// The names of a type, and its namespace.
fn own_names(object: &Map<String, Value>, space: &str, at: &At<'_>) -> Outcome<(Names, String)> {
    let Some(name) = text(object, "name").filter(|name| !name.is_empty()) else {
        return Err(at.wrong("a record, enum or fixed needs `name`"));
    };
    let full_name = full(name, text(object, "namespace").unwrap_or(space));
    let space = full_name.rsplit_once('.').map_or("", |(space, _)| space).to_owned();
    let aliases = texts(object, "aliases").iter().map(|alias| full(alias, &space)).collect();
    Ok((Names { full: full_name, aliases }, space))
}

/// What values mean; a logical type that is not known or does not fit is passed over, as the specification says.
fn logical(object: &Map<String, Value>, kind: &Kind) -> Option<Logical> {
    let stamp = |unit, utc| Some(Logical::Timestamp { unit, utc });
    // Counted in milliseconds all the same.
    let millis = if text(object, UNIT) == Some("s") { Unit::Second } else { Unit::Milli };
    match (text(object, "logicalType")?, kind) {
        ("decimal", Kind::Bytes | Kind::Fixed(_)) => {
            let number = |key: &str| match object.get(key) {
                None => Some(0),
                Some(value) => value.as_u64().and_then(|number| u32::try_from(number).ok()),
            };
            let (precision, scale) = (number("precision")?, number("scale")?);
            let most = match kind {
                // 2 to the power of 8 × size - 1 has one digit more than this.
                Kind::Fixed(size) => (((size * 8).checked_sub(1)?) as f64 * std::f64::consts::LOG10_2).floor() as u64,
                _ => u64::MAX,
            };
            let fits = precision > 0 && scale <= precision && u64::from(precision) <= most && scale <= MOST_SCALE;
            fits.then_some(Logical::Decimal { precision, scale })
        }
        ("date", Kind::Int) => Some(Logical::Date),
        ("time-millis", Kind::Int) => Some(Logical::Time(millis)),
        ("time-micros", Kind::Long) => Some(Logical::Time(Unit::Micro)),
        (TIME_NANOS, Kind::Long) => Some(Logical::Time(Unit::Nano)),
        ("timestamp-millis", Kind::Long) => stamp(millis, true),
        ("timestamp-micros", Kind::Long) => stamp(Unit::Micro, true),
        ("timestamp-nanos", Kind::Long) => stamp(Unit::Nano, true),
        ("local-timestamp-millis", Kind::Long) => stamp(millis, false),
        ("local-timestamp-micros", Kind::Long) => stamp(Unit::Micro, false),
        ("local-timestamp-nanos", Kind::Long) => stamp(Unit::Nano, false),
        ("uuid", Kind::String) | ("uuid", Kind::Fixed(16)) => Some(Logical::Uuid),
        ("duration", Kind::Fixed(12)) => Some(Logical::Duration),
        _ => None,
    }
}

/// The most digits after the point.
const MOST_SCALE: u32 = 1000;
