//! What is not written as the call of one function, and how to write it.

use crate::error::Error;
use crate::fold::groups::function::Function;
use crate::fold::groups::items::{named, outside_quotes};

/// Totals are calculated with in a run of their own.
const SECOND_RUN: &str = "Each NAME takes one function. Calculate with results in a second run: pagemill aggregate …⟨stdin csv⟩ ⟨set⟩ 'm = a / b'";

/// The name of a function and what is between its parentheses.
///
/// # Errors
/// Usage: it is not the call of one function.
pub(super) fn call(text: &str) -> Result<(&str, &str), Error> {
    let bad = |why: &str, hint: &str| Error::usage(format!("⟨agg⟩ {text}: {why}\n  {hint}"));
    let no_call = |written: Option<String>| {
        let hint = match written {
            Some(written) => format!("Write {written}."),
            None => {
                let shapes = Function::shapes();
                format!("Write NAME=FUNCTION(FIELD), such as total=sum(fare). The functions are {shapes}.")
            }
        };
        bad("this is not a function call", &hint)
    };
    let Some((called, rest)) = text.split_once('(') else { return Err(no_call(without_parentheses(text))) };
    let Some(end) = closing(rest) else { return Err(no_call(None)) };
    let (called, inside, after) = (called.trim(), &rest[..end], rest[end + 1..].trim());
    let is_name = !called.is_empty() && called.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric());
    let holds_function = || Function::named(called).is_none() && has_function(inside);
    if !is_name && has_function(text) || is_name && after.is_empty() && holds_function() {
        return Err(bad("this calculates with what functions give", SECOND_RUN));
    }
    if after.is_empty() {
        return Ok((called, inside));
    }
    let whole = text[..text.len() - after.len()].trim_end();
    let (word, then) = after.split_once(|c: char| !c.is_ascii_alphabetic()).unwrap_or((after, ""));
    Err(match word.to_ascii_lowercase().as_str() {
        "filter" => {
            let value = if matches!(inside.trim(), "" | "*") { "1" } else { inside.trim() };
            bad(
                "FILTER is not understood here",
                &format!("Write {called}(CASE WHEN condition THEN {value} END): functions leave nulls out."),
            )
        }
        "over" => bad("there are no window functions", "A function gives one value for all records of a group."),
        "as" if !then.trim().is_empty() => bad("AS is not understood here", &format!("Write {}={whole}.", then.trim())),
        _ if named(after).is_some() => {
            bad("a comma is missing between two functions", &format!("Write {whole}, {after}."))
        }
        _ => bad(&format!("`{after}` follows the function"), SECOND_RUN),
    })
}

/// Where the parenthesis is that closes one that was opened before the text.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, c) in outside_quotes(text) {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(at),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Whether a function of groups is called somewhere in a text.
fn has_function(text: &str) -> bool {
    let opens = outside_quotes(text).filter(|(_, c)| *c == '(');
    let mut called = opens.map(|(at, _)| {
        let before = text[..at].trim_end();
        let is_in_name = |c: char| c == '_' || c.is_ascii_alphanumeric();
        before.rsplit(|c| !is_in_name(c)).next().unwrap_or_default()
    });
    called.any(|name| Function::named(name).is_some())
}

/// What was meant by `count` or `fare:mean`.
fn without_parentheses(text: &str) -> Option<String> {
    let of = |function: &Function, field: &str| format!("{}({})", function.name, field.trim());
    match text.split_once(':') {
        Some((field, name)) => match (Function::named(name.trim()), Function::named(field.trim())) {
            (Some(function), _) => Some(of(function, field)),
            (None, Some(function)) => Some(of(function, name)),
            (None, None) => None,
        },
        None => {
            let function = Function::named(text)?;
            Some(of(function, if function.name == "count" { "" } else { "FIELD" }))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::job::Aggregate;

    /// What is not one call gets the right way to write it.
    #[test]
    fn what_is_no_call() {
        for (text, said) in [
            ("m=sum(fare)/count()", "`/count()` follows the function\n  Each NAME takes one function."),
            ("round(mean(fare),2)", "this calculates with what functions give\n  Each NAME"),
            ("m=100*sum(fare)", "this calculates with what functions give\n  Each NAME"),
            ("sum(fare) filter (where city='a)')", "Write sum(CASE WHEN condition THEN fare END)"),
            ("count(*) FILTER (WHERE a)", "Write count(CASE WHEN condition THEN 1 END)"),
            ("sum(ms) OVER (ORDER BY x)", "there are no window functions"),
            ("n=count() m=max(fare)", "a comma is missing between two functions\n  Write count(), m=max(fare)."),
            ("sum(fare) as y", "Write y=sum(fare)."),
            ("fare:mean", "this is not a function call\n  Write mean(fare)."),
            ("mean:fare", "Write mean(fare)."),
            ("n=COUNT", "Write count()."),
            ("max", "Write max(FIELD)."),
            ("fare", "this is not a function call\n  Write NAME=FUNCTION(FIELD)"),
            ("sum(fare", "this is not a function call"),
            ("distinct(a,b)", "distinct(concat(a, '|', b))"),
            ("lower(city)", "there is no function `lower`"),
        ] {
            let error = Aggregate::new().function(text).err().map(|error| error.to_string());
            assert!(error.as_ref().is_some_and(|error| error.contains(said)), "{text}: {error:?}");
        }
        for good in ["s=sum((a + b) * 2)", "n=count( * )", "max( ')' )", "s = sum(CASE WHEN a = '(' THEN 1 END) "] {
            Aggregate::new().function(good).unwrap();
        }
    }
}
