//! The first record: the names of the fields.

use std::collections::HashSet;
use std::convert::Infallible;

use super::Resolved;
use super::spec::{Ending, Spec};
use crate::error::RecordError;
use crate::record::Schema;

/// What the beginning of a file says.
pub(super) struct Header {
    pub schema: Schema,
    /// Where the first record starts.
    pub end: usize,
    pub warnings: Vec<String>,
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads the header, or without one counts the fields of the first record. None: more of the input is needed.
pub(super) fn read(
    dialect: &Resolved,
    no_headers: bool,
    head: &[u8],
    end: bool,
) -> Result<Option<Header>, RecordError> {
    if head.len() < BYTE_ORDER_MARK.len() && !end {
        return Ok(None);
    }
    let start = if head.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    let read = match simple_line(dialect, head, start) {
        Some((line, behind)) => {
            Some((line.split(|byte| *byte == dialect.delimiter).map(<[u8]>::to_vec).collect(), behind))
        }
        None => {
            let mut spec = Spec::new(*dialect);
            if spec.record_end(head, start, end) == Ending::More {
                return Ok(None);
            }
            by_spec(&mut spec, head, start)
        }
    };
    let Some((mut names, behind)) = read else {
        return Ok(Some(Header { schema: Schema::default(), end: head.len(), warnings: Vec::new() }));
    };
    if dialect.tsv_escapes {
        for name in &mut names {
            let len = super::decode::unescape_tsv(&name.clone(), name);
            name.truncate(len);
        }
    }
    if no_headers {
        let schema = Schema::new((1..=names.len()).map(|number| format!("column_{number}")));
        return Ok(Some(Header { schema, end: start, warnings: Vec::new() }));
    }
    let warnings = make_unique(&mut names);
    Ok(Some(Header { schema: Schema::new(names), end: behind, warnings }))
}

/// The first line and what follows its terminator, if no quote makes it more than that. Most are so, and
/// csv-core takes as long to be built as a small file to be converted.
fn simple_line<'h>(dialect: &Resolved, head: &'h [u8], start: usize) -> Option<(&'h [u8], usize)> {
    let len = memchr::memchr2(b'\n', b'\r', &head[start..])?;
    let (line, rest) = head[start..].split_at(len);
    let quoted = dialect.quote.is_some_and(|quote| line.contains(&quote));
    let terminator = match rest {
        [b'\r', b'\n', ..] => 2,
        // A line feed may follow.
        [b'\r'] => return None,
        _ => 1,
    };
    let simple = dialect.is_plain() && !line.is_empty() && !quoted;
    simple.then_some((line, start + len + terminator))
}

/// The fields of the first record, and what follows it; none if there is no record.
fn by_spec(spec: &mut Spec, head: &[u8], start: usize) -> Option<(Vec<Vec<u8>>, usize)> {
    let mut names = Vec::new();
    let Ok(ending) = spec.record(head, start, |field| {
        names.push(field.text.to_vec());
        Ok::<(), Infallible>(())
    });
    match ending {
        Ending::At(behind) => Some((names, behind)),
        Ending::NoRecord | Ending::More => None,
    }
}

/// Gives the second and later ones of equal names a suffix: `a`, `a_2`, `a_3`.
fn make_unique(names: &mut [Vec<u8>]) -> Vec<String> {
    let mut taken: HashSet<Vec<u8>> = names.iter().cloned().collect();
    let mut seen: HashSet<Vec<u8>> = HashSet::new();
    let mut warnings = Vec::new();
    for name in names {
        if seen.insert(name.clone()) {
            continue;
        }
        let original = String::from_utf8_lossy(name).into_owned();
        let mut number = 2;
        loop {
            let candidate = [name.as_slice(), format!("_{number}").as_bytes()].concat();
            if taken.insert(candidate.clone()) {
                *name = candidate;
                break;
            }
            number += 1;
        }
        seen.insert(name.clone());
        warnings.push(format!(
            "the header names `{original}` twice; the later one is called `{}`",
            String::from_utf8_lossy(name)
        ));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_names_get_a_suffix_that_nobody_has() {
        let mut names: Vec<Vec<u8>> = ["a", "b", "a", "a_2", "a", "", ""].map(|n| n.as_bytes().to_vec()).to_vec();
        let warnings = make_unique(&mut names);
        let names: Vec<_> = names.iter().map(|n| String::from_utf8_lossy(n)).collect();
        assert_eq!(names, ["a", "b", "a_3", "a_2", "a_4", "", "_2"]);
        assert_eq!(warnings.len(), 3);
    }
}
