//! From the words typed to those that the parser gets: adds an omitted command, and replaces old spellings.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};
use std::path::Path;

use pagemill::config::flags::{self, Takes};
use pagemill::error::Error;

use super::{commands, tips};

/// The words of a command line.
#[derive(Debug)]
pub struct Line {
    /// The name of the program, a command, its arguments.
    pub words: Vec<OsString>,
    /// The command was omitted: it is `convert`, and a second operand is the output.
    pub implied: bool,
    /// Switches that were switched off, as `--pretty=false`: that counts against a configuration.
    pub off: Vec<String>,
}

/// Spellings of the first version that also worked with one dash. `-output` would be `-o utput`, so only the whole name
/// counts.
const ONE_DASH: [&str; 11] = [
    "-input",
    "-output",
    "-processor",
    "-workers",
    "-chunk-size",
    "-memory-limit",
    "-monitor",
    "-dashboard-port",
    "-create-sample",
    "-cpuprofile",
    "-memprofile",
];

/// The arguments of the process. `None`: there are none, and a person at a terminal ran it.
///
/// # Errors
/// Usage: the first word is neither a command nor a file.
pub fn read() -> Result<Option<Line>, Error> {
    let line = line(env::args_os().collect(), io::stdin().is_terminal())?;
    line.map(switched).transpose()
}

/// Takes out the switches that are switched off, and the values of those that are switched on.
///
/// # Errors
/// Usage: a switch is both on and off.
fn switched(mut line: Line) -> Result<Line, Error> {
    let entry = line.words.get(1).and_then(|word| commands::named(word.to_str()?));
    let Some(own) = entry.and_then(|entry| entry.flags) else { return Ok(line) };
    let end = line.words.iter().position(|word| word == "--").unwrap_or(line.words.len());
    let rest = line.words.split_off(end);
    for word in line.words.split_off(1) {
        let said = word.to_str().and_then(|word| word.strip_prefix("--")?.split_once('='));
        let switch =
            said.filter(|(name, _)| flags::find(own, name).is_some_and(|flag| matches!(flag.takes, Takes::Nothing)));
        match switch {
            Some((name, value)) if value.eq_ignore_ascii_case("false") => line.off.push(name.to_owned()),
            Some((name, value)) if value.eq_ignore_ascii_case("true") => line.words.push(format!("--{name}").into()),
            _ => line.words.push(word),
        }
    }
    let both = line.off.iter().find(|name| line.words.iter().any(|word| *word == *format!("--{name}")));
    if let Some(name) = both {
        return Err(Error::usage(format!(
            "`--{name}` and `--{name}=false` can't be given together\n  Leave one of them out."
        )));
    }
    line.words.extend(rest);
    Ok(line)
}

fn line(mut words: Vec<OsString>, at_terminal: bool) -> Result<Option<Line>, Error> {
    if words.is_empty() {
        words.push("pagemill".into());
    }
    let flags = words.iter_mut().skip(1).take_while(|word| *word != "--");
    flags.filter(|word| has_one_dash(word)).for_each(|word| {
        let mut whole = OsString::from("-");
        whole.push(&*word);
        *word = whole;
    });
    let Some(first) = words.get(1) else {
        if at_terminal {
            return Ok(None);
        }
        words.push("convert".into());
        return Ok(Some(Line { words, implied: true, off: Vec::new() }));
    };
    // It was a switch, which could stand anywhere.
    let is_command = |word: &OsStr| word.to_str().is_some_and(|word| commands::named(word).is_some());
    let makes = |word: &&OsString| **word == "--create-sample" || **word == "--create-sample=true";
    let switch = words.iter().take_while(|word| *word != "--").position(|word| makes(&word));
    if let Some(switch) = switch.filter(|_| !is_command(first)) {
        words.remove(switch);
        words.insert(1, "generate".into());
    }
    let is_said = words[1]
        .to_str()
        .is_some_and(|word| commands::named(word).is_some() || ["-h", "--help", "-V", "--version"].contains(&word));
    if is_said {
        return Ok(Some(Line { words, implied: false, off: Vec::new() }));
    }
    if !is_flag(&words[1]) && !may_be_read(&words[1]) {
        return Err(tips::no_command(&words[1].to_string_lossy()));
    }
    words.insert(1, "convert".into());
    Ok(Some(Line { words, implied: true, off: Vec::new() }))
}

fn has_one_dash(word: &OsStr) -> bool {
    let Some(word) = word.to_str() else { return false };
    let name = word.split('=').next().unwrap_or_default();
    ONE_DASH.contains(&name)
}

fn is_flag(word: &OsStr) -> bool {
    word.as_encoded_bytes().starts_with(b"-") && word != "-"
}

/// Whether a word may be an input: `-`, a file, or a pattern.
fn may_be_read(word: &OsStr) -> bool {
    word == "-" || Path::new(word).exists() || word.as_encoded_bytes().iter().any(|byte| b"*?[".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let words = std::iter::once("pagemill").chain(text.split_whitespace()).map(OsString::from).collect();
        match line(words, false).and_then(|line| line.map(switched).transpose()) {
            Ok(Some(line)) => {
                let words: Vec<_> = line.words[1..].iter().map(|word| word.to_string_lossy()).collect();
                format!("{}{}", if line.implied { "(implied) " } else { "" }, words.join(" "))
            }
            Ok(None) => "nothing".into(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn commands_are_said_or_implied() {
        let table = [
            ("convert a.csv", "convert a.csv"),
            ("sample --format csv", "sample --format csv"),
            ("--create-sample --size 1MB", "generate --size 1MB"),
            ("-create-sample --size 1MB", "generate --size 1MB"),
            ("-output=a.csv -create-sample=true --size 1MB", "generate --output=a.csv --size 1MB"),
            ("convert --create-sample", "convert --create-sample"),
            ("--help", "--help"),
            ("-V", "-V"),
            ("Cargo.toml out.csv", "(implied) convert Cargo.toml out.csv"),
            ("- -f csv", "(implied) convert - -f csv"),
            ("-t ndjson Cargo.toml", "(implied) convert -t ndjson Cargo.toml"),
            ("none/*.csv", "(implied) convert none/*.csv"),
            ("", "(implied) convert"),
        ];
        for (text, expected) in table {
            assert_eq!(read(text), expected, "{text}");
        }
        assert!(
            read("convrt a.csv").contains("there is no command `convrt`, and no file of that name"),
            "{}",
            read("convrt a.csv")
        );
    }

    #[test]
    fn old_spellings_have_one_dash_or_two() {
        let table = [
            ("-input=a.txt -output b.txt", "(implied) convert --input=a.txt --output b.txt"),
            ("convert -o utput -output.csv", "convert -o utput -output.csv"),
            ("convert -inputs -- -input", "convert -inputs -- -input"),
            (
                "-input=large.txt -processor=uppercase -monitor",
                "(implied) convert --input=large.txt --processor=uppercase --monitor",
            ),
            (
                "-workers 2 -chunk-size=1MB -memory-limit 64MB",
                "(implied) convert --workers 2 --chunk-size=1MB --memory-limit 64MB",
            ),
            (
                "-dashboard-port 8080 -cpuprofile=c -memprofile m",
                "(implied) convert --dashboard-port 8080 --cpuprofile=c --memprofile m",
            ),
        ];
        for (text, expected) in table {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn switches_are_on_or_off() {
        let table = [
            ("convert a --pretty=true", "convert a --pretty"),
            ("convert a --pretty=FALSE -t json", "convert a -t json"),
            ("convert a --pretty=no", "convert a --pretty=no"),
            ("convert a --to=false", "convert a --to=false"),
            ("convert a -- --pretty=false", "convert a -- --pretty=false"),
        ];
        for (text, expected) in table {
            assert_eq!(read(text), expected, "{text}");
        }
        assert!(read("convert --pretty --pretty=false").contains("can't be given together"));
    }

    #[test]
    fn nothing_at_a_terminal() {
        assert!(line(vec!["pagemill".into()], true).unwrap().is_none());
    }
}
