//! Whether two programs wrote the same records.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, PipeReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use serde::{Deserialize, Serialize};

use super::read::record;
use crate::error::Error;
use crate::format::Format;
use crate::job::{Job, SourceSpec, TargetSpec};
use crate::op::Op;
use crate::record::Batch;
use crate::sys::Stop;

/// What is written by the work that is compared.
#[derive(Clone, Copy, Debug)]
pub enum Writes {
    /// Records in this format.
    Records(Format),
    /// Numbers among words.
    Numbers,
}

/// How what others wrote compares with ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compared {
    /// The same records in the same order.
    Same,
    /// The same, apart from how numbers are written: where that begins.
    Numbers(String),
    /// Something else: what, where that begins.
    Different(String),
    /// It makes no sense.
    Unreadable(String),
}

impl Compared {
    /// In words.
    pub fn words(&self) -> String {
        match self {
            Compared::Same => "same".to_owned(),
            Compared::Numbers(what) => format!("numbers written differently: {what}"),
            Compared::Different(what) => format!("different: {what}"),
            Compared::Unreadable(why) => format!("can't be read: {why}"),
        }
    }
}

/// Compares what two programs wrote, record by record; only a record of each is held at a time. Theirs may also be JSON where
/// ours is something else. Fields may have any order, records may not; a value is compared as its text, and empty, null and
/// absent are the same.
///
/// # Errors
/// Ours can't be read; the stop was requested.
pub fn compare(ours: &Path, theirs_path: &Path, writes: Writes, stop: Option<&Stop>) -> Result<Compared, Error> {
    let Writes::Records(format) = writes else { return numbers(ours, theirs_path) };
    let other = looks_like(theirs_path, format).map_err(|e| Error::io("read", theirs_path, e))?;
    let (mut ours, mut theirs) = (Lines::of(ours, format, stop)?, Lines::of(theirs_path, other, stop)?);
    let (mut number, mut found) = (0_u64, Compared::Same);
    loop {
        let (one, two) = (ours.next(), theirs.next());
        number += 1;
        // A reader that failed has ended, and says so below.
        match (one, two) {
            (true, true) => {}
            (false, false) => break,
            (true, false) => {
                found = Compared::Different(format!("it has only {}", crate::wording::counted(number - 1, "record")));
                break;
            }
            (false, true) => {
                found =
                    Compared::Different(format!("it has more than {}", crate::wording::counted(number - 1, "record")));
                break;
            }
        }
        if ours.line == theirs.line {
            continue;
        }
        match differ(&ours.line, &theirs.line, number) {
            Ok(Compared::Same) => {}
            Ok(Compared::Numbers(what)) if found == Compared::Same => found = Compared::Numbers(what),
            Ok(Compared::Numbers(_)) => {}
            Ok(other) => {
                found = other;
                break;
            }
            Err(error) => return Ok(Compared::Unreadable(format!("record {number}: {error}"))),
        }
    }
    if let Some(error) = ours.end() {
        return Err(error);
    }
    if stop.is_some_and(Stop::is_requested) {
        return Err(Error::stopped(None));
    }
    Ok(match theirs.end() {
        Some(error) => {
            let text = error.to_string();
            let place = format!("{}: ", theirs_path.display());
            Compared::Unreadable(text.replace(&place, "").lines().next().unwrap_or_default().to_owned())
        }
        None => found,
    })
}

/// The format of what another program wrote: JSON if it looks like that.
fn looks_like(path: &Path, ours: Format) -> io::Result<Format> {
    let mut start = Vec::new();
    File::open(path)?.take(64).read_to_end(&mut start)?;
    let json = |name: &str| name.parse().unwrap_or(ours);
    Ok(match start.trim_ascii_start().first() {
        _ if ours == Format::PLAIN => ours,
        Some(b'[') => json("json"),
        Some(b'{') => json("ndjson"),
        _ => ours,
    })
}

/// What parts two records.
fn differ(ours: &str, theirs: &str, number: u64) -> Result<Compared, serde_json::Error> {
    let (ours, mut theirs) = (record(ours)?, record(theirs)?);
    let mut found = Compared::Same;
    let name = |path: &str| if path.is_empty() { "the value".to_owned() } else { format!("`{}`", short(path)) };
    for (path, own) in ours {
        let what = |other: &str| {
            let from = where_differ(&own, other);
            format!("in record {number} {} is {} here and {} there", name(&path), part(&own, from), part(other, from))
        };
        match theirs.remove(&path) {
            Some(other) if other == own => {}
            Some(other) if is_same_number(&own, &other) => {
                if found == Compared::Same {
                    found = Compared::Numbers(what(&other));
                }
            }
            Some(other) => return Ok(Compared::Different(what(&other))),
            None => {
                return Ok(Compared::Different(format!(
                    "in record {number} {} is {} here and empty or absent there",
                    name(&path),
                    short(&own)
                )));
            }
        }
    }
    Ok(match theirs.pop_first() {
        Some((path, other)) => Compared::Different(format!(
            "in record {number} {} is empty or absent here and {} there",
            name(&path),
            short(&other)
        )),
        None => found,
    })
}

/// Whether two texts are the same number. Decimals are compared digit by digit: a float has no room for all of them.
fn is_same_number(one: &str, other: &str) -> bool {
    match (Decimal::of(one), Decimal::of(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one.parse::<f64>().ok().is_some_and(|one| other.parse() == Ok(one)),
    }
}

/// A decimal number: its digits without zeros at either end, times a power of ten.
#[derive(PartialEq, Eq)]
struct Decimal {
    negative: bool,
    digits: String,
    /// The power of ten of the last digit; 0 for the number 0.
    exponent: i64,
}

impl Decimal {
    /// The number of a text such as `-1.50e3`.
    fn of(text: &str) -> Option<Decimal> {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (negative, mantissa) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = [whole, part].concat();
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let exponent = i64::from(exponent.parse::<i32>().ok()?);
        let short = all.trim_end_matches('0');
        let exponent = exponent - part.len() as i64 + (all.len() - short.len()) as i64;
        match short.trim_start_matches('0') {
            // There is one zero, as among floats.
            "" => Some(Decimal { negative: false, digits: String::new(), exponent: 0 }),
            digits => Some(Decimal { negative, digits: digits.to_owned(), exponent }),
        }
    }
}

/// A text for a message.
fn short(text: &str) -> String {
    part(text, 0)
}

/// A part of a text for a message, from this character on.
fn part(text: &str, from: usize) -> String {
    const SHOWN: usize = 40;
    let mut rest = text.chars().skip(from).map(|c| if c.is_control() { '\u{fffd}' } else { c });
    let shown: String = rest.by_ref().take(SHOWN).collect();
    let (before, after) = (if from > 0 { "…" } else { "" }, if rest.next().is_some() { "…" } else { "" });
    format!("{before}{shown}{after}")
}

/// The character from which on two texts are shown, so that what parts them can be seen.
fn where_differ(one: &str, other: &str) -> usize {
    const BEFORE: usize = 10;
    let same = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    if same > 2 * BEFORE { same - BEFORE } else { 0 }
}

/// Compares the numbers among the words of two texts.
fn numbers(ours: &Path, theirs: &Path) -> Result<Compared, Error> {
    /// Counts are short; what is longer is something else.
    const MOST: u64 = 1 << 20;
    let read = |path: &Path| -> Result<Vec<u64>, Error> {
        let mut text = Vec::new();
        let file = File::open(path).map_err(|e| Error::io("read", path, e))?;
        file.take(MOST).read_to_end(&mut text).map_err(|e| Error::io("read", path, e))?;
        let text = String::from_utf8_lossy(&text).into_owned();
        Ok(text.split_whitespace().filter_map(|word| word.parse().ok()).collect())
    };
    let (ours, theirs) = (read(ours)?, read(theirs)?);
    Ok(match ours == theirs {
        true => Compared::Same,
        false => Compared::Different(format!("{ours:?} here and {theirs:?} there")),
    })
}

/// Does nothing: a job with an op decodes its records.
struct Decode;

impl Op for Decode {
    fn name(&self) -> &str {
        "decode"
    }

    fn apply(&self, _batch: &mut Batch<'_>) {}
}

/// The records of a file, as lines of JSON.
struct Lines {
    reader: Option<BufReader<PipeReader>>,
    line: String,
    job: Option<JoinHandle<Result<(), Error>>>,
    /// A line was no text.
    fault: Option<io::Error>,
}

impl Lines {
    fn of(path: &Path, format: Format, stop: Option<&Stop>) -> Result<Lines, Error> {
        let (reader, writer) = io::pipe().map_err(|e| Error::io("open", "a pipe", e))?;
        // An empty file has no records; as a table it would have no header.
        if fs::metadata(path).is_ok_and(|found| found.len() == 0) {
            drop(writer);
            return Ok(Lines { reader: Some(BufReader::new(reader)), line: String::new(), job: None, fault: None });
        }
        let target = TargetSpec::Writer(Box::new(writer));
        let job = Job::new(SourceSpec::Path(path.to_path_buf()), target).with(|own| {
            own.from = Some(format);
            own.to = "ndjson".parse().ok();
            own.ops = vec![Arc::new(Decode)];
            own.workers = 1;
            own.stop = stop.cloned();
        });
        let job = thread::Builder::new().spawn(move || job.run().map(drop));
        let job = job.map_err(|e| Error::io("start", "a thread", e))?;
        Ok(Lines { reader: Some(BufReader::new(reader)), line: String::new(), job: Some(job), fault: None })
    }

    /// Reads the next line; false at the end.
    fn next(&mut self) -> bool {
        self.line.clear();
        let Some(reader) = &mut self.reader else { return false };
        match reader.read_line(&mut self.line) {
            Ok(count) => count > 0,
            Err(error) => {
                self.fault = Some(error);
                false
            }
        }
    }

    /// Reads no more. Why not all could be read, if that was so.
    fn end(&mut self) -> Option<Error> {
        // The job notices that nobody reads.
        drop(self.reader.take());
        let ended = self.job.take().and_then(|job| job.join().ok()?.err()).filter(|error| !error.is_broken_pipe());
        ended.or(self.fault.take().map(|error| Error::io("read", "the records", error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(format: &str, ours: &str, theirs: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let [one, other] = ["ours", "theirs"].map(|name| folder.path().join(name));
        fs::write(&one, ours).unwrap();
        fs::write(&other, theirs).unwrap();
        compare(&one, &other, Writes::Records(format.parse().unwrap()), None).unwrap().words()
    }

    #[test]
    fn the_same_records_in_other_words() {
        assert_eq!(found("ndjson", "{\"a\":1,\"b\":\"x\"}\n", "{ \"b\" : \"\\u0078\", \"a\":\"1\" }\n"), "same");
        assert_eq!(found("ndjson", "{\"a\":1,\"b\":null}\n{\"a\":2}\n", "[{\"a\":1},\n{\"a\":2,\"b\":\"\"}]"), "same");
        assert_eq!(found("csv", "a,b\n1,x\n", "\"b\",\"a\"\r\nx,1\r\n"), "same");
        assert_eq!(found("csv", "a,n.b\n1,2\n", "{\"a\":1,\"n\":{\"b\":2}}\n"), "same");
        assert_eq!(found("text", "[a\n\nb\n", "[a\n\nb"), "same");
        assert_eq!(found("ndjson", "", ""), "same");
    }

    #[test]
    fn what_differs_is_said() {
        let ours = "{\"a\":1.10}\n{\"a\":2}\n";
        assert_eq!(
            found("ndjson", ours, "{\"a\":1.1}\n{\"a\":2}\n"),
            "numbers written differently: in record 1 `a` is 1.10 here and 1.1 there"
        );
        assert_eq!(
            found("ndjson", ours, "{\"a\":1.1}\n{\"a\":3}\n"),
            "different: in record 2 `a` is 2 here and 3 there"
        );
        assert_eq!(
            found("ndjson", ours, "{\"a\":2}\n{\"a\":1.10}\n"),
            "different: in record 1 `a` is 1.10 here and 2 there"
        );
        assert_eq!(found("ndjson", ours, "{\"a\":1.10}\n"), "different: it has only 1 record");
        assert_eq!(found("ndjson", ours, ""), "different: it has only 0 records");
        assert_eq!(found("csv", "a\n1\n", "a\n1\n2\n"), "different: it has more than 1 record");
        assert_eq!(
            found("csv", "a,b\n1,2\n", "a,c\n1,2\n"),
            "different: in record 1 `b` is 2 here and empty or absent there"
        );
        assert_eq!(
            found("csv", "a,b\n1,\n", "a,b\n1,2\n"),
            "different: in record 1 `b` is empty or absent here and 2 there"
        );
        assert_eq!(
            found("csv", "a\n007\n", "a\n7\n"),
            "numbers written differently: in record 1 `a` is 007 here and 7 there"
        );
        let long = "{\"a\":\"0123456789012345678901234567890x\"}\n";
        let words = found("ndjson", long, &long.replace('x', "y"));
        assert_eq!(words, "different: in record 1 `a` is …1234567890x here and …1234567890y there");
        let words = found("ndjson", ours, "{\"a\":1.10}\nnothing\n");
        assert!(words.starts_with("can't be read: ") && words.contains("record 2"), "{words}");
    }

    #[test]
    fn decimals_are_compared_digit_by_digit() {
        // As floats these two are the same.
        assert!(!is_same_number("9007199254740993", "9007199254740992"));
        assert!(!is_same_number("0.1", "0.1000000000000000055511151231257827"));
        assert!(!is_same_number("1e400", "1e401") && !is_same_number("1", "-1") && !is_same_number("1", "x"));
        for (one, other) in [
            ("1.10", "1.1"),
            ("007", "7"),
            ("1500", "1.5e3"),
            ("-0.0", "0"),
            ("+2", "2."),
            ("1E-2", ".01"),
            ("inf", "Infinity"),
        ] {
            assert!(is_same_number(one, other), "{one} {other}");
        }
        let words = found("ndjson", "{\"a\":9007199254740993}\n", "{\"a\":9007199254740992}\n");
        assert_eq!(words, "different: in record 1 `a` is 9007199254740993 here and 9007199254740992 there");
    }

    #[test]
    fn numbers_among_words() {
        let folder = tempfile::tempdir().unwrap();
        let [one, other] = ["ours", "theirs"].map(|name| folder.path().join(name));
        fs::write(&one, "  3 4 a/9.csv\n").unwrap();
        let compare = |text: &str| {
            fs::write(&other, text).unwrap();
            compare(&one, &other, Writes::Numbers, None).unwrap().words()
        };
        assert_eq!(compare("3\t4 x\n"), "same");
        assert_eq!(compare("3 5"), "different: [3, 4] here and [3, 5] there");
    }

    #[test]
    fn large_outputs_are_not_held() {
        let lines: String = (0..200_000).map(|number| format!("{{\"a\":{number}}}\n")).collect();
        let last = lines.replace("{\"a\":199999}", "{\"a\":0}");
        assert_eq!(found("ndjson", &lines, &last), "different: in record 200000 `a` is 199999 here and 0 there");
        // The other end is not read to its end; nobody waits for it.
        assert_eq!(
            found("ndjson", &lines, &lines.replacen("{\"a\":0}", "{\"a\":1}", 1)),
            "different: in record 1 `a` is 0 here and 1 there"
        );
    }
}
