//! What other languages write in expressions, and how to write it here.

use super::lexer::{KEYWORDS, Token, Word};

/// Functions that other programs have, and what to do here, as a sentence.
const FUNCTIONS: [(&[&str], &str); 18] = [
    (&["if", "iif", "ifelse", "if_else"], "Write CASE WHEN condition THEN value ELSE other END."),
    (&["decode", "switch"], "Write CASE x WHEN 1 THEN 'a' WHEN 2 THEN 'b' ELSE 'c' END."),
    (&["isnull", "is_null", "isna"], "Write x IS NULL; or coalesce(x, other) for another value in its place."),
    (&["nvl"], "Write coalesce(x, other)."),
    (&["to_char", "format", "date_format", "format_date", "format_datetime"], "Write strftime(time, '%Y-%m-%d')."),
    (&["str_to_date", "parse_date"], "Write to_date(x, '%d.%m.%Y')."),
    (&["parse_datetime", "parse_timestamp"], "Write to_timestamp(x, '%d.%m.%Y %H:%M')."),
    (
        &["now", "today", "current_date", "current_timestamp", "getdate", "sysdate"],
        "The same input gives the same output on any day. Write the time itself: CAST('2024-06-01' AS date).",
    ),
    (
        &["datediff", "date_diff", "timestampdiff", "age"],
        "Seconds between two times: date_part('epoch', b) - date_part('epoch', a).",
    ),
    (
        &["dateadd", "date_add", "date_sub"],
        "Times can't be added to. As seconds: date_part('epoch', x) + 86400 is a day later.",
    ),
    (&["int", "integer", "to_int", "toint"], "Write CAST(x AS integer)."),
    (&["float", "double", "decimal", "numeric", "number"], "Write CAST(x AS decimal)."),
    (&["str", "string", "text", "to_string"], "Write CAST(x AS text)."),
    (&["left"], "Write substr(x, 1, length)."),
    (&["instr", "charindex", "position", "locate"], "Write strpos(text, part)."),
    (&["regexp_like", "regexp_matches", "regex_match", "rlike"], "Write x ~ 'regex'."),
    (&["row_number", "rownum"], "Write record_number()."),
    (&["startswith"], "Write starts_with(text, beginning)."),
];

/// Functions over many records.
const TOTALS: [&str; 12] =
    ["sum", "mean", "avg", "count", "min", "max", "median", "stddev", "quantile", "distinct", "first", "last"];

/// Parts of a time, which are arguments here.
const PARTS: [&str; 8] = ["year", "quarter", "month", "week", "day", "hour", "minute", "second"];

/// What to do instead of calling a function that does not exist, as a sentence.
pub fn function(name: &str) -> Option<String> {
    if PARTS.contains(&name) {
        return Some(format!("Write date_part('{name}', x)."));
    }
    if TOTALS.contains(&name) {
        return Some(format!(
            "`{name}` is over many records: it is a function of groups, which `pagemill aggregate` makes."
        ));
    }
    FUNCTIONS.iter().find(|(names, _)| names.contains(&name)).map(|(_, instead)| (*instead).to_owned())
}

/// What to write instead of the word at a place where it is not expected, as a sentence.
pub fn word(tokens: &[Token], at: usize) -> Option<String> {
    let before = at.checked_sub(1).map(|before| &tokens[before]);
    let sign = match before.map(|token| &token.word) {
        Some(Word::Sign(sign)) => *sign,
        _ => "",
    };
    let name = match before.map(|token| &token.word) {
        Some(Word::Name(name)) => name.to_ascii_lowercase(),
        _ => String::new(),
    };
    let hint = match &tokens[at].word {
        Word::Name(word) => match word.to_ascii_lowercase().as_str() {
            "ilike" => "Write lower(x) LIKE 'pattern', or x ~ '(?i)regex'.",
            "regexp" | "rlike" | "matches" | "similar" | "glob" => "Write x ~ 'regex'.",
            "contains" => "Write contains(text, part).",
            "where" if at == 0 => "Leave out WHERE: the condition alone is enough.",
            "select" if at == 0 => "This is not a query: write only a condition, or a value.",
            "equals" | "eq" => "Write =.",
            _ => match before.map(|token| &token.word) {
                Some(Word::Name(first)) if !KEYWORDS.contains(&name.as_str()) => {
                    return Some(format!("A field whose name has blanks is in double quotes: \"{first} {word}\"."));
                }
                _ => return None,
            },
        },
        Word::Sign(",") if is_outside(&tokens[..at]) => "One expression is expected: give the next one on its own.",
        Word::Sign(">") if sign == "=" => "Write >=.",
        Word::Sign("<") if sign == "=" => "Write <=.",
        Word::Sign("~") if sign == "=" => "Write ~.",
        Word::Sign("*") if matches!(sign, "~" | "!~") => "Write x ~ '(?i)regex' to ignore upper and lower case.",
        Word::Sign("[") if name == "in" => "A list is in parentheses: x IN ('a', 'b').",
        Word::Text(text) if matches!(name.as_str(), "date" | "timestamp") => {
            return Some(format!("Write CAST('{}' AS {name}).", text.replace('\'', "''")));
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

/// Whether no parenthesis is open after these words.
fn is_outside(tokens: &[Token]) -> bool {
    let count = |sign| tokens.iter().filter(|token| token.word == Word::Sign(sign)).count();
    count("(") == count(")")
}

/// A name that is compared with something, and that no field has: perhaps it is a text without its quotes.
pub fn text(expression: &str, at: usize, name: &str) -> Option<String> {
    let before = expression.get(..at)?.trim_end();
    let is_compared = before.ends_with(['=', '>', '<']) || before.to_ascii_lowercase().ends_with(" like");
    is_compared.then(|| format!("A text is in single quotes: '{}'.", name.replace('\'', "''")))
}
