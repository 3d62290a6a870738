//! Settings as a report shows them.

use serde_json::{Map, Value};

use super::set_by::SetBy;
use super::table::all;
use crate::job::Settings;

/// Settings under the names of the flags, for a report: one object, in which keys with dots become nested objects. What
/// was left to pagemill is null; the report says elsewhere what it chose.
pub fn shown(settings: &Settings) -> Value {
    let mut root = Map::new();
    for (keys, value) in all().filter_map(|flag| flag.shows) {
        match keys.split_once('.') {
            None => _ = root.insert(keys.to_owned(), value(settings)),
            Some((outer, inner)) => {
                let object = root.entry(outer).or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(object) = object {
                    object.insert(inner.to_owned(), value(settings));
                }
            }
        }
    }
    if !settings.extensions.is_empty() {
        let own = settings.extensions.iter().map(|(extension, format)| (extension.to_owned(), format.name().into()));
        root.insert("extensions".to_owned(), Value::Object(own.collect()));
    }
    Value::Object(root)
}

/// The same with a key `origins`: where each flag that is not left out was set.
pub fn with_origins<'o>(settings: &Settings, origins: impl Iterator<Item = (&'o str, &'o SetBy)>) -> Value {
    let mut root = shown(settings);
    let origins: Map<String, Value> = origins.map(|(name, by)| (name.to_owned(), by.json())).collect();
    root["origins"] = Value::Object(origins);
    root
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::flags::{Commands, Said, settings};
    use serde_json::json;

    #[test]
    fn settings_have_the_words_of_the_flags() {
        let mut said = Said::new(Commands::CONVERT);
        let flags =
            [("to", "JSONL"), ("delimiter", "tab"), ("columns", "a,b"), ("op", "trim,wordcount"), ("workers", "3")];
        for (name, value) in flags.into_iter().chain([("frame", "varint")]) {
            said.add(name, [value.into()]);
        }
        let view = shown(&settings(&said).unwrap());
        assert_eq!((&view["from"], &view["to"]), (&Value::Null, &json!("ndjson")));
        assert_eq!((&view["csv"]["delimiter"], &view["csv"]["headers"]), (&json!("\t"), &json!(true)));
        assert_eq!((&view["csv"]["columns"], &view["ops"]), (&json!(["a", "b"]), &json!(["trim", "wordcount"])));
        assert_eq!((&view["workers"], &view["slice_size"]), (&json!(3), &Value::Null));
        assert_eq!((&view["binary"]["frame"], &view["memory_limit"]), (&json!("varint"), &json!(100_000_000)));
    }
}
