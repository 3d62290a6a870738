//! Values of pagemill and of others.

use pagemill::record::{Tree, Value};
use simd_json::OwnedValue;

use super::values::{Json, try_json};

/// A value of a batch as serde_json reads it; a text that is not UTF-8 or JSON is none.
pub fn tree(tree: Tree<'_, '_>) -> Json {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text is UTF-8");
    match tree.value() {
        Value::List(_) => Json::List(tree.children().map(self::tree).collect()),
        Value::Map(_) => Json::Map(tree.children().map(|child| (text(child.key()), self::tree(child))).collect()),
        Value::Null => Json::Null,
        Value::Bool(truth) => Json::Bool(truth),
        Value::Number(digits) => Json::Number(text(digits)),
        Value::Text(bytes) => Json::Text(text(bytes)),
        Value::Raw(raw) => {
            let raw = text(raw);
            try_json(&raw).unwrap_or_else(|error| panic!("raw {raw:?}, which serde_json refuses: {error}"))
        }
        other => panic!("{other:?} from JSON"),
    }
}

/// Equal, keys in their order.
#[track_caller]
pub fn same(found: &Json, expected: &Json, what: &str) {
    assert!(found == expected, "{what}:\n found    {found:?}\n expected {expected:?}");
}

/// Whether simd-json reads a value as we do: it has no digits.
pub fn simd_agrees(ours: &Json, theirs: &OwnedValue) -> bool {
    use simd_json::prelude::{ValueAsArray, ValueAsObject, ValueAsScalar, ValueObjectAccess};
    match ours {
        Json::Null => theirs.as_null().is_some(),
        Json::Bool(truth) => theirs.as_bool() == Some(*truth),
        Json::Text(text) => theirs.as_str() == Some(text),
        Json::Number(digits) => {
            let (ours, theirs) = (digits.parse::<f64>().unwrap_or(f64::NAN), theirs.cast_f64().unwrap_or(f64::NAN));
            ours == theirs || (ours - theirs).abs() <= ours.abs() * 1e-12
        }
        Json::List(items) => theirs.as_array().is_some_and(|list| {
            list.len() == items.len() && items.iter().zip(list).all(|(ours, theirs)| simd_agrees(ours, theirs))
        }),
        Json::Map(members) => {
            // Of equal keys it has one or the other.
            let once = |key: &String| members.iter().filter(|(other, _)| other == key).count() == 1;
            theirs.as_object().is_some()
                && members.iter().all(|(key, ours)| match theirs.get(key.as_str()) {
                    Some(theirs) => !once(key) || simd_agrees(ours, theirs),
                    None => false,
                })
        }
    }
}

/// The leaves of a value by their dotted paths; empty maps are leaves.
pub fn leaves(value: &Json) -> Vec<(String, Json)> {
    fn add(path: &str, value: &Json, into: &mut Vec<(String, Json)>) {
        match value {
            Json::Map(members) if !members.is_empty() => {
                for (key, inner) in members {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    add(&path, inner, into);
                }
            }
            leaf => into.push((path.to_owned(), leaf.clone())),
        }
    }
    let mut all = Vec::new();
    if let Json::Map(members) = value {
        for (key, inner) in members {
            match inner {
                Json::Map(inside) if !inside.is_empty() => {
                    let mut below = Vec::new();
                    for (name, value) in inside {
                        add(&format!("{key}.{name}"), value, &mut below);
                    }
                    all.extend(below);
                }
                leaf => all.push((key.clone(), leaf.clone())),
            }
        }
    }
    all
}
