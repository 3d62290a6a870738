//! The library does not know that there is a command: its messages name settings, and the command makes flags of them.

use pagemill::config::flags;
use pagemill::job::ColumnsFrom;
use pagemill::{Format, Job, TargetSpec};

use crate::structure::{files, strings};

/// What knows the flags: the command, their table, and the configuration of the command, whose keys they are.
const KNOW_FLAGS: [&str; 4] = ["cli/", "config/file/", "config/flags/", "main.rs"];

/// Flags of other commands.
const OTHERS: [&str; 5] = ["iconv -f utf-32 -t ", "mkdir -p ", "tail -n ", "tr -d ", "unzip -p "];

#[test]
fn no_flag_is_named_by_the_library() {
    let files = files();
    let library = files.iter().filter(|(name, _)| !KNOW_FLAGS.iter().any(|known| name.starts_with(known)));
    let found: Vec<String> = library
        .flat_map(|(name, text)| {
            let named = strings(text).into_iter().filter_map(|(line, text)| Some((line, flag_in(&text)?)));
            named.map(move |(line, flag)| format!("{name}:{line}: {flag}"))
        })
        .collect();
    assert!(found.is_empty(), "{} strings name flags:\n{}", found.len(), found.join("\n"));
}

/// A flag of the command that is named in the strings of a line.
fn flag_in(strings: &str) -> Option<String> {
    let plain = OTHERS.iter().fold(strings.replace("\\n", "  "), |text, other| text.replace(other, ""));
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let words = plain.split(|c: char| !is_word(c)).map(|word| word.trim_end_matches('-'));
    let is_flag = |word: &str| match word.strip_prefix("--") {
        Some(long) => flags::all().any(|flag| flag.name == long),
        None => word
            .strip_prefix('-')
            .is_some_and(|letter| flags::all().any(|flag| flag.short.is_some_and(|short| letter.chars().eq([short])))),
    };
    words.filter(|word| is_flag(word)).map(str::to_owned).next()
}

#[test]
fn flags_are_found() {
    let first = |text: &str| strings(text).iter().find_map(|(line, text)| Some((*line, flag_in(text)?)));
    let found = |line: usize, flag: &str| Some((line, flag.to_owned()));
    assert_eq!(first("fn f() {}\nconst A: &str = \"a\\n  Give --io map.\";\n"), found(2, "--io"));
    assert_eq!(first("f(\"x\\n--strict\")"), found(1, "--strict"));
    assert_eq!(first("f(r#\"(-f)\"#)"), found(1, "-f"));
    assert_eq!(first("f(b\"with --workers, or\\\n  more\")"), found(1, "--workers"));
    for text in [
        "// \"--io\"\nf(-f, \"--iodine\", \"-fx\", \"well-known -- a-f\")",
        "f(\"iconv -f utf-32 -t utf-8 FILE\")",
        "#[cfg(test)]\nmod tests {\n    const A: &str = \"--io {\";\n}\n",
    ] {
        assert_eq!(first(text), None, "{text}");
    }
}

#[test]
fn names_passed_to_messages_are_marked_too() {
    let job = || Job::new(b"{\"a\":1}\n", TargetSpec::Memory).from(Format::Ndjson).to(Format::Csv);
    let table = [
        (job().columns(ColumnsFrom::List(vec!["a".into(), "a".into()])), "`columns` names the field `a` twice"),
        (job().select(["a", "a"]), "`select` names the field `a` twice"),
        (job().drop_fields([""]), "`drop` has an empty field name"),
        (job().rename("a", "a.b"), "`rename` a=a.b: a field stays in its map, so the new name has no dot"),
    ];
    for (job, message) in table {
        let error = job.run().expect_err(message);
        assert_eq!(error.to_string(), message);
        let flag = message.replacen('`', "--", 1).replacen('`', "", 1);
        assert_eq!(error.with_names(&|field, _| format!("--{field}")), flag);
    }
}
