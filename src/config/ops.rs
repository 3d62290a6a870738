//! The list of ops.

use std::sync::Arc;

use super::list::split_list;
use crate::error::Error;
use crate::op::Op;

/// The ops of a pipeline.
#[derive(Clone, Default)]
pub struct Ops {
    /// In the order of their use.
    pub ops: Vec<Arc<dyn Op>>,
    /// The pipeline ends in a word count.
    pub word_count: bool,
}

/// The names of ops, long names included.
pub const OP_NAMES: [&str; 10] = [
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

/// Reads ops: each text is a comma-separated list of `NAME` or `NAME:field,field`. What follows a comma and
/// is no op's name is a further field of the op before it.
///
/// # Errors
/// Usage: an unknown name, or an op behind `wordcount`.
pub fn parse_ops(texts: &[String]) -> Result<Ops, Error> {
    let mut found = Ops::default();
    for spec in specs(texts)? {
        if found.word_count {
            return Err(Error::usage(format!("--op: `{spec}` stands behind wordcount, which ends the pipeline")));
        }
        if spec == "wordcount" {
            found.word_count = true;
        } else {
            found.ops.push(one(&spec)?);
        }
    }
    Ok(found)
}

/// One text for each op.
fn specs(texts: &[String]) -> Result<Vec<String>, Error> {
    let mut specs: Vec<String> = Vec::new();
    for text in texts {
        let first = specs.len();
        for part in split_list("--op", text)? {
            let name = part.split(':').next().unwrap_or_default().trim();
            let has_fields = specs.len() > first && specs.last().is_some_and(|spec| spec.contains(':'));
            match specs.last_mut() {
                Some(spec) if has_fields && !OP_NAMES.contains(&name) => {
                    spec.push(',');
                    spec.push_str(&part);
                }
                _ => specs.push(part.trim().to_owned()),
            }
        }
    }
    Ok(specs)
}

/// One op.
fn one(spec: &str) -> Result<Arc<dyn Op>, Error> {
    // TEMPORARY seam: `crate::op::parse(spec)` belongs here.
    Err(Error::usage(format!("--op: the op `{spec}` is not built in yet")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(texts: &[&str]) -> Vec<String> {
        specs(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn fields_follow_their_op() {
        assert_eq!(split(&["trim,upper:name"]), ["trim", "upper:name"]);
        assert_eq!(split(&["upper:name,home.city,trim", "lower"]), ["upper:name,home.city", "trim", "lower"]);
        assert_eq!(split(&["upper:name", "x"]), ["upper:name", "x"]);
        assert_eq!(split(&["upper,x"]), ["upper", "x"]);
    }

    #[test]
    fn wordcount_ends_a_pipeline() {
        assert!(parse_ops(&["wordcount".to_owned()]).is_ok_and(|ops| ops.word_count && ops.ops.is_empty()));
        assert!(parse_ops(&["wordcount,upper".to_owned()]).is_err());
    }
}
