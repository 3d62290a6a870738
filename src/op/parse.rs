//! The text of the flag `--op`.

use std::sync::Arc;

use super::escape::{split, unescape};
use super::{ChangeCase, Fields, Folding, Op, Reverse, Trim};
use crate::error::{Error, Result};
use crate::nearest::nearest;

/// The names of the ops.
pub const NAMES: [&str; 10] = [
    "upper",
    "uppercase",
    "lower",
    "lowercase",
    "upper-ascii",
    "lower-ascii",
    "trim",
    "reverse",
    "reverse-chars",
    "wordcount",
];

/// What `--op` asks for.
#[derive(Default)]
#[non_exhaustive]
pub struct Parsed {
    /// The ops, to be applied left to right.
    pub ops: Vec<Arc<dyn Op>>,
    /// What the pipeline ends in, if not in records.
    pub fold: Option<Folding>,
}

/// Reads one `--op`: names separated by commas, each followed by `:` and fields joined by `+` unless it applies to all
/// of them. After a backslash, `,`, `+`, `:`, `=`, `.` and `\` are part of a field's name.
///
/// ```
/// let parsed = pagemill::op::parse("upper:name+address.city,trim")?;
/// assert_eq!(parsed.ops[0].name(), "upper");
/// assert_eq!(parsed.ops[0].fields().len(), 2);
/// assert!(parsed.ops[1].fields().is_empty());
/// # Ok::<(), pagemill::error::Error>(())
/// ```
///
/// # Errors
/// Unknown names, empty fields, and `wordcount` with fields or anywhere but at the end.
pub fn parse(spec: &str) -> Result<Parsed> {
    parse_all([spec])
}

/// Reads several `--op` as if they were one, joined by commas.
///
/// # Errors
/// Like [`parse`].
pub fn parse_all<'s>(specs: impl IntoIterator<Item = &'s str>) -> Result<Parsed> {
    let mut parsed = Parsed::default();
    for spec in specs {
        for item in split(spec, ',')? {
            if let Some(fold) = parsed.fold {
                return Err(after(fold));
            }
            add(item, &mut parsed)?;
        }
    }
    Ok(parsed)
}

/// The error for an op after the one that has to be the last.
pub(crate) fn after(fold: Folding) -> Error {
    Error::usage(format!("`{}` has to be the last op, and can be given once", fold.name()))
}

fn add(item: &str, parsed: &mut Parsed) -> Result<()> {
    let (name, fields) = item.split_once(':').map_or((item, None), |(name, fields)| (name, Some(fields)));
    let name = name.trim().to_ascii_lowercase();
    let op: Arc<dyn Op> = match name.as_str() {
        "upper" | "uppercase" => Arc::new(ChangeCase::upper(named(item, fields)?)),
        "lower" | "lowercase" => Arc::new(ChangeCase::lower(named(item, fields)?)),
        "upper-ascii" => Arc::new(ChangeCase::upper_ascii(named(item, fields)?)),
        "lower-ascii" => Arc::new(ChangeCase::lower_ascii(named(item, fields)?)),
        "trim" => Arc::new(Trim::new(named(item, fields)?)),
        "reverse" => Arc::new(Reverse::clusters(named(item, fields)?)),
        "reverse-chars" => Arc::new(Reverse::chars(named(item, fields)?)),
        "wordcount" if fields.is_some() => {
            return Err(Error::usage("`wordcount` counts whole records: it takes no fields"));
        }
        "wordcount" => {
            parsed.fold = Some(Folding::WordCount);
            return Ok(());
        }
        _ => return Err(unknown(&name)),
    };
    parsed.ops.push(op);
    Ok(())
}

fn unknown(name: &str) -> Error {
    let known = NAMES.join(", ");
    Error::usage(match nearest(&NAMES, name) {
        Some(meant) => format!("unknown op `{name}`; did you mean `{meant}`? The ops are {known}"),
        None => format!("unknown op `{name}`; the ops are {known}"),
    })
}

/// The fields of an op; all if there is no `:`.
fn named(item: &str, fields: Option<&str>) -> Result<Fields> {
    let Some(fields) = fields else { return Ok(Fields::all()) };
    let names: Vec<String> = split(fields, '+')?.into_iter().map(unescape).collect();
    if names.iter().any(String::is_empty) {
        return Err(Error::usage(format!("an empty field name in the op `{item}`: write NAME:field+field")));
    }
    Ok(Fields::named(names.into_iter().map(String::into_bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorClass;

    /// Names and fields of the ops, as text.
    fn read(spec: &str) -> String {
        let parsed = parse(spec).unwrap();
        let mut parts: Vec<_> = parsed
            .ops
            .iter()
            .map(|op| {
                let fields: Vec<_> = op.fields().iter().map(|name| String::from_utf8_lossy(name)).collect();
                format!("{}({})", op.name(), fields.join("|"))
            })
            .collect();
        parts.extend(parsed.fold.map(|fold| fold.name().to_string()));
        parts.join(" ")
    }

    fn error(spec: &str) -> String {
        let Err(error) = parse(spec) else { panic!("{spec} was taken") };
        assert_eq!(error.class(), ErrorClass::Usage);
        error.to_string()
    }

    #[test]
    fn reads_every_op() {
        assert_eq!(read("upper,uppercase,lower,lowercase"), "upper() upper() lower() lower()");
        assert_eq!(read("upper-ascii, lower-ascii,TRIM"), "upper-ascii() lower-ascii() trim()");
        assert_eq!(read("reverse,reverse-chars,wordcount"), "reverse() reverse-chars() wordcount");
        for name in NAMES {
            read(name);
        }
    }

    #[test]
    fn reads_fields() {
        assert_eq!(read("upper:name+a.b,trim:x"), "upper(name|a.b) trim(x)");
        assert_eq!(read("upper:name+name"), "upper(name)");
        assert_eq!(read(r"upper:a\+b+c\,d+e:f+\:g+h\\,trim"), r"upper(a+b|c,d|e:f|:g|h\) trim()");
        assert_eq!(read(r"upper:C\x"), r"upper(C\x)");
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        assert_eq!(error("uper"), format!("unknown op `uper`; did you mean `upper`? The ops are {}", NAMES.join(", ")));
        assert_eq!(error("zzzzzzz"), format!("unknown op `zzzzzzz`; the ops are {}", NAMES.join(", ")));
        for spec in [
            "",
            "upper,",
            "upper:",
            "upper:a+",
            "upper:+a",
            "wordcount:a",
            "wordcount,upper",
            "wordcount,wordcount",
            "upper:a\\",
        ] {
            error(spec);
        }
        assert!(parse_all(["wordcount", "upper"]).is_err());
        assert_eq!(parse_all(["upper", "trim"]).unwrap().ops.len(), 2);
    }
}
