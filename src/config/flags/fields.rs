//! Which fields records have, and the types of their values.

use std::sync::Arc;

use serde_json::json;

use super::commands::Commands;
use super::flag::Takes::{Expression, List, Path, Text, Word};
use super::flag::{Flag, Group, flag};
use super::kinds::Kinds;
use super::unless::{
    BYTES_AND_TEXT, any_bytes_do, fields_are_text, made_for_nothing, no_lists, no_names, no_types, uncounted,
};
use super::values::put;
use super::words::{BYTES, INVALID_UTF8, TYPES};
use crate::config::list::{parse_fields, parse_names, parse_pairs};
use crate::config::parse_ops;
use crate::error::Error;
use crate::job::{InvalidUtf8, Settings};
use crate::op::check_pattern;
use crate::op::{Explode, FieldKind, Folding, Op, ParseJson, Set, SourceColumn, TypeFields, Where, split, unescape};

pub static FLAGS: &[Flag] = &[
    flag(
        "explode",
        Expression("FIELD"),
        Commands::RUN,
        "A record for each item of the list in this field, with the other fields repeated; in order with --parse-json, --set and --where",
    )
    .step()
    .group(Group::Rows)
    .source(Kinds::NESTED.or(Kinds::ALL_TABLES))
    .unless(no_lists)
    .sets(|s, _, texts| add(s, texts, |text| Ok(Arc::new(Explode::new(text)?))))
    .shows("explode", |s| json!(steps(s, "explode"))),
    flag(
        "select",
        List("FIELDS"),
        Commands::ROWS,
        "Keep only these fields, in this order: a,b.c (also 3, a..c, /regex/)",
    )
    .short('s')
    .group(Group::Fields)
    .common()
    .sets(|s, flag, texts| put(&mut s.select, patterns(parse_fields(flag, texts)?, "⟨select⟩")?))
    .shows("select", |s| json!(s.select)),
    flag("drop", List("FIELDS"), Commands::ROWS, "Leave out these fields")
        .group(Group::Fields)
        .common()
        .sets(|s, flag, texts| put(&mut s.drop, patterns(parse_fields(flag, texts)?, "⟨drop⟩")?))
        .shows("drop", |s| json!(s.drop)),
    flag(
        "rename",
        List("OLD=NEW"),
        Commands::ROWS,
        "Rename fields (comma-separated), after all other changes except --columns",
    )
    .group(Group::Fields)
    .common()
    .unless(no_names)
    .sets(|s, flag, texts| put(&mut s.rename, parse_pairs(flag, texts)?))
    .shows("rename", |s| s.rename.iter().map(|one| json!([one.old, one.new])).collect()),
    flag(
        "types",
        List("HOW"),
        Commands::RUN,
        "How unquoted CSV fields are read: exact JSON numbers as numbers and empty fields as null (auto), or all as text (text); and what the values of some fields are: zip=text,n=decimal, also integer, boolean, date, timestamp [default: auto]",
    )
    .group(Group::Values)
    .source(Kinds::ALL_TABLES.or(Kinds::NESTED))
    .unless(fields_are_text)
    .sets(types)
    .shows("types", |s| {
        let kinds = steps(s, "types");
        json!(std::iter::once(TYPES.of(s.options.types).to_owned()).chain(kinds).collect::<Vec<_>>().join(","))
    }),
    flag(
        "op",
        List("NAME[:FIELDS]"),
        Commands::ROWS,
        "Change text with ops, from left to right: upper, lower, upper-ascii, lower-ascii, trim, reverse, reverse-chars; upper:name+city only these fields. wordcount, as the last, prints counts of all texts instead",
    )
    .alias("processor")
    .step()
    .group(Group::Values)
    .common()
    .sets(|s, _, texts| {
        let ops = parse_ops(texts)?;
        s.ops.extend(ops.ops);
        put(&mut s.fold, ops.fold)
    })
    .shows("ops", |s| {
        let steps = ["types", "where", "set", "explode", "parse-json", "source-column"];
        let mut ops: Vec<&str> = s.ops.iter().map(|op| op.name()).filter(|name| !steps.contains(name)).collect();
        // Others are commands.
        ops.extend(s.fold.filter(|fold| *fold == Folding::WordCount).map(Folding::name));
        json!(ops)
    }),
    flag(
        "source-column",
        Text("NAME"),
        Commands::ROWS,
        "Add the path of the input as the first field, under this name; other flags can use it",
    )
    .group(Group::Expressions)
    .sets(|s, flag, texts| match &*texts[0] {
        "" => Err(Error::usage(format!("{flag}: there is an empty name"))),
        // Steps come after it.
        name => {
            s.ops.insert(0, Arc::new(SourceColumn::new(name)));
            Ok(())
        }
    })
    .shows("source_column", |s| json!(steps(s, "source-column").first())),
    flag(
        "schema",
        Path("FILE"),
        Commands::RUN,
        "Make all values those of this schema: one of pagemill schema, of Avro (.avsc) or of Protobuf (.proto, descriptor set). What it lacks is left out and counted",
    )
    .group(Group::Typed)
    .unless(no_types)
    .shows("schema", |s| json!(s.ops.iter().find(|op| op.name() == "schema").and_then(|op| op.plan()))),
    flag(
        "parse-json",
        Expression("FIELDS"),
        Commands::RUN,
        "Take the JSON text in these fields apart (comma-separated); in order with --explode, --set and --where",
    )
    .step()
    .group(Group::Values)
    .source(Kinds::ALL_TABLES.or(Kinds::NESTED))
    .unless(uncounted)
    .sets(|s, flag, texts| {
        let depth = s.options.max_depth;
        for field in parse_names(flag, texts, &[])? {
            s.ops.push(Arc::new(ParseJson::new(&field, depth)?));
        }
        Ok(())
    })
    .shows("parse_json", |s| json!(steps(s, "parse-json"))),
    flag(
        "where",
        Expression("EXPR"),
        Commands::RUN,
        "Keep records for which this is true, such as \"fare > 30 AND zip = '007'\"",
    )
    .step()
    .group(Group::Expressions)
    .common()
    .unless(uncounted)
    .sets(|s, _, texts| add(s, texts, |text| Ok(Arc::new(Where::parse(text)?))))
    .shows("where", |s| json!(steps(s, "where"))),
    flag(
        "set",
        Expression("NAME=EXPR"),
        Commands::RUN,
        "Make or change a field: total=fare*1.1; in order with --where, before --op",
    )
    .step()
    .group(Group::Expressions)
    .common()
    .unless(made_for_nothing)
    .sets(|s, _, texts| add(s, texts, |text| Ok(Arc::new(Set::parse(text)?))))
    .shows("set", |s| json!(steps(s, "set"))),
    flag(
        "bytes",
        Word("HOW", || BYTES.all()),
        Commands::RECORDS,
        "How binary data is written and read in CSV, TSV, NDJSON and JSON [default: base64]",
    )
    .group(Group::Values)
    .pairs(BYTES_AND_TEXT)
    .sets(|s, flag, texts| put(&mut s.options.bytes_as, BYTES.parse(flag, &texts[0])?))
    .shows("bytes", |s| json!(BYTES.of(s.options.bytes_as))),
    flag(
        "invalid-utf8",
        Word("HOW", || INVALID_UTF8.all()),
        Commands::RUN,
        "What to do with invalid UTF-8 where UTF-8 is needed, and with text that is not valid in its encoding: fail, or replace it with U+FFFD [default: fail]",
    )
    .group(Group::Values)
    .unless(any_bytes_do)
    .sets(|s, flag, texts| {
        s.invalid_utf8 = INVALID_UTF8.parse(flag, &texts[0])?;
        put(&mut s.options.replace_invalid_utf8, s.invalid_utf8 == InvalidUtf8::Replace)
    })
    .shows("invalid_utf8", |s| json!(INVALID_UTF8.of(s.invalid_utf8))),
];

/// Names of fields, if the regexes among them are some.
fn patterns(names: Vec<String>, flag: &str) -> Result<Vec<String>, Error> {
    names.iter().try_for_each(|name| check_pattern(name, flag)).map(|()| names)
}

/// A word for all fields, and kinds for some.
fn types(settings: &mut Settings, flag: &str, texts: &[String]) -> Result<(), Error> {
    let (mut words, mut kinds) = (Vec::new(), Vec::new());
    for text in texts {
        for part in split(text, ',')? {
            match split(part, '=')?.as_slice() {
                [word] => words.push((*word).to_owned()),
                [field, kind] if !field.is_empty() => kinds.push((unescape(field), FieldKind::named(kind)?)),
                _ => {
                    return Err(Error::usage(format!(
                        "{flag}: `{part}` does not say what a field is\n  Write FIELD=KIND, such as zip=text."
                    )));
                }
            }
        }
    }
    if let Some((field, _)) =
        kinds.iter().enumerate().find_map(|(n, one)| kinds[..n].iter().find(|(name, _)| *name == one.0))
    {
        return Err(Error::usage(format!("{flag}: `{field}` gets two kinds")));
    }
    match words.as_slice() {
        [] => {}
        [word] => settings.options.types = TYPES.parse(flag, word)?,
        [first, second, ..] => {
            return Err(Error::usage(format!(
                "{flag}: `{first}` and `{second}` are both for all fields\n  For one field write {second}=text."
            )));
        }
    }
    if !kinds.is_empty() {
        // Values are typed before anything else sees them.
        let kinds = kinds.iter().map(|(field, kind)| (field.as_str(), *kind));
        settings.ops.insert(0, Arc::new(TypeFields::new(kinds)));
    }
    Ok(())
}

/// Adds the ops that texts mean.
fn add(settings: &mut Settings, texts: &[String], of: fn(&str) -> Result<Arc<dyn Op>, Error>) -> Result<(), Error> {
    for text in texts {
        settings.ops.push(of(text)?);
    }
    Ok(())
}

/// The texts of the steps of a name, as fingerprints have them.
fn steps(settings: &Settings, name: &str) -> Vec<String> {
    let text = |op: &Arc<dyn Op>| Some(op.fingerprint()?.strip_prefix(name)?.trim_start().to_owned());
    settings.ops.iter().filter(|op| op.name() == name).filter_map(text).collect()
}
