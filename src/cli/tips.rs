//! What people know from other tools, and how to say it here.

use std::borrow::Cow;
use std::env;
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use pagemill::config::flags::{self, Commands};
use pagemill::error::Error;
use pagemill::format::Format;
use pagemill::wording::braces;

use super::elsewhere::Tip::{self, Drop, None as No, Say};
use super::elsewhere::{COMMANDS, FLAGS, IN_COMMANDS, WINDOWS};
use super::once::{Once, typed};
use super::{commands, parser};

fn find(table: &[(&str, Tip)], word: &str) -> Option<Tip> {
    table.iter().find(|(known, _)| *known == word).map(|(_, tip)| *tip)
}

/// The error for a first word that is neither a command nor a file.
pub fn no_command(word: &str) -> Error {
    let help = "`pagemill help` shows the commands.";
    let names: Vec<&str> = commands::ALL.iter().map(|entry| entry.name).collect();
    let is_path = word.contains(['/', '\\', '.']);
    if let Some(error) = address(Path::new(word)) {
        return error;
    }
    let tip: Cow<'_, str> = match find(&COMMANDS, word) {
        Some(Say(instead)) => corrected(word, instead).into(),
        Some(No(why) | Drop(why)) => return Error::usage(format!("there is no command `{word}`: {why}\n  {help}")),
        None if is_path => {
            let braces = braces(word);
            return Error::usage(format!("there is no file `{word}`, and no command of that name{braces}\n  {help}"));
        }
        None => match command_like(&names, word) {
            Some(name) => format!("Did you mean this?  {}", corrected(word, name)).into(),
            None => format!("The commands are {}.", names.join(", ")).into(),
        },
    };
    Error::usage(format!("there is no command `{word}`, and no file of that name\n  {tip}"))
}

/// The command whose name begins with this word, or is most similar to it.
fn command_like<'n>(names: &[&'n str], word: &str) -> Option<&'n str> {
    let mut longer = names.iter().filter(|name| word.len() > 1 && name.starts_with(word));
    match (longer.next(), longer.next()) {
        (Some(name), None) => Some(name),
        _ => pagemill::op::nearest(names, word),
    }
}

/// The error for an input that is an address, not a file.
pub fn address(input: &Path) -> Option<Error> {
    let url = input.to_str().filter(|url| url.contains("://") && !input.exists())?;
    let format = Format::from_path(input).map_or("csv", |format| format.name());
    Some(Error::usage(format!(
        "{url}: URLs are not read yet\n  curl -s {} | pagemill convert - -f {format}",
        quoted(url)
    )))
}

/// Flags that take a list, with commas between the items.
const LISTS: [&str; 7] = ["-s", "--select", "--drop", "--rename", "--op", "--columns", "--names"];

/// The error for an operand that does not exist but follows the list of a flag: it was meant to be part of the list.
pub fn part_of_a_list(missing: &Path) -> Option<Error> {
    let words: Vec<String> = typed().collect();
    let at = words.iter().position(|word| Path::new(word) == missing)?;
    let is_part = |word: &&String| !word.starts_with('-') && !Path::new(word).exists();
    let before = words[..at].iter().rev().take_while(is_part).count();
    let flag = at.checked_sub(before + 1)?;
    let (name, first) = match words[flag].split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (words[flag].as_str(), None),
    };
    if !LISTS.contains(&name) || (before == 0 && first.is_none()) {
        return None;
    }
    let after = words[at + 1..].iter().take_while(is_part).map(String::as_str);
    let list = first.into_iter().chain(words[flag + 1..=at].iter().map(String::as_str)).chain(after);
    let list = list.collect::<Vec<_>>().join(",");
    Some(Error::usage(format!(
        "there is no file `{}`\n  Lists are separated by commas: `{name} {}`",
        missing.display(),
        quoted(&list)
    )))
}

/// The error for the first of these inputs that does not exist, if it is clear what was meant.
pub fn no_input(inputs: &[PathBuf]) -> Option<Error> {
    let is_missing = |path: &&PathBuf| path.as_os_str() != "-" && !path.exists();
    inputs.iter().filter(is_missing).find_map(|path| address(path).or_else(|| part_of_a_list(path)))
}

/// The error for a last input that does not exist: in other tools that is the output.
pub fn output_as_input(inputs: &[PathBuf]) -> Option<Error> {
    let [_, .., last] = inputs else { return None };
    let missing =
        |path: &PathBuf| path.as_os_str() != "-" && !path.exists() && !path.to_string_lossy().contains(['*', '?', '[']);
    if !missing(last) || inputs[..inputs.len() - 1].iter().any(missing) || Format::from_path(last).is_none() {
        return None;
    }
    let out = last.to_string_lossy();
    Some(Error::usage(format!(
        "there is no file `{out}`: after a command, all files are inputs\n  To write to it, name it with -o: {}",
        corrected(&out, &format!("-o {}", quoted(&out)))
    )))
}

/// A better message than the parser's own for a command line that it refused, if there is one.
pub fn of(error: &clap::Error) -> Option<String> {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let arg = text(ContextKind::InvalidArg)?;
    match error.kind() {
        ErrorKind::UnknownArgument => descending(arg).or_else(|| unknown(arg)).or_else(|| no_flag(arg)),
        ErrorKind::InvalidValue if text(ContextKind::InvalidValue)?.is_empty() => descending(arg),
        ErrorKind::InvalidValue => other_letter(arg, text(ContextKind::InvalidValue)?),
        ErrorKind::ValueValidation => a_share(arg, text(ContextKind::InvalidValue)?),
        _ => None,
    }
}

/// What `wc` calls the numbers that `count` prints.
const COUNTED: [&str; 8] = ["-l", "-w", "-m", "-c", "--lines", "--words", "--chars", "--bytes"];

fn unknown(arg: &str) -> Option<String> {
    if typed().next().as_deref() == Some("sample") && !arg.starts_with('-') {
        return Some(
            "`sample` was renamed to `generate`; it writes made-up data and does not sample a file\n  Records of a file are drawn by a flag: pagemill convert INPUT --sample N"
                .to_owned(),
        );
    }
    if typed().next().as_deref() == Some("count") && COUNTED.contains(&arg) {
        return Some(format!(
            "there is no flag `{arg}`: `count` always prints lines, words, characters and bytes, in this order; -r prints only records"
        ));
    }
    if typed().next().as_deref() == Some("run")
        && let Some(key) = arg.strip_prefix("--").filter(|name| flags::find(Commands::CONVERT, name).is_some())
    {
        return Some(format!(
            "there is no flag `{arg}` in `run`: it would change the job\n  Put it into the job: {key} = …"
        ));
    }
    let digits = arg.strip_prefix('-').filter(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    if typed().next().as_deref() == Some("head")
        && let Some(first) = digits.filter(|digits| !digits.is_empty())
    {
        let words: Vec<String> = typed().collect();
        let number = words.iter().filter_map(|word| word.strip_prefix('-')).find(|word| word.starts_with(first));
        return Some(format!(
            "there is no flag `{arg}`\n  The number of records has a flag: -n {}",
            number.unwrap_or(first)
        ));
    }
    let tip = tip(arg)?;
    // Other wrong flags on the same command line: users should not have to correct them one by one.
    let others: Vec<(String, Tip)> = wrong_flags().into_iter().filter(|(flag, _)| flag != arg).collect();
    let no = |flag: &str, why: &str| format!("there is no flag `{flag}`: {why}");
    let mut once = Once::given(command());
    let mut is = |flag: &str, instead: &str| match once.left(instead).is_empty() {
        true => format!("`{flag}` is `{instead}` here, which is there already"),
        false => format!("`{flag}` is `{instead}` here"),
    };
    let mut said = false;
    let mut lines = Vec::new();
    for (flag, tip) in [(arg, tip)].into_iter().chain(others.iter().map(|(flag, tip)| (flag.as_str(), *tip))) {
        lines.push(match tip {
            Say(instead) => is(flag, instead),
            Drop(why) | No(why) => no(flag, why),
        });
        said |= !matches!(tip, No(_));
    }
    if said {
        lines.push(match tip {
            Say(instead) => corrected(arg, instead),
            Drop(_) => corrected(arg, ""),
            No(_) => corrected("", ""),
        });
    }
    Some(lines.join("\n  "))
}

/// What is known about a flag that does not exist.
fn tip(flag: &str) -> Option<Tip> {
    if ["--rows", "--count", "--lines", "-l"].contains(&flag) && is_flag("--size") {
        return Some(Say("--records"));
    }
    // As in `split` of the shell.
    if ["-b", "-C", "--line-bytes"].contains(&flag) && command().get_name() == "split" {
        return Some(Say("--size"));
    }
    if is_flag("--window")
        && let Some(tip) = find(&WINDOWS, flag)
    {
        return Some(tip);
    }
    let name = command().get_name().to_owned();
    let here = IN_COMMANDS.iter().find(|(command, known, _)| *command == name && *known == flag);
    // A flag of another command would be refused as well.
    let is_there = |tip: &Tip| match tip {
        Say("--help") => true,
        Say(instead) => is_flag(instead.split(' ').next().unwrap_or_default()),
        Drop(_) | No(_) => true,
    };
    here.map(|(_, _, tip)| *tip).or_else(|| find(&FLAGS, flag)).filter(is_there)
}

/// All flags on the command line that are known not to exist, each once.
fn wrong_flags() -> Vec<(String, Tip)> {
    let mut found: Vec<(String, Tip)> = Vec::new();
    for word in typed().take_while(|word| word != "--") {
        let flag = word.split('=').next().unwrap_or_default();
        // The command may have a hidden flag with this name.
        if let Some(tip) = tip(flag).filter(|_| !is_flag(flag) && found.iter().all(|(known, _)| known != flag)) {
            found.push((flag.to_owned(), tip));
        }
    }
    found
}

/// The command of this process, judging by the first word.
pub fn command() -> clap::Command {
    let said = typed().next().and_then(|word| commands::named(&word));
    let entry = said.unwrap_or(&commands::ALL[0]);
    parser::build(entry, clap::Command::new(entry.name))
}

/// Whether the command of this process has this flag.
fn is_flag(flag: &str) -> bool {
    command().get_arguments().any(|arg| {
        let longs = arg.get_long_and_visible_aliases().unwrap_or_default();
        let hidden = arg.get_aliases().unwrap_or_default();
        longs.iter().chain(&hidden).any(|long| flag.strip_prefix("--") == Some(long))
            || arg.get_short().is_some_and(|short| flag.strip_prefix('-') == Some(short.to_string().as_str()))
    })
}

/// The message for an unknown flag. Old spellings, and the opposite of a flag, are not suggested.
fn no_flag(flag: &str) -> Option<String> {
    if !flag.starts_with('-') {
        return None;
    }
    let command = command();
    let name = flag.trim_start_matches('-');
    let is_opposite = |long: &&str| {
        ["un", "no-"].iter().any(|no| long.strip_prefix(no) == Some(name) || name.strip_prefix(no) == Some(long))
    };
    let shown = command.get_arguments().filter(|arg| !arg.is_hide_set());
    let longs = shown.filter_map(|arg| arg.get_long()).chain(["help", "version"]);
    let longs: Vec<&str> = longs.filter(|long| !is_opposite(long)).collect();
    let like = if flag.starts_with("--") { pagemill::op::nearest(&longs, name) } else { None };
    let like = like.map(|like| format!("\n  Did you mean `--{like}`?")).unwrap_or_default();
    let help = format!("`pagemill {} --help` shows all flags.", command.get_name());
    Some(format!("there is no flag `{flag}`{like}\n  {help}"))
}

/// `--by -fare`, which is descending order in other tools: the parser refuses the flag or its value.
fn descending(arg: &str) -> Option<String> {
    let flag = match command().get_name() {
        "sort" => "--by",
        "aggregate" => "--sort",
        _ => return None,
    };
    let words: Vec<String> = typed().collect();
    let value = &words.windows(2).find(|pair| pair[0] == flag)?[1];
    let field = value.strip_prefix('-').filter(|field| !field.is_empty() && !field.starts_with('-'))?;
    (arg.split(' ').next() == Some(flag) || value.starts_with(arg)).then(|| {
        let key = format!("{field}:desc");
        format!(
            "`{flag}` needs a value, and `{value}` looks like a flag\n  For descending order: {flag} {}",
            quoted(&key)
        )
    })
}

/// `--sample 0.1`, which is a share in other tools.
fn a_share(arg: &str, value: &str) -> Option<String> {
    let share = value.strip_suffix('%').unwrap_or(value);
    let is_share = share.len() < value.len() || share.contains('.');
    (arg.starts_with("--sample ") && is_share && share.parse::<f64>().is_ok()).then(|| {
        format!(
            "`--sample` takes a number of records, not a share: `{value}`\n  `pagemill count -r INPUT` tells how many there are."
        )
    })
}

/// Letters that mean something else in other tools, recognised by their values there.
fn other_letter(arg: &str, value: &str) -> Option<String> {
    let is_number = || value.bytes().all(|byte| byte.is_ascii_digit() || byte == b',' || byte == b'-');
    let is_mark = || value.len() == 1 && value.bytes().all(|byte| byte.is_ascii_punctuation() || byte == b'\t');
    if arg.starts_with("--to ") && is_number() {
        return Some(format!(
            "-t is the format of the output; -j is the number of workers\n  {}",
            corrected("-t", "-j")
        ));
    }
    if arg.starts_with("--to ") && is_mark() {
        return Some(format!("-t is the format of the output; -d is the delimiter\n  {}", corrected("-t", "-d")));
    }
    if arg.starts_with("--from ") && is_number() {
        return Some("-f is the format of the input; --select NAMES chooses fields by name".to_owned());
    }
    if arg.starts_with("--from ") && Path::new(value).exists() {
        return Some(format!("-f is the format of the input; an input needs no flag\n  {}", corrected("-f", "")));
    }
    None
}

/// `-o csv`: in other tools this is a format.
pub fn format_as_output(output: &str) -> Option<Error> {
    let is_format = Format::ALL.iter().any(|format| format.name().eq_ignore_ascii_case(output)) || output == "jsonl";
    is_format.then(|| {
        Error::usage(format!(
            "-o is the file to write; -t is the format of the output\n  {}\n  To write a file called `{output}`, give its format with -t too.",
            corrected("-o", "-t")
        ))
    })
}

/// `-n 5`: in other tools this is how many records are wanted.
pub fn number_after_n(inputs: &[PathBuf]) -> Option<Error> {
    let is_number = |path: &&PathBuf| path.as_os_str().as_encoded_bytes().iter().all(u8::is_ascii_digit);
    let number = inputs.iter().find(is_number).filter(|path| !path.exists())?;
    let is_after = env::args_os().collect::<Vec<_>>().windows(2).any(|words| words[0] == "-n" && words[1] == **number);
    is_after.then(|| {
        Error::usage(format!(
            "there is no file `{0}`: -n is --no-headers here, and takes no number\n  --limit {0} writes at most {0} records, and `pagemill head -n {0}` shows them.",
            number.display()
        ))
    })
}

/// The error for a command that comes after flags.
pub fn command_first(command: &str) -> Error {
    let mut words: Vec<String> = typed().map(|word| quoted(&word).into_owned()).collect();
    if let Some(at) = words.iter().position(|word| word == command) {
        words.remove(at);
    }
    Error::usage(format!("the command comes first\n  pagemill {command} {}", words.join(" ")))
}

/// The command line of this process with one thing corrected, along with all other flags that are known not to exist.
pub fn corrected(wrong: &str, right: &str) -> String {
    let others = wrong_flags();
    let mut words = vec!["pagemill".to_owned()];
    let mut are_flags = true;
    // In other tools a verb follows the flags: `--icsv --ojson cat`.
    let verb_follows = typed().next().is_some_and(|word| word.starts_with('-'));
    let mut once = Once::given(command());
    let mut rest = typed();
    while let Some(word) = rest.next() {
        are_flags &= word != "--";
        if verb_follows && word == "cat" && !Path::new("cat").exists() {
            continue;
        }
        let flag = word.split('=').next().unwrap_or_default();
        let other = others.iter().find(|(other, _)| are_flags && other == flag);
        let is_joined = wrong.len() == 2 && other.is_none() && are_flags && word.starts_with(wrong);
        if is_joined && matches!(tip(wrong), Some(Say(_))) && once.left(right).is_empty() {
            continue;
        }
        let left = if let Some((_, Say(right))) = other { once.left(right) } else { String::new() };
        let (wrong, right) = match other {
            Some((other, Say(right))) if left.is_empty() => {
                // Its value is dropped with it.
                if word == *other && !right.contains(' ') && once.has_value(right) {
                    rest.next();
                }
                continue;
            }
            Some((other, Say(_))) => (other.as_str(), left.as_str()),
            Some((other, Drop(_))) => (other.as_str(), ""),
            _ => (wrong, right),
        };
        let long_value = word.strip_prefix(wrong).and_then(|rest| rest.strip_prefix('=')).filter(|_| wrong.len() > 2);
        let joined = word.strip_prefix(wrong).filter(|_| wrong.len() == 2 && !wrong.starts_with("--"));
        match (long_value, joined) {
            _ if word == wrong => words.extend((!right.is_empty()).then(|| right.to_owned())),
            (Some(value), _) if right.is_empty() => words.push(quoted(value).into_owned()),
            (Some(value), _) if right.len() == 2 => words.push(format!("{right} {}", quoted(value))),
            (Some(value), _) => words.push(format!("{right}={}", quoted(value))),
            (_, Some(value)) => words.push(format!("{right} {}", quoted(value)).trim_start().to_owned()),
            _ => words.push(quoted(&word).into_owned()),
        }
    }
    words.join(" ")
}

/// A word quoted for a shell.
pub fn quoted(word: &str) -> Cow<'_, str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./=:,+%@".contains(&byte) || !byte.is_ascii();
    match word {
        _ if !word.is_empty() && word.bytes().all(plain) => word.into(),
        // Easier to read than `\'` between quotes.
        _ if word.contains('\'') && !word.contains(['"', '$', '`', '\\', '!']) => format!("\"{word}\"").into(),
        _ => format!("'{}'", word.replace('\'', r"'\''")).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a tip suggests exists, and no flag has been added that has a tip.
    #[test]
    fn tips_name_flags_that_exist() {
        let mut cli = parser::cli();
        cli.build();
        let convert = cli.find_subcommand("convert").unwrap();
        let known = |flag: &str| {
            convert.get_arguments().any(|arg| {
                arg.get_long().is_some_and(|long| flag == format!("--{long}"))
                    || arg.get_short().is_some_and(|short| flag == format!("-{short}"))
            })
        };
        for (flag, tip) in FLAGS {
            assert!(!known(flag), "{flag} is a flag of convert: its tip is never seen");
            if let Say(instead) = tip {
                let said = instead.split(' ').filter(|word| word.starts_with('-'));
                said.for_each(|word| assert!(known(word), "{word}, said instead of {flag}, is not a flag"));
            }
        }
        for (command, flag, tip) in IN_COMMANDS {
            let command = cli.find_subcommand(command).unwrap();
            let longs: Vec<String> =
                command.get_arguments().filter_map(|arg| Some(format!("--{}", arg.get_long()?))).collect();
            let has = |flag: &str| {
                let letter = flag.strip_prefix('-').filter(|letter| letter.len() == 1);
                longs.iter().any(|long| long == flag)
                    || command.get_arguments().any(|arg| arg.get_short().map(String::from).as_deref() == letter)
                        && letter.is_some()
            };
            assert!(!has(flag), "{flag} is a flag of {}: its tip is never seen", command.get_name());
            if let Say(instead) = tip {
                assert!(has(instead), "{instead}, said instead of {flag}, is not a flag of {}", command.get_name());
            }
        }
        for (word, _) in COMMANDS {
            assert!(commands::named(word).is_none(), "{word} is a command");
        }
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("a-b.csv"), "a-b.csv");
        assert_eq!([quoted("it's"), quoted("'")], ["\"it's\"", "\"'\""]);
        assert_eq!(quoted("it's $5"), r"'it'\''s $5'");
        assert_eq!([quoted(""), quoted(";")], ["''", "';'"]);
    }
}
