//! From the text of an expression to its words.

use std::ops::Range;

use super::fault::Fault;

/// Words that can't be the name of a field without quotes.
pub const KEYWORDS: [&str; 24] = [
    "and", "or", "not", "is", "in", "between", "like", "escape", "case", "when", "then", "else", "end", "cast",
    "try_cast", "as", "null", "absent", "true", "false", "from", "select", "where", "ilike",
];

/// A word and where it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    pub span: Range<usize>,
    pub word: Word,
}

/// A word of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Word {
    /// A name or a keyword.
    Name(String),
    /// A name in quotes, which is never a keyword.
    Quoted(String),
    Number(String),
    Text(String),
    Sign(&'static str),
    End,
}

/// All signs; a longer one comes before its beginning.
const SIGNS: [&str; 23] = [
    "!~", "!=", "<>", "<=", ">=", "==", "&&", "||", "=", "<", ">", "+", "-", "*", "/", "%", "~", "(", ")", "[", "]",
    ",", ".",
];

/// Cuts a text into words. The last one is the end.
pub fn words(text: &str) -> Result<Vec<Token>, Fault> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        // After a dot, digits are the number of an item.
        let item = matches!(tokens.last(), Some(Token { word: Word::Sign("."), span }) if span.end == at);
        let (word, end) = match first {
            '\'' => quoted(text, at, '\'', "a text").map(|(text, end)| (Word::Text(text), end))?,
            '"' | '`' => quoted(text, at, first, "a name").map(|(name, end)| (Word::Quoted(name), end))?,
            '0'..='9' => number(text, at, item)?,
            first if begins_name(first) => {
                let end = text[at..].find(|c| !is_in_name(c)).map_or(text.len(), |len| at + len);
                (Word::Name(text[at..end].to_owned()), end)
            }
            _ => sign(text, at)?,
        };
        tokens.push(Token { span: at..end, word });
        at = end;
    }
    tokens.push(Token { span: text.len()..text.len(), word: Word::End });
    Ok(tokens)
}

fn begins_name(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

fn is_in_name(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// What is between quotes; inside, two of them are one.
fn quoted(text: &str, start: usize, quote: char, what: &str) -> Result<(String, usize), Fault> {
    let mut inside = String::new();
    let mut at = start + 1;
    loop {
        let Some(len) = text[at..].find(quote) else {
            return Err(Fault::new(start, format!("{what} begins here and never ends: a {quote} is missing")));
        };
        inside.push_str(&text[at..at + len]);
        at += len + 1;
        if !text[at..].starts_with(quote) {
            break;
        }
        inside.push(quote);
        at += 1;
    }
    if inside.is_empty() && quote != '\'' {
        return Err(Fault::new(start, "a name is empty").hint("An empty text is written as ''."));
    }
    Ok((inside, at))
}

fn number(text: &str, start: usize, item: bool) -> Result<(Word, usize), Fault> {
    let bytes = text.as_bytes();
    let digits = |from: usize| from + bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut end = digits(start);
    if !item {
        if bytes.get(end) == Some(&b'.') && digits(end + 1) > end + 1 {
            end = digits(end + 1);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            let last = digits(end + 1 + sign);
            end = if last > end + 1 + sign { last } else { end };
        }
        if bytes[start] == b'0' && bytes.get(start + 1).is_some_and(u8::is_ascii_digit) {
            let digits = &text[start..end];
            return Err(Fault::new(start, format!("{digits} is not a number: it begins with a zero"))
                .hint(format!("Write '{digits}' for a text, or leave out the zero.")));
        }
        if let Some(c) = text[end..].chars().next().filter(|c| is_in_name(*c)) {
            let end = text[end..].find(|c| !is_in_name(c)).map_or(text.len(), |len| end + len);
            return Err(Fault::new(start, format!("a number ends before `{c}`")).hint(format!(
                "The name of a field that begins with a digit needs quotes: \"{}\".",
                &text[start..end]
            )));
        }
    }
    Ok((Word::Number(text[start..end].to_owned()), end))
}

fn sign(text: &str, at: usize) -> Result<(Word, usize), Fault> {
    if text[at..].starts_with("--") {
        let fault = Fault::new(at, "`--` begins a comment in SQL, and an expression has none");
        return Err(fault.hint("Leave the comment out; put a blank between two minus signs."));
    }
    if let Some(sign) = SIGNS.iter().find(|sign| text[at..].starts_with(**sign)) {
        return Ok((Word::Sign(sign), at + sign.len()));
    }
    let c = text[at..].chars().next().unwrap_or_default();
    let shown = if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    let fault = Fault::new(at, format!("`{shown}` means nothing in an expression"));
    Err(match c {
        ':' if text[at..].starts_with("::") => fault.hint(cast(&text[at + 2..])),
        '≠' => fault.hint("Write <>."),
        '≤' => fault.hint("Write <=."),
        '≥' => fault.hint("Write >=."),
        '^' => fault.hint("There is no power; write x * x."),
        ';' => fault.hint("An expression has no semicolon."),
        '&' => fault.hint("Write AND."),
        '|' => fault.hint("Write OR, or || to join texts."),
        '!' => fault.hint("Write NOT."),
        '?' | ':' => fault.hint("Write CASE WHEN condition THEN value ELSE other END."),
        '#' if !text[at + 1..].starts_with(is_in_name) => fault.hint("An expression has no comments."),
        '$' | '#' | '@' => fault.hint("A name with such characters needs quotes: \"$name\"."),
        '’' | '‘' => fault.hint("A text is written between two ' (the straight apostrophe)."),
        '“' | '”' => fault.hint("A name is written between two \" (the straight quote)."),
        _ => fault,
    })
}

/// How `::` and the type that follows it are written, as a sentence.
fn cast(after: &str) -> String {
    let name: String = after.trim_start().chars().take_while(char::is_ascii_alphanumeric).collect();
    let name = match name.to_ascii_lowercase().as_str() {
        "date" => "date",
        "timestamp" | "timestamptz" | "datetime" => "timestamp",
        "int" | "integer" | "bigint" | "int4" | "int8" => "integer",
        "text" | "varchar" | "string" => "text",
        "bool" | "boolean" => "boolean",
        _ => "decimal",
    };
    format!("Write CAST(x AS {name}).")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let tokens = match words(text) {
            Ok(tokens) => tokens,
            Err(fault) => return format!("{} at {}", fault.message, fault.at),
        };
        let shown = tokens.iter().map(|token| match &token.word {
            Word::Name(name) => name.clone(),
            Word::Quoted(name) => format!("\"{name}\""),
            Word::Number(number) => format!("#{number}"),
            Word::Text(text) => format!("'{text}'"),
            Word::Sign(sign) => (*sign).to_owned(),
            Word::End => "end".to_owned(),
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_of_every_kind() {
        assert_eq!(read("a>=1.50 AND`b c`<>'it''s'"), "a >= #1.50 AND \"b c\" <> 'it's' end");
        assert_eq!(read("\"a \"\" b\".c[0] || x.0.1e5"), "\"a \" b\" . c [ #0 ] || x . #0 . #1 e5 end");
        assert_eq!(read("1e5 1E-5 2.e"), "#1e5 #1E-5 #2 . e end");
        assert_eq!(read("größe==-3"), "größe == - #3 end");
        assert_eq!(read(""), "end");
    }

    #[test]
    fn mistakes_are_at_their_place() {
        assert_eq!(read("a = 'b"), "a text begins here and never ends: a ' is missing at 4");
        assert_eq!(read("zip = 007"), "007 is not a number: it begins with a zero at 6");
        assert_eq!(read("a = 12b"), "a number ends before `b` at 4");
        assert_eq!(read("a & b"), "`&` means nothing in an expression at 2");
        assert_eq!(read("\"\" = 1"), "a name is empty at 0");
    }
}
