//! What a user should know although nothing failed.

use std::fmt;

use crate::error::{Error, Result, as_settings, named};

/// What a [`Warning`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WarningKind {
    /// The beginning of a source: names in its header, or a sign that its format or dialect is another one.
    Beginning,
    /// The last line of a file that grows has no end yet.
    Unfinished,
    /// Text that follows a closing quote.
    TextAfterQuote,
    /// Files of an interrupted run, which were removed.
    Leftovers,
    /// The job was to be resumed, but there was no checkpoint.
    NothingToResume,
    /// No record has a field that decides where it goes.
    NoField,
    /// Records came after their windows had ended.
    LateRecords,
    /// Columns are text because of how their numbers are written.
    NumbersAsText,
}

/// What the user should know, as sentences. [`Display`](fmt::Display) names settings as the library does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// What it is about.
    pub kind: WarningKind,
    /// Settings are marked.
    text: String,
}

impl Warning {
    /// A warning whose text marks settings.
    pub(crate) fn new(kind: WarningKind, text: impl Into<String>) -> Warning {
        Warning { kind, text: text.into() }
    }

    /// The text in which settings are marked, to be a part of an error.
    pub(crate) fn marked(&self) -> String {
        self.text.clone()
    }

    /// The same with the name of the source before it.
    pub(crate) fn of(self, source: impl fmt::Display) -> Warning {
        Warning { text: format!("{source}: {}", self.text), ..self }
    }

    /// The text with other names for the settings, as [`Error::with_names`](crate::Error::with_names) gives an error.
    pub fn with_names(&self, name: &dyn Fn(&str, Option<&str>) -> String) -> String {
        named(&self.text, name)
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.with_names(&as_settings))
    }
}

/// Refuses what would only be warned of, if `strict`.
///
/// # Errors
/// Data: there is something.
pub(crate) fn strictly(strict: bool, warnings: impl Iterator<Item = String>) -> Result<()> {
    let lines: Vec<String> = warnings.filter(|_| strict).collect();
    match lines.is_empty() {
        true => Ok(()),
        false => Err(Error::refused(format!("{}\n  Leave out ⟨strict⟩ to accept it.", lines.join("\n  ")))),
    }
}

/// A name of a field that no record had.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NeverSeen {
    /// The setting that names it: `select`, `drop`, `rename`, `ops` or `columns`.
    pub setting: &'static str,
    /// The name.
    pub name: String,
    /// A name like it that records have.
    pub nearest: Option<String>,
}

impl NeverSeen {
    /// The text with another name for the setting, as [`Error::with_names`](crate::Error::with_names) gives an error.
    pub fn with_names(&self, name: &dyn Fn(&str, Option<&str>) -> String) -> String {
        self.sentence(&name(self.setting, None), &name("select", None))
    }

    /// The text in which the setting is marked, to be a part of an error.
    pub(crate) fn marked(&self) -> String {
        self.sentence(&format!("⟨{}⟩", self.setting), "⟨select⟩")
    }

    fn sentence(&self, setting: &str, select: &str) -> String {
        let NeverSeen { name, nearest, .. } = self;
        if is_regex(self.setting, name) {
            return format!("{setting} {name} matches no field that a record has");
        }
        let other = match self.setting {
            "rename" | "ops" if is_item(name) => {
                Some("it takes no items of lists, which an expression can change".to_owned())
            }
            "select" | "drop" if is_numbered(name) => Some("an item of a list is written a[0], from 0".to_owned()),
            _ if !is_pattern(name) => None,
            "columns" => Some(format!("positions, ranges and regexes are for {select}")),
            "select" | "drop" => Some("fields of such records have names, and no positions".to_owned()),
            _ => None,
        };
        if let Some(other) = other {
            return format!("{setting} names the field `{name}`, which no record has; {other}");
        }
        let nearest = nearest.as_ref().map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"));
        format!("{setting} names the field `{name}`, which no record has{nearest}")
    }
}

/// Whether a name is what finds fields of tables: a position, a range or a regex.
fn is_pattern(name: &str) -> bool {
    is_regex("select", name) || name.contains("..") || name.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a name may be that of an item of a list: `a[0].b`, `a.0.b`.
fn is_item(name: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let bracket =
        name.match_indices('[').any(|(at, _)| name[at + 1..].split_once(']').is_some_and(|(item, _)| digits(item)));
    bracket || is_numbered(name)
}

/// Whether a part of a path, after the first one, is a number.
fn is_numbered(name: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    !name.contains("..") && name.split('.').skip(1).any(digits)
}

/// Whether a name is a regex for names: `/^x_/`.
pub(crate) fn is_regex(setting: &str, name: &str) -> bool {
    matches!(setting, "select" | "drop") && name.len() > 2 && name.starts_with('/') && name.ends_with('/')
}

impl fmt::Display for NeverSeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.with_names(&as_settings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_the_names_of_whoever_shows_them() {
        let flags = |field: &str, value: Option<&str>| format!("--{field}{}", value.map_or("", |_| " it"));
        let warning = Warning::new(WarningKind::Beginning, "Give ⟨from json⟩.").of("a.csv");
        assert_eq!(warning.to_string(), "a.csv: Give `from: json`.");
        assert_eq!(warning.with_names(&flags), "a.csv: Give --from it.");
        let mut name = NeverSeen { setting: "drop", name: "⟨io⟩".to_owned(), nearest: None };
        assert_eq!(name.to_string(), "`drop` names the field `⟨io⟩`, which no record has");
        name.nearest = Some("i".to_owned());
        assert_eq!(name.with_names(&flags), "--drop names the field `⟨io⟩`, which no record has; did you mean `i`?");
        let regex = NeverSeen { setting: "select", name: "/^x/".to_owned(), nearest: None };
        assert_eq!(regex.with_names(&flags), "--select /^x/ matches no field that a record has");
    }
}
