//! Errors of the library in the words of the command.

use pagemill::error::Error;

/// The message, with flags in place of settings.
pub fn worded(error: &Error) -> String {
    error.with_names(&flag)
}

/// The flag for a setting, and its value.
fn flag(field: &str, value: Option<&str>) -> String {
    let name = field.replace('_', "-");
    value.map_or_else(|| format!("--{name}"), |value| format!("--{name} {value}"))
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
        for name in names {
            let flag = name.replace('_', "-");
            assert!(flags::find(flags::Commands::CONVERT, &flag).is_some(), "{name}");
            assert_eq!(worded(&Error::usage(format!("⟨{name}⟩"))), format!("--{flag}"));
        }
        assert_eq!(
            flag("on_error", Some("skip")) + " " + &flag("memory_limit", None),
            "--on-error skip --memory-limit"
        );
    }
}
