//! The list of ops.

use crate::error::Error;
use crate::op::{self, NAMES, Parsed, split};

/// Reads ops: each text is a comma-separated list of `NAME` or `NAME:field+field`, as [`op::parse`] takes it. Fields
/// may also be separated by commas (`upper:name,city,trim`): what is not the name of an op, nor similar to one, is a
/// further field of the op before it.
///
/// # Errors
/// Usage: an unknown name, a field similar to an op's name, or an op after `wordcount`.
pub fn parse_ops(texts: &[String]) -> Result<Parsed, Error> {
    let joined = texts.iter().map(|text| join_fields(text)).collect::<Result<Vec<_>, _>>()?;
    op::parse_all(joined.iter().map(String::as_str))
}

/// The text with `+` between the fields of an op.
fn join_fields(text: &str) -> Result<String, Error> {
    let mut joined = String::with_capacity(text.len());
    let mut op: Option<&str> = None;
    for part in split(text, ',')? {
        let name = part.split(':').next().unwrap_or_default().trim().to_ascii_lowercase();
        match &op {
            Some(op) if !part.contains(':') && !NAMES.contains(&name.as_str()) => {
                if let Some(like) = op::nearest(&NAMES, &name) {
                    return Err(Error::usage(format!(
                        "⟨ops⟩: is `{name}` the op `{like}`, or a field of {op}?\n  Write the op's whole name, or join the field with a plus sign: {op}+{part}"
                    )));
                }
                joined.push('+');
            }
            _ => {
                joined.push_str(if joined.is_empty() { "" } else { "," });
                op = part.contains(':').then_some(part);
            }
        }
        joined.push_str(part);
    }
    Ok(joined)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::Folding;

    #[test]
    fn fields_follow_their_op() {
        let table = [
            ("trim,upper:name", "trim,upper:name"),
            ("upper:name,home.city,trim", "upper:name+home.city,trim"),
            ("upper:a+b,c,lower:d", "upper:a+b+c,lower:d"),
            (r"upper:a\,b,c", r"upper:a\,b+c"),
            ("upper,name", "upper,name"),
        ];
        for (text, joined) in table {
            assert_eq!(join_fields(text).ok().as_deref(), Some(joined), "{text}");
        }
    }

    #[test]
    fn a_slip_of_the_finger_is_no_field() {
        let error = join_fields("upper:name,trmi").expect_err("like trim").to_string();
        assert!(error.contains("`trim`") && error.contains("upper:name+trmi"), "{error}");
    }

    #[test]
    fn ops_of_several_flags_are_one_list() {
        let ops = |texts: &[&str]| parse_ops(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        let parsed = ops(&["upper:name,city", "trim,wordcount"]).expect("known ops");
        let fields: Vec<usize> = parsed.ops.iter().map(|op| op.fields().len()).collect();
        assert_eq!((fields, parsed.fold), (vec![2, 0], Some(Folding::WordCount)));
        assert!(ops(&["wordcount", "upper"]).is_err() && ops(&["upper", "name"]).is_err());
    }
}
