//! Tables of descriptors.

use std::collections::HashMap;

use super::descriptor::{self, Features, File, REPEATED, REQUIRED};
use super::features::{self, CLOSED, DELIMITED, IMPLICIT, LEGACY_REQUIRED, PACKED, VERIFY};
use crate::record::proto::{Builder, Enum, Field, Known, Message, Messages, Of, Shape};
use crate::schema::limits::FIELDS;

type Outcome<T> = Result<T, String>;

/// The largest number of a field.
const LARGEST: i32 = (1 << 29) - 1;

/// What a name stands for.
#[derive(Clone, Copy)]
enum Named {
    Message { number: u32, map_entry: bool },
    Enum(u32),
}

/// A message of a file, with what is true of its fields.
struct Place<'d> {
    name: String,
    message: &'d descriptor::Message,
    features: Features,
}

/// An extension of a message, with its full name.
struct Extension<'d> {
    name: String,
    field: &'d descriptor::Field,
    features: Features,
}

#[derive(Default)]
struct All<'d> {
    names: HashMap<String, Named>,
    messages: Vec<Place<'d>>,
    enums: Vec<Enum>,
    extensions: Vec<Extension<'d>>,
    fields: usize,
}

/// Makes the tables of all messages.
pub fn build(files: &[File]) -> Outcome<Messages> {
    let mut all = All::default();
    for file in files {
        let features = features::of(file);
        for message in &file.messages {
            all.message(&file.package, message, features)?;
        }
        for one in &file.enums {
            all.add_enum(&file.package, one, features)?;
        }
        for field in &file.extensions {
            all.extension(&file.package, field, features)?;
        }
    }
    let mut builder = Builder::default();
    for place in &all.messages {
        builder.message(all.table(place)?);
    }
    for extension in &all.extensions {
        let Some(Named::Message { number, .. }) = all.named(&extension.field.extendee) else {
            return Err(missing(&extension.field.extendee, &extension.name));
        };
        let mut field = all.field(extension.field, extension.features, &extension.name)?;
        field.name = format!("[{}]", extension.name).into();
        field.json = field.name.clone();
        if field.shape == Shape::Plain {
            field.shape = Shape::Optional;
        }
        if let Some(message) = builder.at(number) {
            if message.fields.iter().any(|other| other.number == field.number) {
                return Err(format!("two fields of {} have the number {}", message.name, field.number));
            }
            message.extend(field);
        }
    }
    all.enums.into_iter().for_each(|one| builder.value(one));
    Ok(builder.finish())
}

/// A name inside a package or message.
fn inside(outer: &str, name: &str) -> String {
    if outer.is_empty() { name.to_owned() } else { format!("{outer}.{name}") }
}

fn missing(name: &str, by: &str) -> String {
    let name = name.trim_start_matches('.');
    format!(
        "`{by}` is of the type `{name}`, which is not there\n  A set needs the imported files too: protoc --include_imports --descriptor_set_out=FILE"
    )
}

impl<'d> All<'d> {
    fn take(&mut self, name: String, of: Named) -> Outcome<()> {
        match self.names.insert(name.clone(), of) {
            None => Ok(()),
            Some(_) => Err(format!("there are two types `{name}`")),
        }
    }

    fn named(&self, name: &str) -> Option<Named> {
        self.names.get(name.trim_start_matches('.')).copied()
    }

    fn count(&mut self, more: usize) -> Outcome<()> {
        self.fields += more;
        if self.fields > FIELDS {
            Err(format!("there are more than {FIELDS} fields and values of enums"))
        } else {
            Ok(())
        }
    }

    fn message(&mut self, outer: &str, message: &'d descriptor::Message, around: Features) -> Outcome<()> {
        let name = inside(outer, &message.name);
        let options = message.options.as_ref();
        let features = around.with(options.and_then(|options| options.features));
        self.count(message.fields.len())?;
        let map_entry = options.is_some_and(|options| options.map_entry);
        // Pairs of maps are laid out in one way only.
        let features = match map_entry {
            true => Features { messages: features::LENGTH_PREFIXED, ..features },
            false => features,
        };
        self.take(name.clone(), Named::Message { number: self.messages.len() as u32, map_entry })?;
        self.messages.push(Place { name: name.clone(), message, features });
        for inner in &message.messages {
            self.message(&name, inner, features)?;
        }
        for one in &message.enums {
            self.add_enum(&name, one, features)?;
        }
        for field in &message.extensions {
            self.extension(&name, field, features)?;
        }
        Ok(())
    }

    fn add_enum(&mut self, outer: &str, one: &descriptor::Enum, around: Features) -> Outcome<()> {
        let name = inside(outer, &one.name);
        let features = around.with(one.options.as_ref().and_then(|options| options.features));
        self.count(one.values.len())?;
        self.take(name.clone(), Named::Enum(self.enums.len() as u32))?;
        let values: Vec<_> = one.values.iter().map(|value| (&*value.name, value.number)).collect();
        self.enums.push(Enum::new(&name, &values, features.enums == CLOSED));
        Ok(())
    }

    fn extension(&mut self, outer: &str, field: &'d descriptor::Field, features: Features) -> Outcome<()> {
        self.count(1)?;
        self.extensions.push(Extension { name: inside(outer, &field.name), field, features });
        Ok(())
    }

    fn table(&self, place: &Place<'d>) -> Outcome<Message> {
        let mut fields = Vec::with_capacity(place.message.fields.len());
        let mut numbers = std::collections::HashSet::new();
        for field in &place.message.fields {
            let name = inside(&place.name, &field.name);
            let oneof = field.oneof.and_then(|number| place.message.oneofs.get(usize::try_from(number).ok()?));
            let of_oneof = oneof.and_then(|oneof| oneof.options.as_ref()?.features);
            let mut made = self.field(field, place.features.with(of_oneof), &name)?;
            if let (Some(number), false) = (field.oneof, field.proto3_optional)
                && oneof.is_some()
            {
                made.oneof = Some(number as u32);
                made.shape = Shape::Optional;
            }
            if !numbers.insert(field.number) {
                return Err(format!("two fields of {} have the number {}", place.name, field.number));
            }
            fields.push(made);
        }
        let oneofs = place.message.oneofs.iter().map(|oneof| oneof.name.as_str().into()).collect();
        let known = known(&place.name, &fields);
        Ok(Message::new(&place.name, fields, oneofs, known))
    }

    fn field(&self, field: &descriptor::Field, around: Features, name: &str) -> Outcome<Field> {
        let options = field.options.as_ref();
        let features = around.with(options.and_then(|options| options.features));
        if !(1..=LARGEST).contains(&field.number) {
            return Err(format!(
                "the field `{name}` has the number {}, and numbers are from 1 to {LARGEST}",
                field.number
            ));
        }
        let repeated = field.label == REPEATED;
        let of = match field.kind {
            1 => Of::Double,
            2 => Of::Float,
            3 => Of::Int64,
            4 => Of::UInt64,
            5 => Of::Int32,
            6 => Of::Fixed64,
            7 => Of::Fixed32,
            8 => Of::Bool,
            9 => Of::Text { utf8: features.utf8 == VERIFY },
            12 => Of::Bytes,
            13 => Of::UInt32,
            15 => Of::SFixed32,
            16 => Of::SFixed64,
            17 => Of::SInt32,
            18 => Of::SInt64,
            10 | 11 | 14 | 0 => match self.named(&field.type_name) {
                Some(Named::Enum(number)) => Of::Enum(number),
                Some(Named::Message { number, map_entry: true }) if repeated => {
                    let of = Of::Message { of: number, group: false };
                    let pair = &self.messages[number as usize].message.fields;
                    let is_pair = matches!(&pair[..], [key, value] if key.number == 1 && value.number == 2);
                    if !is_pair {
                        return Err(format!("the field `{name}` is a map without keys and values"));
                    }
                    let number = field.number as u32;
                    let Of::Message { of: entry, .. } = of else { return Err(missing(&field.type_name, name)) };
                    return Ok(Field::new(&field.name, field.json_name.as_deref(), number, of, Shape::Map(entry)));
                }
                Some(Named::Message { number, .. }) => {
                    Of::Message { of: number, group: field.kind == 10 || features.messages == DELIMITED }
                }
                None => return Err(missing(&field.type_name, name)),
            },
            other => return Err(format!("the field `{name}` has the type {other}, which Protobuf does not have")),
        };
        let is_message = matches!(of, Of::Message { .. });
        let packed = options.and_then(|options| options.packed).unwrap_or(features.repeated == PACKED);
        let shape = match field.label {
            REPEATED => Shape::List { packed },
            REQUIRED => Shape::Required,
            _ if features.presence == LEGACY_REQUIRED => Shape::Required,
            _ if features.presence == IMPLICIT && !is_message && !field.proto3_optional => Shape::Plain,
            _ => Shape::Optional,
        };
        Ok(Field::new(&field.name, field.json_name.as_deref(), field.number as u32, of, shape))
    }
}

/// The form of its own that a message has by its name, if it has the fields that belong to it.
fn known(name: &str, fields: &[Field]) -> Known {
    let Some(short) = name.strip_prefix("google.protobuf.") else { return Known::No };
    let numbers: Vec<u32> = fields.iter().map(|field| field.number).collect();
    let of = |place: usize| fields.get(place).map(|field| (field.of, field.shape));
    let is_text = |place: usize| matches!(of(place), Some((Of::Text { .. }, Shape::Plain)));
    let known = match short {
        "Timestamp" | "Duration" if matches!((of(0), of(1)), (Some((Of::Int64, _)), Some((Of::Int32, _)))) => {
            if short == "Timestamp" { Known::Timestamp } else { Known::Duration }
        }
        "FieldMask" if matches!(of(0), Some((Of::Text { .. }, Shape::List { .. }))) => Known::FieldMask,
        "Struct" if matches!(of(0), Some((_, Shape::Map(_)))) => Known::Struct,
        "ListValue" if matches!(of(0), Some((Of::Message { .. }, Shape::List { .. }))) => Known::ListValue,
        "Value" if numbers == [1, 2, 3, 4, 5, 6] && matches!(of(1), Some((Of::Double, _))) => Known::Value,
        "Any" if is_text(0) && matches!(of(1), Some((Of::Bytes, Shape::Plain))) => Known::Any,
        "DoubleValue" | "FloatValue" | "Int64Value" | "UInt64Value" | "Int32Value" | "UInt32Value" | "BoolValue"
        | "StringValue" | "BytesValue"
            if matches!(of(0), Some((of, Shape::Plain)) if !matches!(of, Of::Message { .. })) =>
        {
            Known::Wrapper
        }
        _ => return Known::No,
    };
    let all: &[u32] = match known {
        Known::Timestamp | Known::Duration | Known::Any => &[1, 2],
        Known::Value => &[1, 2, 3, 4, 5, 6],
        _ => &[1],
    };
    if numbers == all { known } else { Known::No }
}
