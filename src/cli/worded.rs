//! Errors of the library in the words of the command.

use pagemill::error::Error;

/// The message, with flags in place of settings.
pub fn worded(error: &Error) -> String {
    error.with_names(&flag)
}

/// Settings whose flag has another name, or is better known by its letter.
const OTHER_NAMES: [(&str, &str); 13] = [
    ("out_dialect.bom", "--bom"),
    ("from", "-f"),
    ("to", "-t"),
    ("target", "-o"),
    ("Each", "--out-dir"),
    ("ops", "--op"),
    ("sort", "--by"),
    ("aggregate.sort", "--sort"),
    ("bytes_as", "--bytes"),
    ("dialect.delimiter", "-d"),
    ("dialect.quoting", "--no-quoting"),
    ("out_dialect.quoting", "--out-no-quoting"),
    ("out_dialect.no_headers", "--out-no-headers"),
];

/// The flag for a setting, and its value; or what a message lacks that only a command can say.
pub fn flag(field: &str, value: Option<&str>) -> String {
    match (field, value) {
        ("stdin", Some(format)) => return format!(" | pagemill convert - -f {format}"),
        ("recursive", _) => return ", or --recursive for all files below the folder".to_owned(),
        _ => {}
    }
    let other = OTHER_NAMES.iter().find(|(name, _)| *name == field).map(|(_, flag)| (*flag).to_owned());
    let name = other.unwrap_or_else(|| {
        let field =
            field.strip_prefix("dialect.").unwrap_or(field).replace("out_dialect.", "out_").replace("skip.", "skip-");
        format!("--{}", field.replace('_', "-"))
    });
    match value {
        // What is switched off in the settings is a flag of its own.
        None | Some("false") => name,
        Some(value) => format!("{name} {value}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pagemill::config::flags;
    use std::fs;
    use std::path::Path;

    /// The names of the settings that messages mark.
    fn marked(folder: &Path, names: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                marked(&path, names);
            } else if !path.ends_with("error/names.rs") && !path.ends_with("cli/worded.rs") {
                let text = fs::read_to_string(&path).unwrap();
                let marks =
                    text.lines().filter(|line| !line.trim().starts_with("//")).flat_map(|line| line.split('⟨').skip(1));
                names.extend(marks.filter_map(|mark| Some(mark.split_once('⟩')?.0.split(' ').next()?.to_owned())));
            }
        }
    }

    #[test]
    fn every_setting_in_a_message_has_a_flag() {
        let mut names = Vec::new();
        marked(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut names);
        assert!(names.len() > 20, "{names:?}");
        // Names in braces are filled in; a command line is no flag.
        for name in names.iter().filter(|name| !name.starts_with('{') && *name != "stdin") {
            let said = worded(&Error::usage(format!("⟨{name}⟩")));
            let flag = said.trim_start_matches([',', ' ', 'o', 'r']).split(' ').next().unwrap().to_owned();
            let is_known = match flag.strip_prefix("--") {
                Some(long) => flags::all().any(|known| known.name == long),
                None => flags::all().any(|known| known.short.is_some_and(|short| flag == format!("-{short}"))),
            };
            assert!(is_known, "{name}: {said}");
        }
        let table = [
            ("on_error", Some("skip"), "--on-error skip"),
            ("memory_limit", None, "--memory-limit"),
            ("from", Some("json"), "-f json"),
            ("dialect.quoting", Some("false"), "--no-quoting"),
            ("dialect.comment", Some("'#'"), "--comment '#'"),
            ("out_dialect.delimiter", None, "--out-delimiter"),
            ("stdin", Some("csv"), " | pagemill convert - -f csv"),
        ];
        for (field, value, said) in table {
            assert_eq!(flag(field, value), said);
        }
    }
}
