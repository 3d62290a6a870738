//! Names that other systems accept, each once.

use std::collections::HashSet;

/// Names that were given, as a system compares them.
pub(super) struct Names {
    taken: HashSet<String>,
    /// Capital and small letters are the same.
    folds: bool,
}

impl Names {
    pub fn new() -> Names {
        Names { taken: HashSet::new(), folds: false }
    }

    /// For a system that does not tell capital and small letters apart.
    pub fn folding() -> Names {
        Names { folds: true, ..Names::new() }
    }

    /// Whether a name is new; it is taken from now on.
    fn take(&mut self, name: &str) -> bool {
        self.taken.insert(if self.folds { name.to_lowercase() } else { name.to_owned() })
    }

    /// The name itself if nobody has it, or else with a number.
    pub fn unique(&mut self, name: &str) -> String {
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let mut all = std::iter::once(name.to_owned()).chain(numbered);
        all.find(|name| self.take(name)).unwrap_or_default()
    }

    /// A name of letters, digits and `_` that does not begin with a digit.
    pub fn word(&mut self, name: &str) -> String {
        self.unique(&word(name))
    }
}

/// Whether a text is letters, digits and `_`, and does not begin with a digit.
pub(crate) fn is_word(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The same with `_` in the place of other characters, and before a digit.
pub(super) fn word(name: &str) -> String {
    let digit = name.bytes().next().is_none_or(|first| first.is_ascii_digit());
    let kept = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' });
    let mut word: String = digit.then_some('_').into_iter().chain(kept).collect();
    if word.bytes().all(|byte| byte == b'_') {
        word += "field";
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_and_each_is_there_once() {
        let mut names = Names::new();
        let made = ["a.b", "a b", "a_b", "2nd", "", "über", "ok"].map(|name| names.word(name));
        assert_eq!(made, ["a_b", "a_b_2", "a_b_3", "_2nd", "_field", "_ber", "ok"]);
        assert!(made.iter().all(|name| is_word(name)) && !is_word("2") && !is_word(""));
        let mut names = Names::folding();
        assert_eq!(["Id", "iD", "x"].map(|name| names.unique(name)), ["Id", "iD_2", "x"]);
    }
}
