//! Values of a configuration as the texts that the same flag has on the command line.

use std::ffi::OsString;
use std::path::Path;

use toml::de::DeValue;

use crate::config::flags::{Flag, Takes};
use crate::config::parse_count;
use crate::op::nearest;

/// The values of a flag; none: a switch that is off, or a list with nothing in it. Paths are relative to `base`.
///
/// # Errors
/// What is wrong with the value.
pub fn values(flag: &Flag, value: &DeValue<'_>, base: &Path) -> Result<Option<Vec<OsString>>, String> {
    let texts = match (flag.takes, value) {
        (Takes::Nothing, DeValue::Boolean(on)) => return Ok(on.then(Vec::new)),
        (Takes::Path(_) | Takes::Paths(_), DeValue::String(text)) => return Ok(Some(vec![path(flag, text, base)?])),
        (Takes::Paths(_), DeValue::Array(items)) if !items.is_empty() => {
            let paths = items.iter().map(|item| match item.get_ref() {
                DeValue::String(text) => path(flag, text, base),
                _ => Err(shape(flag)),
            });
            return paths.collect::<Result<_, _>>().map(Some);
        }
        (Takes::List(_) | Takes::Expression(_), DeValue::Array(items)) => {
            items.iter().map(|item| item_text(flag, item.get_ref())).collect::<Result<_, _>>()?
        }
        (
            Takes::Text(_) | Takes::Any(_) | Takes::Word(..) | Takes::Count(_) | Takes::List(_) | Takes::Expression(_),
            DeValue::String(text),
        ) => {
            vec![text.to_string()]
        }
        (Takes::Text(_) | Takes::Count(_), DeValue::Integer(number)) => {
            let number = i128::from_str_radix(number.as_str(), number.radix());
            vec![number.map_err(|_| shape(flag))?.to_string()]
        }
        _ => return Err(shape(flag)),
    };
    // An empty list takes back that of a profile.
    if texts.is_empty() {
        return Ok(None);
    }
    check(flag, &texts)?;
    Ok(Some(texts.into_iter().map(OsString::from).collect()))
}

/// The text of a flag that is given once, as in a step.
pub fn one(flag: &Flag, value: &DeValue<'_>) -> Result<OsString, String> {
    let text = item_text(flag, value)?;
    check(flag, std::slice::from_ref(&text))?;
    Ok(text.into())
}

/// The values that a variable of the environment gives a flag; none: a switch that is off.
pub fn of_variable(flag: &Flag, text: OsString) -> Result<Option<Vec<OsString>>, String> {
    let known = match (flag.takes, text.to_str()) {
        (Takes::Path(_) | Takes::Paths(_), _) => return Ok(Some(vec![text])),
        (_, None) => return Err("the value is not UTF-8".to_owned()),
        (Takes::Nothing, Some(word)) => {
            return match word.to_ascii_lowercase().as_str() {
                "true" | "1" => Ok(Some(Vec::new())),
                "false" | "0" => Ok(None),
                _ => Err(format!("`{word}` is neither true nor false")),
            };
        }
        (_, Some(text)) => text.to_owned(),
    };
    check(flag, std::slice::from_ref(&known))?;
    Ok(Some(vec![text]))
}

/// Whether texts have a meaning.
fn check(flag: &Flag, texts: &[String]) -> Result<(), String> {
    let text = texts.first().map(String::as_str).unwrap_or_default();
    match flag.takes {
        Takes::Word(_, words) => {
            let words = words();
            let is = |word: &str| word.eq_ignore_ascii_case(text);
            if !words.iter().any(|(word, other)| is(word) || other.is_some_and(is)) {
                let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                let like = nearest(&words, text).map(|like| format!("; did you mean `{like}`?")).unwrap_or_default();
                return Err(format!("`{}` can't be `{text}`{like}\n  It is one of {}.", flag.name, words.join(", ")));
            }
        }
        Takes::Count(_) => {
            parse_count(text).map_err(|why| format!("`{}` can't be `{text}`: {why}", flag.name))?;
        }
        _ => {}
    }
    flag.try_set(flag.name, texts).map_err(|error| error.marked())
}

/// An item of a list. In a list of its own it needs no escapes: a comma is part of it, and so is a word that means
/// something else on the command line.
fn item_text(flag: &Flag, item: &DeValue<'_>) -> Result<String, String> {
    let DeValue::String(item) = item else { return Err(shape(flag)) };
    let Takes::List(name) = flag.takes else { return Ok(item.to_string()) };
    let is_keyword =
        name.split('|').any(|word| word.chars().all(char::is_lowercase) && word.eq_ignore_ascii_case(item));
    if is_keyword {
        return Ok(format!("\\{item}"));
    }
    let mut text = String::with_capacity(item.len());
    let mut escaped = false;
    for letter in item.chars() {
        if letter == ',' && !escaped {
            text.push('\\');
        }
        escaped = letter == '\\' && !escaped;
        text.push(letter);
    }
    Ok(text)
}

/// A path that may be a pattern, in which the folder of the file is no part of the pattern.
fn path(flag: &Flag, text: &str, base: &Path) -> Result<OsString, String> {
    const WILD: [char; 3] = ['*', '?', '['];
    match text {
        "" => Err(format!("`{}` names no file", flag.name)),
        "-" => Ok(text.into()),
        _ if matches!(flag.takes, Takes::Paths(_)) && text.contains(WILD) && !Path::new(text).is_absolute() => {
            let base = base.to_str().ok_or_else(|| format!("`{}`: the folder's name is not UTF-8", flag.name))?;
            let plain: String = base
                .chars()
                .map(|letter| if WILD.contains(&letter) { format!("[{letter}]") } else { letter.to_string() })
                .collect();
            Ok(Path::new(&plain).join(text).into())
        }
        _ => Ok(base.join(text).into()),
    }
}

/// What a value looks like.
fn shape(flag: &Flag) -> String {
    let name = flag.name;
    match flag.takes {
        Takes::Nothing => format!("`{name}` is true or false"),
        Takes::Count(_) => format!("`{name}` is a number"),
        Takes::List(_) | Takes::Expression(_) => {
            format!("`{name}` is a list of strings, such as {name} = [\"a\", \"b\"]")
        }
        Takes::Paths(_) => format!("`{name}` is a list of paths, such as {name} = [\"a.csv\", \"b.csv\"]"),
        Takes::Text(_) | Takes::Any(_) | Takes::Word(..) | Takes::Path(_) => {
            format!("`{name}` is a text: put it in quotes")
        }
    }
}
