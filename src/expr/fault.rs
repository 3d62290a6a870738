//! What is wrong with the text of an expression, and where.

use crate::error::Error;

/// A mistake in an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where it is in the text, in bytes.
    pub at: usize,
    /// What is wrong, as a phrase.
    pub message: String,
    /// What to do about it, as a sentence.
    pub hint: Option<String>,
}

/// How many characters of a long expression are shown before and after the mistake.
const AROUND: usize = 50;

impl Fault {
    pub fn new(at: usize, message: impl Into<String>) -> Fault {
        Fault { at, message: message.into(), hint: None }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Fault {
        self.hint = Some(hint.into());
        self
    }

    /// The error, with the line of the text and a mark below the place.
    pub fn into_error(self, text: &str) -> Error {
        let mut message = format!("{}\n{}", self.message, excerpt(text, self.at));
        if let Some(hint) = self.hint {
            message += &format!("\n  {hint}");
        }
        Error::usage(message)
    }
}

/// The line of a text around a place, in bytes, and a mark below the place.
pub fn excerpt(text: &str, at: usize) -> String {
    let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let start = text[..at].rfind('\n').map_or(0, |line_break| line_break + 1);
    let end = text[at..].find('\n').map_or(text.len(), |line_break| at + line_break);
    let before: Vec<char> = text[start..at].chars().collect();
    let cut = before.len().saturating_sub(AROUND);
    let after: String = text[at..end].chars().take(AROUND).collect();
    let dots = |cut: bool| if cut { "…" } else { "" };
    let shown: String = before[cut..].iter().map(|c| if c.is_control() { ' ' } else { *c }).collect();
    let mark = " ".repeat(dots(cut > 0).chars().count() + shown.chars().count());
    let more = dots(after.len() < end - at);
    format!("  {}{shown}{after}{more}\n  {mark}^", dots(cut > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_below_the_mistake() {
        let error = Fault::new(7, "no").hint("Do this.").into_error("straße > 1").to_string();
        assert_eq!(error, "no\n  straße > 1\n        ^\n  Do this.");
        let error = Fault::new(4, "no").into_error("a =\n?").to_string();
        assert_eq!(error, "no\n  ?\n  ^");
        let long = format!("{}?{}", "a".repeat(80), "b".repeat(80));
        let error = Fault::new(80, "no").into_error(&long).to_string();
        let shown = format!("…{}?{}…", "a".repeat(50), "b".repeat(49));
        assert_eq!(error, format!("no\n  {shown}\n  {}^", " ".repeat(51)));
    }
}
