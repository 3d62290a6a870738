//! A JSON Schema of the file, for editors.

use serde_json::{Map, Value, json};

use super::alert;
use super::keys::{COMMAND, EXTENSIONS, SAMPLES, STEPS, Scope, TOKEN_FILE};
use super::step;
use crate::config::flags::{Commands, Flag, Takes};
use crate::format::Format;

/// The schema, as JSON Schema 2020-12.
pub fn schema() -> Value {
    let mut top = properties(Scope::Top);
    let part = |scope| json!({"type": "object", "additionalProperties": false, "properties": properties(scope)});
    let parts = |part, what| json!({"type": "object", "description": what, "additionalProperties": part});
    // Which keys a job has depends on its command. Without one it converts.
    let of_command = |command: Commands| {
        let mut one = part(Scope::Job(command));
        one["properties"][COMMAND] = json!({"const": command.name(), "description": "What the job does"});
        if command != Commands::CONVERT {
            one["required"] = json!([COMMAND]);
        }
        one
    };
    let job = json!({"anyOf": Commands::OF_JOBS.map(of_command)});
    let text = || json!({"type": "string", "minLength": 1});
    top.insert(TOKEN_FILE.to_owned(), text());
    top.insert(SAMPLES.to_owned(), json!({"type": "boolean"}));
    top.insert("profile".to_owned(), parts(part(Scope::Profile), "Named settings, for --profile NAME"));
    top.insert("job".to_owned(), parts(job, "Named jobs, for pagemill run NAME"));
    let rule = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["metric"],
        "oneOf": [{"required": ["above"]}, {"required": ["below"]}],
        "properties": {
            "name": text(),
            "metric": {"enum": alert::metrics()},
            "above": {"type": "number"},
            "below": {"type": "number"},
            "for": {"type": "string", "pattern": "^[0-9]+(ms|s|m|h|d)$"},
            "severity": {"enum": alert::severities()},
            "command": {"type": "array", "items": {"type": "string"}, "minItems": 1},
            "webhook": {"type": "string", "pattern": "^https?://"},
        },
    });
    top.insert("alert".to_owned(), json!({"type": "array", "items": rule}));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration of pagemill",
        "type": "object",
        "additionalProperties": false,
        "properties": top,
    })
}

fn properties(scope: Scope) -> Map<String, Value> {
    let mut all: Map<String, Value> =
        scope.flags().map(|flag| (flag.name.to_owned(), property(flag, scope.command()))).collect();
    if scope.others().contains(&STEPS) {
        let text = || json!({"type": "string"});
        let one: Map<String, Value> = step::flags().map(|flag| (flag.name.to_owned(), text())).collect();
        let item = json!({"type": "object", "properties": one, "additionalProperties": false, "minProperties": 1, "maxProperties": 1});
        all.insert(STEPS.to_owned(), json!({"type": "array", "items": item, "description": "Steps, in this order"}));
    }
    if scope.others().contains(&EXTENSIONS) {
        let formats: Vec<&str> =
            Format::ALL.iter().flat_map(|format| [&[format.name()], format.aliases()].concat()).collect();
        let one = json!({"enum": formats});
        all.insert(
            EXTENSIONS.to_owned(),
            json!({"type": "object", "additionalProperties": one, "description": "What extensions of file names mean"}),
        );
    }
    if scope.is_job() {
        all.insert("profile".to_owned(), json!({"type": "string", "description": "The profile of the job"}));
    }
    all
}

fn property(flag: &Flag, command: Commands) -> Value {
    let texts = |least: u32| json!({"type": "array", "items": {"type": "string"}, "minItems": least});
    let mut property = match flag.takes {
        Takes::Nothing => json!({"type": "boolean"}),
        Takes::Text(_) | Takes::Count(_) => json!({"type": ["string", "integer"]}),
        Takes::Any(_) => json!({"type": "string"}),
        Takes::Word(_, words) => {
            let words: Vec<&str> =
                words().into_iter().flat_map(|(word, other)| [Some(word), other]).flatten().collect();
            json!({"enum": words})
        }
        Takes::Path(_) => json!({"type": "string", "minLength": 1}),
        Takes::Paths(_) => json!({"oneOf": [{"type": "string"}, texts(1)]}),
        Takes::List(_) | Takes::Expression(_) => json!({"oneOf": [{"type": "string"}, texts(0)]}),
    };
    property["description"] = json!(flag.help(command));
    property
}
