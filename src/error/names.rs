//! Settings in messages. The library does not know what its users call them, so a message marks the name of the field:
//! `⟨memory_limit⟩`, or `⟨on_error skip⟩` with what it should be. Whoever shows the message gives each a name.
//!
//! Messages also quote file names, fields and data. Those may have such brackets, so only names of settings are marks.

/// The settings that messages name: fields of `Settings`, of `Options` and of what is in them, and what else a job is
/// given.
const SETTINGS: [&str; 87] = [
    "Each",
    "agg",
    "aggregate.sort",
    "block_size",
    "by",
    "bytes_as",
    "checkpoint",
    "checkpoint_every",
    "clean_names",
    "columns",
    "compress",
    "decompress",
    "dedupe",
    "dialect.comment",
    "dialect.delimiter",
    "dialect.quoting",
    "dialect.skip_space",
    "dialect.tsv_escapes",
    "drop",
    "emit",
    "encoding",
    "explode",
    "force",
    "frame",
    "from",
    "invalid_utf8",
    "io",
    "join_lists",
    "keep_going",
    "key_column",
    "lateness",
    "layout",
    "limit",
    "max_depth",
    "max_errors",
    "max_fields",
    "max_key_length",
    "max_keys",
    "max_record_size",
    "memory_limit",
    "message",
    "names",
    "nested",
    "no_headers",
    "offset",
    "on_error",
    "nonfinite",
    "null",
    "ops",
    "out_dialect.bom",
    "out_dialect.delimiter",
    "out_dialect.no_headers",
    "out_dialect.quoting",
    "out_encoding",
    "out_null",
    "parse_json",
    "payload",
    "proto_json",
    "quarantine",
    "ragged",
    "records_at",
    "rename",
    "resume",
    "sample",
    "schema",
    "select",
    "set",
    "skip.footer",
    "skip.lines",
    "skip.records",
    "skip.until",
    "snapshot",
    "sort",
    "source_column",
    "spill_dir",
    "slice_size",
    "slide",
    "strict",
    "tail",
    "target",
    "time_field",
    "to",
    "types",
    "unflatten",
    "where",
    "window",
    "workers",
];

/// Places where a program may add what a library can't know. `⟨stdin csv⟩` follows a shell command whose output is to
/// be read as CSV; `⟨recursive⟩` follows the advice to give a file where a folder was given.
const ADDED: [&str; 2] = ["recursive", "stdin"];

/// A text with a name in place of each mark.
pub(crate) fn named(text: &str, name: &dyn Fn(&str, Option<&str>) -> String) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('⟨') {
        whole.push_str(before);
        match after.split_once('⟩').filter(|(mark, _)| is_mark(mark)) {
            Some((mark, after)) => {
                let (field, value) = mark.split_once(' ').map_or((mark, None), |(field, value)| (field, Some(value)));
                whole.push_str(&name(field, value));
                rest = after;
            }
            // It is text of a user.
            None => {
                whole.push('⟨');
                rest = after;
            }
        }
    }
    whole + rest
}

/// Whether it begins with the name of a setting, and has no other mark inside.
fn is_mark(mark: &str) -> bool {
    let name = mark.split(' ').next().unwrap_or_default();
    (SETTINGS.contains(&name) || ADDED.contains(&name)) && !mark.contains(['⟨', '\n'])
}

/// The names that the fields have. Nothing is added.
pub(crate) fn as_settings(field: &str, value: Option<&str>) -> String {
    match value {
        _ if ADDED.contains(&field) => String::new(),
        Some(value) => format!("`{field}: {value}`"),
        None => format!("`{field}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_names() {
        let flags = |field: &str, value: Option<&str>| match value {
            Some(value) => format!("--{field} {value}"),
            None => format!("--{field}"),
        };
        let table = [
            ("Raise ⟨force⟩, or give ⟨io map⟩.", "Raise --force, or give --io map."),
            ("⟨invalid_utf8 replace⟩", "--invalid_utf8 replace"),
            ("⟨⟩ and ⟨A⟩ and ⟨a\n⟩ are text ⟨", "⟨⟩ and ⟨A⟩ and ⟨a\n⟩ are text ⟨"),
            ("⟨a⟩.csv: the field ⟨name⟩", "⟨a⟩.csv: the field ⟨name⟩"),
            ("⟨a ⟨force⟩⟩", "⟨a --force⟩"),
        ];
        for (text, worded) in table {
            assert_eq!(named(text, &flags), worded);
        }
        assert_eq!(named("⟨io map⟩ ⟨force⟩", &as_settings), "`io: map` `force`");
        assert_eq!(named("cat FILE⟨stdin csv⟩, a file⟨recursive⟩.", &as_settings), "cat FILE, a file.");
    }
}
