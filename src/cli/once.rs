//! The flags that a command line already has, so that a tip does not repeat them.

use std::env;

use clap::ArgAction;

/// The words after the name of the program, for display: bytes that are not UTF-8 are replaced.
pub fn typed() -> impl Iterator<Item = String> {
    env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned())
}

/// Flags that can be given only once, and have been.
pub struct Once {
    command: clap::Command,
    there: Vec<clap::Id>,
}

impl Once {
    /// The flags on this process's command line.
    pub fn given(command: clap::Command) -> Once {
        let mut once = Once { command, there: Vec::new() };
        for word in typed().take_while(|word| word != "--") {
            once.there.extend(once.flag(&word).map(|arg| arg.get_id().clone()));
        }
        once
    }

    /// The flag that this word gives, if it can't be given again.
    fn flag(&self, word: &str) -> Option<&clap::Arg> {
        let is_given = |arg: &&clap::Arg| match word.strip_prefix("--") {
            Some(long) => arg.get_long() == long.split('=').next(),
            None => arg.get_short().is_some_and(|short| word.strip_prefix('-').is_some_and(|it| it.starts_with(short))),
        };
        let flag = self.command.get_arguments().find(is_given)?;
        Some(flag).filter(|flag| !matches!(flag.get_action(), ArgAction::Append))
    }

    /// What is left of a tip without the flags already given; from now on the others count as given too.
    pub fn left(&mut self, said: &str) -> String {
        let mut left = Vec::new();
        let mut is_new = true;
        for word in said.split(' ') {
            if word.starts_with('-') {
                let flag = self.flag(word).map(|arg| arg.get_id().clone());
                is_new = flag.as_ref().is_none_or(|flag| !self.there.contains(flag));
                self.there.extend(flag);
            }
            left.extend(is_new.then_some(word));
        }
        left.join(" ")
    }

    /// Whether a value follows this flag.
    pub fn has_value(&self, flag: &str) -> bool {
        self.flag(flag).is_some_and(|flag| flag.get_action().takes_values())
    }
}
