//! Reading schemas of Avro (specification 1.12).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::avro::{NAME, UNIT};
use super::limits::{FIELDS, LEVELS, placed, twice};
use crate::record::canonical::DIGITS;
use crate::record::{Kind, Schema, Type, Unit};

type Outcome<T> = std::result::Result<T, String>;

/// Reads a schema whose type is a record.
///
/// # Errors
/// It is no schema, or has something that is not supported, and where.
pub(super) fn read(text: &[u8]) -> Outcome<Schema> {
    let value: Value = serde_json::from_slice(text).map_err(|error| placed(&error))?;
    let mut named = Named { known: HashMap::new(), open: HashSet::new(), room: FIELDS };
    match named.of(&value, Place { path: "", space: "", level: 0 })?.kind {
        Kind::Record(schema) => Ok(Arc::unwrap_or_clone(schema)),
        _ => Err("the type of an Avro schema has to be a record here, as records have fields".into()),
    }
}

/// The types that have names.
struct Named {
    known: HashMap<String, Type>,
    /// Those that are being read: a name of one of them is inside itself.
    open: HashSet<String>,
    /// How many more fields there may be.
    room: usize,
}

/// Where a type is.
#[derive(Clone, Copy)]
struct Place<'p> {
    path: &'p str,
    /// The namespace around it.
    space: &'p str,
    level: usize,
}

impl Place<'_> {
    fn wrong(self, what: impl std::fmt::Display) -> String {
        match self.path {
            "" => format!("the Avro schema: {what}"),
            path => format!("the field `{path}`: {what}"),
        }
    }

    fn inner<'p>(&self, path: &'p str, space: &'p str) -> Place<'p> {
        Place { path, space, level: self.level + 1 }
    }
}

/// A name with its namespace.
fn full(name: &str, space: &str) -> String {
    if name.contains('.') || space.is_empty() { name.to_owned() } else { format!("{space}.{name}") }
}

fn text<'v>(object: &'v Map<String, Value>, key: &str) -> Option<&'v str> {
    object.get(key).and_then(Value::as_str)
}

impl Named {
    fn of(&mut self, value: &Value, place: Place<'_>) -> Outcome<Type> {
        if place.level > LEVELS {
            return Err(place.wrong(format_args!("types are inside others more than {LEVELS} deep")));
        }
        match value {
            Value::String(name) => self.by_name(name, place),
            Value::Array(types) => self.union(types, place),
            Value::Object(object) => match object.get("type") {
                Some(Value::String(name)) => self.object(name, object, place),
                // `{"type": {…}}`, with properties of its own.
                Some(inner) => self.of(inner, Place { level: place.level + 1, ..place }),
                None => Err(place.wrong("an object without `type`")),
            },
            other => Err(place.wrong(format_args!("{other} is not a type"))),
        }
    }

    fn by_name(&self, name: &str, place: Place<'_>) -> Outcome<Type> {
        let kind = match name {
            "null" => return Ok(Type { kind: Kind::Any, nullable: true }),
            "boolean" => Kind::Bool,
            "int" => Kind::Int(32),
            "long" => Kind::Int(64),
            "float" => Kind::Float(32),
            "double" => Kind::Float(64),
            "bytes" => Kind::Bytes(None),
            "string" => Kind::Text,
            name => {
                let name = full(name, place.space);
                if self.open.contains(&name) {
                    return Err(place.wrong(format_args!(
                        "the type `{name}` is inside itself, and such types are not supported\n  Give the field another type in the schema, or leave it out of it."
                    )));
                }
                let known = self.known.get(&name).cloned();
                return known.ok_or_else(|| place.wrong(format_args!("there is no type `{name}`")));
            }
        };
        Ok(kind.into())
    }

    fn union(&mut self, types: &[Value], place: Place<'_>) -> Outcome<Type> {
        let mut kinds = Vec::new();
        let mut nullable = false;
        for value in types {
            match value {
                Value::String(name) if name == "null" && nullable => {
                    return Err(place.wrong("`null` is there twice in a union"));
                }
                Value::String(name) if name == "null" => nullable = true,
                Value::Array(_) => return Err(place.wrong("a union is directly inside a union")),
                // A union with null is no level: a record inside another one is as deep as if it could not be null.
                value => kinds.push(self.of(value, place)?),
            }
        }
        let kind = match kinds.len() {
            0 if nullable => Kind::Any,
            0 => return Err(place.wrong("a union without types")),
            1 => {
                let only = kinds.remove(0);
                return Ok(Type { nullable: nullable || only.nullable, ..only });
            }
            _ => Kind::Union(kinds.into()),
        };
        Ok(Type { kind, nullable })
    }

    fn object(&mut self, of: &str, object: &Map<String, Value>, place: Place<'_>) -> Outcome<Type> {
        let number = |key: &str| object.get(key).and_then(Value::as_u64);
        let unit = |unit: Unit| if text(object, UNIT) == Some("s") { Unit::Second } else { unit };
        let stamp = |of: Unit, utc| Ok(Kind::Timestamp { unit: unit(of), utc }.into());
        // A logical type that does not fit is passed over, as the specification says.
        match (text(object, "logicalType").unwrap_or_default(), of) {
            ("decimal", "bytes" | "fixed") => {
                let (precision, scale) = (number("precision").unwrap_or(0), number("scale").unwrap_or(0));
                if precision > u64::from(DIGITS) {
                    return Err(place.wrong(format_args!("a decimal has at most {DIGITS} digits, not {precision}")));
                }
                if let (Ok(precision @ 1..), Ok(digits)) = (u8::try_from(precision), i8::try_from(scale))
                    && scale <= u64::from(precision)
                {
                    let kind = Kind::Decimal { precision, scale: digits };
                    return if of == "fixed" { self.add(object, kind.into(), place) } else { Ok(kind.into()) };
                }
            }
            ("uuid", "fixed") if number("size") == Some(16) => return self.add(object, Kind::Text.into(), place),
            ("duration", "fixed") if number("size") == Some(12) => return self.add(object, Kind::Text.into(), place),
            ("date", "int") => return Ok(Kind::Date.into()),
            ("time-millis", "int") => return Ok(Kind::Time(unit(Unit::Milli)).into()),
            ("time-micros", "long") => return Ok(Kind::Time(Unit::Micro).into()),
            ("timestamp-millis", "long") => return stamp(Unit::Milli, true),
            ("timestamp-micros", "long") => return stamp(Unit::Micro, true),
            ("timestamp-nanos", "long") => return stamp(Unit::Nano, true),
            ("local-timestamp-millis", "long") => return stamp(Unit::Milli, false),
            ("local-timestamp-micros", "long") => return stamp(Unit::Micro, false),
            ("local-timestamp-nanos", "long") => return stamp(Unit::Nano, false),
            _ => {}
        }
        let inside = |key: &str| object.get(key).ok_or_else(|| place.wrong(format_args!("an {of} needs `{key}`")));
        match of {
            "array" => {
                let path = format!("{}[]", place.path);
                let items = self.of(inside("items")?, place.inner(&path, place.space))?;
                Ok(Kind::List(Arc::new(items)).into())
            }
            "map" => {
                let path = format!("{}.*", place.path);
                let values = self.of(inside("values")?, place.inner(&path, place.space))?;
                Ok(Kind::Map(Arc::new(values)).into())
            }
            "enum" => {
                let symbols = object.get("symbols").and_then(Value::as_array);
                let symbols: Option<Vec<Box<str>>> =
                    symbols.and_then(|all| all.iter().map(|one| Some(one.as_str()?.into())).collect());
                if let Some(symbol) = symbols.as_deref().and_then(twice) {
                    return Err(place.wrong(format_args!("the symbol `{symbol}` is there twice")));
                }
                match symbols.filter(|symbols| !symbols.is_empty()) {
                    Some(symbols) => self.add(object, Kind::Enum(symbols.into()).into(), place),
                    None => Err(place.wrong("an enum needs `symbols`, which are texts")),
                }
            }
            "fixed" => match number("size").and_then(|size| usize::try_from(size).ok()) {
                Some(size) => self.add(object, Kind::Bytes(Some(size)).into(), place),
                None => Err(place.wrong("a fixed needs `size`")),
            },
            "record" | "error" => self.record(object, place),
            name => self.by_name(name, place),
        }
    }

    /// The full name of a type, and its namespace.
    fn names(object: &Map<String, Value>, place: Place<'_>) -> Outcome<(String, String)> {
        let Some(name) = text(object, "name").filter(|name| !name.is_empty()) else {
            return Err(place.wrong("a record, enum or fixed needs `name`"));
        };
        let name = full(name, text(object, "namespace").unwrap_or(place.space));
        let space = name.rsplit_once('.').map_or("", |(space, _)| space).to_owned();
        Ok((name, space))
    }

    /// Keeps a type under its name.
    fn add(&mut self, object: &Map<String, Value>, of: Type, place: Place<'_>) -> Outcome<Type> {
        let (name, _) = Named::names(object, place)?;
        match self.known.insert(name.clone(), of.clone()) {
            None => Ok(of),
            Some(_) => Err(place.wrong(format_args!("there are two types `{name}`"))),
        }
    }

    fn record(&mut self, object: &Map<String, Value>, place: Place<'_>) -> Outcome<Type> {
        let (name, space) = Named::names(object, place)?;
        let Some(fields) = object.get("fields").and_then(Value::as_array) else {
            return Err(place.wrong("a record needs `fields`"));
        };
        self.open.insert(name.clone());
        let mut met = HashSet::new();
        let mut made = Vec::new();
        for field in fields {
            let Some(field) = field.as_object() else {
                return Err(place.wrong("a field of a record is not an object"));
            };
            let Some(own) = text(field, NAME).or_else(|| text(field, "name")) else {
                return Err(place.wrong("a field of a record has no name"));
            };
            let path = if place.path.is_empty() { own.to_owned() } else { format!("{}.{own}", place.path) };
            let inner = place.inner(&path, &space);
            if !met.insert(own) {
                return Err(inner.wrong("it is there twice"));
            }
            if self.room == 0 {
                return Err(format!("there are more than {FIELDS} fields"));
            }
            self.room -= 1;
            let of = field.get("type").ok_or_else(|| inner.wrong("it has no `type`"))?;
            // Properties of the field may say how it is written, too.
            made.push((own, self.of(of, inner)?));
        }
        self.open.remove(&name);
        self.add(object, Kind::Record(Arc::new(Schema::typed(made))).into(), place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::avro::write;

    #[test]
    fn what_is_written_is_read_back() {
        let inner = Schema::typed([("x y", Kind::Int(32).into()), ("z", Type { kind: Kind::Text, nullable: true })]);
        let schema = Schema::typed([
            ("id", Kind::Int(64).into()),
            ("a.b", Type { kind: Kind::Decimal { precision: 5, scale: 2 }, nullable: true }),
            ("a_b", Kind::Date.into()),
            ("at", Kind::Timestamp { unit: Unit::Second, utc: true }.into()),
            ("local", Kind::Timestamp { unit: Unit::Nano, utc: false }.into()),
            ("t", Kind::Time(Unit::Second).into()),
            ("raw", Kind::Bytes(Some(4)).into()),
            ("tags", Kind::List(Arc::new(Kind::Text.into())).into()),
            ("m", Kind::Map(Arc::new(Kind::Float(64).into())).into()),
            ("r", Type { kind: Kind::Record(Arc::new(inner)), nullable: true }),
            ("u", Kind::Union([Kind::Int(64).into(), Kind::Text.into()].into()).into()),
            ("e", Kind::Enum(["x".into(), "y".into()].into()).into()),
        ]);
        let text = write(&schema, "7 trips").to_string();
        assert!(text.contains(r#""name":"_7_trips""#) && text.contains(r#""pagemill.name":"a.b""#), "{text}");
        assert_eq!(read(text.as_bytes()).unwrap(), schema);
    }

    #[test]
    fn what_is_not_supported_has_a_place() {
        let field = |of: &str| format!(r#"{{"type":"record","name":"n.R","fields":[{{"name":"f","type":{of}}}]}}"#);
        for (of, wanted) in [
            (r#"["null","R"]"#, "the field `f`: the type `n.R` is inside itself"),
            (r#""Other""#, "the field `f`: there is no type `n.Other`"),
            ("7", "the field `f`: 7 is not a type"),
            (r#"{"type":"array"}"#, "the field `f`: an array needs `items`"),
            (r#"[["int"]]"#, "a union is directly inside a union"),
            (r#"{"type":"fixed","name":"x"}"#, "a fixed needs `size`"),
            (r#"["null","null"]"#, "the field `f`: `null` is there twice in a union"),
            (r#"{"type":"enum","name":"x","symbols":["a","b","a"]}"#, "the field `f`: the symbol `a` is there twice"),
            (
                r#"{"type":"bytes","logicalType":"decimal","precision":39,"scale":2}"#,
                "the field `f`: a decimal has at most 38 digits, not 39",
            ),
        ] {
            let error = read(field(of).as_bytes()).unwrap_err();
            assert!(error.contains(wanted), "{of}: {error}");
        }
        assert!(read(br#""int""#).unwrap_err().contains("has to be a record"));
        let deep = (0..40).fold(r#""int""#.to_owned(), |inner, _| format!(r#"{{"type":"array","items":{inner}}}"#));
        assert!(read(field(&deep).as_bytes()).unwrap_err().contains("more than 32 deep"));
    }

    #[test]
    fn records_that_may_be_null_are_one_level_each() {
        let record = |of: Type| Schema::typed([("r", of)]);
        let innermost = record(Kind::Text.into());
        let nested = |schema: Schema| record(Type { kind: Kind::Record(Arc::new(schema)), nullable: true });
        let deep = (0..30).fold(innermost, |inner, _| nested(inner));
        assert_eq!(read(write(&deep, "deep").to_string().as_bytes()).unwrap(), deep);
    }

    #[test]
    fn types_that_grow_by_their_names_stay_small() {
        // Each record has two of the one before: 2 to the power of 30 fields if they were copied.
        let first = r#"{"type":"record","name":"R0","fields":[{"name":"a","type":"int"}]}"#.to_owned();
        let all = (1..=20).fold(first, |inner, n| {
            let before = n - 1;
            format!(
                r#"{{"type":"record","name":"R{n}","fields":[{{"name":"a","type":{inner}}},{{"name":"b","type":"R{before}"}}]}}"#
            )
        });
        assert_eq!(read(all.as_bytes()).unwrap().len(), 2);
    }
}
