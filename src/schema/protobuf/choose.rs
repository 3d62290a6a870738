//! Which message of a schema records are.

use std::collections::HashSet;

use super::descriptor::{File, Message};
use crate::nearest::nearest;

/// How many names an error lists.
const LISTED: usize = 20;

/// The full name of the message that was named, or else of the one that no other message uses. `own`: the file of the
/// schema, if it has others that it imports.
pub fn message(files: &[File], own: Option<&str>, named: Option<&str>) -> Result<String, String> {
    let is_own = |file: &&File| match own {
        Some(own) => file.name == own,
        None => !file.name.starts_with("google/protobuf/"),
    };
    let mut all = Vec::new();
    for file in files {
        file.messages.iter().for_each(|message| names(&file.package, message, &mut all));
    }
    if let Some(named) = named {
        let named = named.trim_start_matches('.');
        if all.iter().any(|name| name == named) {
            return Ok(named.to_owned());
        }
        return Err(format!("there is no message `{named}`{}", instead(&all, named)));
    }
    let of_file = |file: &File| {
        let package = file.package.clone();
        let name = move |message: &Message| join(&package, &message.name);
        file.messages.iter().map(name).collect::<Vec<_>>()
    };
    let tops: Vec<String> = files.iter().filter(is_own).flat_map(of_file).collect();
    let mut used = HashSet::new();
    for file in files {
        file.messages.iter().for_each(|message| uses(&file.package, message, &mut used));
    }
    let unused: Vec<&String> = tops.iter().filter(|name| !used.contains(*name)).collect();
    match (&tops[..], &unused[..]) {
        ([], _) => Err("it has no message".to_owned()),
        ([only], _) => Ok(only.clone()),
        (_, [only]) => Ok((*only).clone()),
        (_, []) => Err(which(&tops.iter().collect::<Vec<_>>())),
        (_, some) => Err(which(some)),
    }
}

fn join(outer: &str, name: &str) -> String {
    if outer.is_empty() { name.to_owned() } else { format!("{outer}.{name}") }
}

/// Adds the names of a message and of those inside it.
fn names(outer: &str, message: &Message, all: &mut Vec<String>) {
    if message.options.as_ref().is_some_and(|options| options.map_entry) {
        return;
    }
    let name = join(outer, &message.name);
    message.messages.iter().for_each(|inner| names(&name, inner, all));
    all.push(name);
}

/// Adds the names of messages that others than themselves have as fields.
fn uses(outer: &str, message: &Message, used: &mut HashSet<String>) {
    let name = join(outer, &message.name);
    for field in &message.fields {
        let of = field.type_name.trim_start_matches('.');
        if of != name && !of.is_empty() {
            used.insert(of.to_owned());
        }
    }
    message.messages.iter().for_each(|inner| uses(&name, inner, used));
}

fn listed(names: &[&String]) -> String {
    let shown: Vec<&str> = names.iter().take(LISTED).map(|name| name.as_str()).collect();
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn which(names: &[&String]) -> String {
    format!("it has several messages: {}\n  Say which one records are: ⟨message {}⟩", listed(names), names[0])
}

fn instead(all: &[String], wanted: &str) -> String {
    let shorts: Vec<&str> = all.iter().map(|name| name.rsplit('.').next().unwrap_or(name)).collect();
    let last = wanted.rsplit('.').next().unwrap_or(wanted);
    let same = shorts.iter().position(|short| *short == last).map(|place| all[place].as_str());
    let names: Vec<&str> = all.iter().map(String::as_str).collect();
    let near = || nearest(&names, wanted);
    let short = || nearest(&shorts, last).and_then(|near| Some(&*all[shorts.iter().position(|short| *short == near)?]));
    let meant = same.or_else(near).or_else(short).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    let all: Vec<&String> = all.iter().filter(|name| !name.starts_with("google.protobuf.")).collect();
    format!("{meant}\n  The messages are {}.", listed(&all))
}
