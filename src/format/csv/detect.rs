//! `auto`: the delimiter is found in the first bytes of the input, or the input is refused.

use super::quotes::{Quotes, Record};
use super::resolved::Resolved;
use super::spec::Spec;
use crate::error::RecordError;
use crate::format::Options;
use crate::wording::counted;

/// How many bytes are looked at.
const LOOK: usize = 32 << 10;
/// What may be found.
const CANDIDATES: &[u8] = b",;\t|\x01\x1f";

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A delimiter.
    Delimiter(u8),
    /// There are no records, so any delimiter does.
    Nothing,
    /// More of the input is needed.
    More,
}

/// What the records would be with a delimiter.
struct Records {
    delimiter: u8,
    /// How many there are.
    all: usize,
    /// How many fields the first one has.
    fields: usize,
    /// How many records have as many.
    same: usize,
}

impl Records {
    /// Whether it can be the delimiter: the first record, which names the fields or is like the others, has several, and
    /// at least nine of ten records have as many.
    fn fit(&self) -> bool {
        self.fields > 1 && self.same * 10 >= self.all * 9
    }

    fn sentence(&self) -> String {
        let Records { delimiter, all, fields, same } = self;
        let (fields, delimiter) = (counted(*fields as u64, "field"), delimiter.escape_ascii());
        format!("with `{delimiter}`, {same} of {} would have {fields}", counted(*all as u64, "record"))
    }
}

/// Finds the delimiter of the records that begin at `start`. `end`: `head` is the whole source.
///
/// The answer depends only on the first [`LOOK`] bytes after `start`, however much of the input is there.
///
/// # Errors
/// None fits, or several do.
pub(super) fn find(
    dialect: &Resolved,
    options: &Options,
    head: &[u8],
    start: usize,
    end: bool,
) -> Result<Found, RecordError> {
    let most = start + LOOK.min(options.max_record);
    if head.len() < most && !end {
        return Ok(Found::More);
    }
    let (sample, whole) = (&head[start..head.len().min(most)], end && head.len() <= most);
    let taken = [dialect.quote, dialect.escape, dialect.comment.map(|comment| comment.first())];
    let candidates = CANDIDATES.iter().filter(|byte| !taken.contains(&Some(**byte)));
    let tried: Vec<Records> = candidates
        .map(|&delimiter| records(Resolved { delimiter, long: None, ..*dialect }, sample, whole, options))
        .collect();
    if tried.iter().all(|records| records.all == 0) && whole {
        return Ok(Found::Nothing);
    }
    let fitting: Vec<&Records> = tried.iter().filter(|records| records.fit()).collect();
    if let [found] = fitting[..] {
        return Ok(Found::Delimiter(found.delimiter));
    }
    let best = tried.iter().filter(|records| records.fields > 1).max_by_key(|records| records.same);
    let why = match fitting.is_empty() {
        false => fitting.iter().map(|records| records.sentence()).collect::<Vec<_>>().join("; "),
        true => match best {
            Some(best) => best.sentence(),
            None if tried.iter().all(|records| records.all == 0) => format!("no record ends in {LOOK} bytes"),
            None => "the first record has only one field, whichever it is".to_owned(),
        },
    };
    let likely = best.map_or(b';', |best| best.delimiter).escape_ascii();
    Err(RecordError::new(start, format!("the delimiter can't be told from the first bytes: {why}")).hint(format!(
        "Name it, such as ⟨dialect.delimiter '{likely}'⟩. For a file with one column, any character that is not in it will do."
    )))
}

/// Counts the records of a sample and their fields.
fn records(dialect: Resolved, sample: &[u8], whole: bool, options: &Options) -> Records {
    let (mut quotes, mut spec) = (Quotes::new(dialect), Spec::new(dialect));
    let mut found = Records { delimiter: dialect.delimiter, all: 0, fields: 0, same: 0 };
    let mut at = 0;
    loop {
        let end = match quotes.record(sample, at, whole, options.max_record) {
            Record::Whole { end, .. } => end,
            // A bad record says nothing.
            Record::Open { end, .. } => {
                at = end;
                continue;
            }
            Record::Nothing | Record::More { .. } => return found,
        };
        let mut fields = 0;
        let read = spec.record(&sample[..end], at, |_| {
            fields += 1;
            Ok::<(), std::convert::Infallible>(())
        });
        if read.is_err() || fields == 0 {
            return found;
        }
        if found.all == 0 {
            found.fields = fields;
        }
        found.all += 1;
        found.same += usize::from(fields == found.fields);
        at = end;
    }
}

#[cfg(test)]
mod tests {
    use super::super::Dialect;
    use super::super::resolved::Preset;
    use super::*;

    fn found(text: &str, end: bool) -> Result<Found, String> {
        let (dialect, options) = (Resolved::reading(Preset::Csv, &Dialect::default()).unwrap(), Options::default());
        find(&dialect, &options, text.as_bytes(), 0, end).map_err(|error| error.message().to_string())
    }

    #[test]
    fn the_delimiter_is_found_where_one_fits() {
        for (text, delimiter) in [
            ("a;b\n1,5;2,5\n3,5;4,5\n", b';'),
            ("a,b\n1;2,3\n", b','),
            ("a\tb c\n1\t2,3\n", b'\t'),
            ("a|b\r\n\"x;y\"|2\r\n", b'|'),
            ("name;note\nAda;\"one, two\"\nBob;three, four\n", b';'),
            ("a\x01b\n1\x012\n", 1),
            ("a;b", b';'),
            // One of ten may be broken.
            ("a;b\n1;2\n1;2\n1;2\n1;2\n1;2\n1;2\n1;2\n1;2\n1;2;3\n", b';'),
        ] {
            assert_eq!(found(text, true), Ok(Found::Delimiter(delimiter)), "{text}");
        }
        assert_eq!(found("", true), Ok(Found::Nothing));
        assert_eq!(found("a;b\n", false), Ok(Found::More));
    }

    #[test]
    fn what_is_not_sure_is_refused() {
        for (text, why) in [
            (
                "1,5;2,5\n3,5;4,5\n",
                "with `,`, 2 of 2 records would have 3 fields; with `;`, 2 of 2 records would have 2 fields",
            ),
            ("a\nb\n", "the first record has only one field"),
            ("a;b\n1\n2\n", "with `;`, 1 of 3 records would have 2 fields"),
        ] {
            let error = found(text, true).expect_err(text);
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn no_more_than_the_first_bytes_count() {
        let mut text = "a;b\n1;2\n".repeat(LOOK / 8);
        assert_eq!(found(&text, false), Ok(Found::Delimiter(b';')));
        text.push_str(&"a,b,c\n".repeat(LOOK));
        for end in [false, true] {
            assert_eq!(found(&text, end), Ok(Found::Delimiter(b';')));
        }
    }
}
