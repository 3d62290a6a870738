//! Defaults of fields: from JSON to data.

use serde_json::Value;

use super::tree::{Id, Kind, Tree};
use super::wire::{push_long as long, push_run as run};

/// How deep defaults may be.
const LEVELS: usize = 64;

/// Appends the data of a default of this type; none: it is no value of it.
pub(super) fn encode(tree: &Tree, id: Id, value: &Value, out: &mut Vec<u8>) -> Option<()> {
    inside(tree, id, value, out, LEVELS)
}

fn inside(tree: &Tree, id: Id, value: &Value, out: &mut Vec<u8>, levels: usize) -> Option<()> {
    let levels = levels.checked_sub(1)?;
    match (&tree.node(id).kind, value) {
        (Kind::Null, Value::Null) => {}
        (Kind::Boolean, Value::Bool(truth)) => out.push(u8::from(*truth)),
        (Kind::Int, Value::Number(number)) => long(i32::try_from(number.as_i64()?).ok()?.into(), out),
        (Kind::Long, Value::Number(number)) => long(number.as_i64()?, out),
        (Kind::Float, Value::Number(number)) => out.extend_from_slice(&(number.as_f64()? as f32).to_le_bytes()),
        (Kind::Double, Value::Number(number)) => out.extend_from_slice(&number.as_f64()?.to_le_bytes()),
        (Kind::String, Value::String(text)) => run(text.as_bytes(), out),
        (Kind::Bytes, Value::String(text)) => run(&bytes_of(text)?, out),
        (Kind::Fixed(size), Value::String(text)) => {
            let bytes = bytes_of(text)?;
            (bytes.len() == *size).then(|| out.extend_from_slice(&bytes))?;
        }
        (Kind::Enum { symbols, .. }, Value::String(text)) => {
            long(symbols.iter().position(|symbol| **symbol == **text)? as i64, out);
        }
        (Kind::Array(items), Value::Array(values)) => {
            if !values.is_empty() {
                long(values.len() as i64, out);
                values.iter().try_for_each(|value| inside(tree, *items, value, out, levels))?;
            }
            long(0, out);
        }
        (Kind::Map(of), Value::Object(values)) => {
            if !values.is_empty() {
                long(values.len() as i64, out);
                for (key, value) in values {
                    run(key.as_bytes(), out);
                    inside(tree, *of, value, out, levels)?;
                }
            }
            long(0, out);
        }
        (Kind::Union(branches), value) => {
            // That of the first type that it fits.
            let start = out.len();
            for (number, branch) in branches.iter().enumerate() {
                long(number as i64, out);
                if inside(tree, *branch, value, out, levels).is_some() {
                    return Some(());
                }
                out.truncate(start);
            }
            return None;
        }
        (Kind::Record(fields), Value::Object(values)) => {
            for field in fields {
                let value = values.get(&*field.name).or(field.default.as_ref())?;
                inside(tree, field.of, value, out, levels)?;
            }
        }
        _ => return None,
    }
    Some(())
}

/// Bytes are given as text whose characters have their numbers.
fn bytes_of(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}
