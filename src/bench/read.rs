//! One line of JSON as the scalars that are in it.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// The values of a record by the paths to them, `a.b` for one in a map. A scalar is its text, whatever its type: a table
/// can't say more. What is empty or null is left out, since other programs write one for the other. A list is its text.
pub type Record = BTreeMap<String, String>;

/// Reads a record. One that is no map has a value with an empty path.
pub fn record(line: &str) -> Result<Record, serde_json::Error> {
    let mut record = Record::new();
    add(&mut record, String::new(), serde_json::from_str(line)?)?;
    Ok(record)
}

fn add(record: &mut Record, path: String, value: &RawValue) -> Result<(), serde_json::Error> {
    let text = value.get();
    let scalar = match text.as_bytes().first() {
        Some(b'{') => {
            let members: BTreeMap<String, &RawValue> = serde_json::from_str(text)?;
            for (name, value) in members {
                let path = if path.is_empty() { name } else { format!("{path}.{name}") };
                add(record, path, value)?;
            }
            return Ok(());
        }
        Some(b'"') => serde_json::from_str(text)?,
        Some(b'n') => String::new(),
        Some(b'[') => list(text)?,
        _ => text.to_owned(),
    };
    if !scalar.is_empty() {
        record.insert(path, scalar);
    }
    Ok(())
}

/// A list without blanks between its items.
fn list(text: &str) -> Result<String, serde_json::Error> {
    let items: Vec<&RawValue> = serde_json::from_str(text)?;
    let items: Vec<&str> = items.into_iter().map(RawValue::get).collect();
    Ok(format!("[{}]", items.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_become_scalars() {
        let of = |line: &str| {
            record(line).unwrap().into_iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(of(r#"{"b":1.10,"a":"x\"y","n":null,"e":""}"#), "a=x\"y b=1.10");
        assert_eq!(of(r#"{"a":{"b":{"c":true}},"d":[1, "2"]}"#), r#"a.b.c=true d=[1,"2"]"#);
        assert_eq!(of("7"), "=7");
        assert!(record("{").is_err());
    }
}
