//! The types of a message, for records of formats that do not have them.

use super::file::{File, Node};
use super::limits::{FIELDS, LEVELS};
use crate::record::proto::{Field, Known, Messages, Of, Root, Shape};

/// The fields of a message as a schema. What has a form of its own, such as a timestamp, may be anything.
///
/// # Errors
/// It has too many fields.
pub(crate) fn of_message(root: &Root) -> Result<File, String> {
    let mut room = FIELDS;
    Ok(File::said(fields(root.messages(), root.number(), &mut Vec::new(), &mut room)?))
}

fn fields(messages: &Messages, of: u32, within: &mut Vec<u32>, room: &mut usize) -> Result<Vec<Node>, String> {
    let message = messages.at(of);
    within.push(of);
    let mut all = Vec::new();
    for field in &message.fields {
        *room = room.checked_sub(1).ok_or_else(|| format!("there are more than {FIELDS} fields"))?;
        all.push(Node {
            name: Some(field.name.to_string()),
            nullable: field.shape != Shape::Required,
            ..node(messages, field, within, room)?
        });
    }
    within.pop();
    Ok(all)
}

fn node(messages: &Messages, field: &Field, within: &mut Vec<u32>, room: &mut usize) -> Result<Node, String> {
    let mut single = |room: &mut usize| value(messages, field.of, within, room);
    Ok(match field.shape {
        Shape::List { .. } => Node { kind: "list".into(), items: Some(Box::new(single(room)?)), ..Node::default() },
        Shape::Map(pair) => {
            let values = match &messages.at(pair).fields[..] {
                [_, values] => value(messages, values.of, within, room)?,
                _ => plain("any"),
            };
            Node { kind: "map".into(), values: Some(Box::new(values)), ..Node::default() }
        }
        _ => single(room)?,
    })
}

fn plain(kind: &str) -> Node {
    Node { kind: kind.to_owned(), ..Node::default() }
}

fn value(messages: &Messages, of: Of, within: &mut Vec<u32>, room: &mut usize) -> Result<Node, String> {
    Ok(plain(match of {
        Of::Double => "float64",
        Of::Float => "float32",
        Of::Int32 | Of::SInt32 | Of::SFixed32 => "int32",
        Of::Int64 | Of::SInt64 | Of::SFixed64 => "int64",
        Of::UInt32 | Of::Fixed32 => "uint32",
        Of::UInt64 | Of::Fixed64 => "uint64",
        Of::Bool => "bool",
        Of::Text { .. } => "text",
        Of::Bytes => "bytes",
        Of::Enum(number) => {
            let names = messages.value(number).names().map(Into::into).collect();
            return Ok(Node { symbols: Some(names), ..plain("enum") });
        }
        Of::Message { of, .. } => match messages.at(of).known {
            // Of one that is inside itself, and of what is deep, nothing is said.
            Known::No if within.contains(&of) || within.len() >= LEVELS => "any",
            Known::No => {
                return Ok(Node { fields: Some(fields(messages, of, within, room)?), ..plain("record") });
            }
            Known::Wrapper => {
                let inner = value(messages, messages.at(of).fields[0].of, within, room)?;
                return Ok(Node { nullable: true, ..inner });
            }
            _ => return Ok(Node { nullable: true, ..plain("any") }),
        },
    }))
}
