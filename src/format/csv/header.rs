//! The first record: the names of the fields.

use std::collections::{HashMap, HashSet};

use super::clean::CleanNames;
use super::parts::{Ending, first_byte};
use super::quotes::{Quotes, Record, open_quote};
use super::resolved::Resolved;
use super::spec::Spec;
use crate::error::{Fault, MORE_MEMORY, RecordError};
use crate::format::Options;
use crate::format::ragged::EXTRA;
use crate::format::{Looks, key_too_long, sniff};
use crate::record::{Schema, record_too_large, too_many_fields};
use crate::wording::counted;

/// What the beginning of a file tells.
pub(super) struct Header {
    pub schema: Schema,
    /// Where the names start, if there are any.
    pub start: Option<usize>,
    /// Where the first record starts.
    pub end: usize,
    /// Names that were changed or are missing, and signs that the delimiter is another one.
    pub warnings: Vec<String>,
    /// The warning that may explain an error.
    pub suspicion: Option<String>,
    /// How many names had invalid UTF-8 replaced.
    pub replaced: u64,
}

impl Header {
    fn new(schema: Schema, end: usize) -> Header {
        Header { schema, start: None, end, warnings: Vec::new(), suspicion: None, replaced: 0 }
    }

    /// Adds a column for fields that are too many, under a name that is free.
    pub fn add_extra(&mut self) {
        if self.schema.is_empty() {
            return;
        }
        let names = (1..).map(|number| if number == 1 { EXTRA.to_owned() } else { format!("{EXTRA}_{number}") });
        let free = names.into_iter().find(|name| self.schema.position(name.as_bytes()).is_none());
        if let Some(other) = free.as_ref().filter(|name| **name != EXTRA) {
            self.warnings.push(format!(
                "the header names `{EXTRA}`; the column for fields that are too many (⟨ragged extra⟩) is called `{other}`"
            ));
        }
        let all = self.schema.names().map(<[u8]>::to_vec).chain(free.map(String::into_bytes));
        self.schema = Schema::new(all.collect::<Vec<_>>());
    }
}

/// Reads the header, which starts at `start`; or, if there is none, counts the fields of the first record. `None`: more
/// of the input is needed.
pub(super) fn read(
    dialect: &Resolved,
    options: &Options,
    head: &[u8],
    start: usize,
    end: bool,
) -> Result<Option<Header>, RecordError> {
    if !options.names.is_empty() {
        return Ok(Some(Header::new(Schema::new(&options.names), start)));
    }
    let mut odd = None;
    let read = match simple_line(dialect, head, start) {
        Some((line, behind)) => {
            not_too_large(start, line.len(), options)?;
            let mut names = Names::new(start, options);
            line.split(|byte| *byte == dialect.delimiter).try_for_each(|name| names.add(name))?;
            Some((names.names, behind))
        }
        None => {
            let longest = if options.no_headers { usize::MAX } else { longest(options) };
            let (mut from, mut open) = (start, None);
            loop {
                let record = Quotes::header(*dialect, head, from, end, options.max_record, longest);
                match record.map_err(|quote| endless(quote, options))? {
                    Record::More { .. } => return Ok(None),
                    // It is a bad record like any other; the next one tells the number of fields.
                    Record::Open { quote, end } if options.no_headers => {
                        open.get_or_insert(quote);
                        from = end;
                    }
                    Record::Open { quote, .. } => return Err(open_quote(quote)),
                    Record::Whole { end: behind, odd: text } => {
                        not_too_large(from, behind - from, options)?;
                        odd = text;
                        break by_spec(dialect, head, from, options)?;
                    }
                    Record::Nothing => break open.map_or(Ok(None), |quote| Err(open_quote(quote)))?,
                }
            }
        }
    };
    let Some((mut names, behind)) = read else {
        return Ok(Some(Header::new(Schema::default(), head.len())));
    };
    if dialect.tsv_escapes {
        for name in &mut names {
            let len = super::escapes::unescape_tsv(&name.clone(), name);
            name.truncate(len);
        }
    }
    if options.no_headers {
        let schema = Schema::new((1..=names.len()).map(column_name));
        return Ok(Some(Header::new(schema, start)));
    }
    if options.ragged.trailing {
        let named = names.iter().rposition(|name| !name.is_empty()).map_or(names.len(), |last| last + 1);
        names.truncate(named);
    }
    let first = first_byte(*dialect, head, start);
    let replaced = if options.replace_invalid_utf8 { replace_invalid(&mut names) } else { 0 };
    clean(&mut names, options, first)?;
    let mut warnings: Vec<String> = without_name(&names).into_iter().collect();
    warnings.extend(make_unique(&mut names));
    warnings.extend(odd.map(|at| {
        format!("text follows the closing quote of a name in the header (byte {at}) and is read as part of the name")
    }));
    let other_format = || sniff::suspicion(Looks::Table, head).map(str::to_owned);
    let suspicion = other_format().or_else(|| other_delimiter(&names, dialect.delimiter));
    warnings.extend(suspicion.clone());
    let start = Some(first);
    Ok(Some(Header { start, warnings, suspicion, replaced, ..Header::new(Schema::new(names), behind) }))
}

/// The name of a column, counted from 1, where there is no header.
pub(super) fn column_name(number: usize) -> String {
    format!("column_{number}")
}

/// The first line and what follows its line break, if no quote makes the record longer. Most headers are like that, and
/// building csv-core takes as long as converting a small file.
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

/// The fields of the first record, and where the rest begins.
type First = (Vec<Vec<u8>>, usize);

/// The first record, or `None` if there is none.
fn by_spec(dialect: &Resolved, head: &[u8], start: usize, options: &Options) -> Result<Option<First>, RecordError> {
    let mut names = Names::new(start, options);
    Ok(match Spec::new(*dialect).record(head, start, |field| names.add(field.text))? {
        Ending::At(behind) => Some((names.names, behind)),
        Ending::NoRecord => None,
    })
}

/// How many bytes the longest name may take with its quotes: each of its bytes may be a doubled quote.
fn longest(options: &Options) -> usize {
    options.max_key_length.saturating_mul(2).saturating_add(2)
}

/// The error for a longer name, whatever its text and wherever it ends.
fn endless(quote: usize, options: &Options) -> RecordError {
    let reason = format!(
        "the quote opened here begins a name that is longer than the limit of {} bytes; it may never be closed",
        options.max_key_length
    );
    RecordError::new(quote, reason)
        .hint("Close the quote; ⟨dialect.quoting false⟩ reads quotes as text. Or raise ⟨max_key_length⟩.")
}

/// The header is read whole, so the limit for records applies to it.
fn not_too_large(start: usize, len: usize, options: &Options) -> Result<(), RecordError> {
    if len > options.max_record { Err(record_too_large(start, options.max_record)) } else { Ok(()) }
}

/// The fields of the first record, within the limits on their number and length.
struct Names<'o> {
    names: Vec<Vec<u8>>,
    /// The memory they take, in bytes.
    size: usize,
    start: usize,
    options: &'o Options,
}

impl<'o> Names<'o> {
    fn new(start: usize, options: &'o Options) -> Names<'o> {
        Names { names: Vec::new(), size: 0, start, options }
    }

    fn add(&mut self, name: &[u8]) -> Result<(), RecordError> {
        let Options { no_headers, max_fields, max_key_length, max_names, .. } = *self.options;
        if self.names.len() >= max_fields {
            return Err(too_many_fields(self.start, max_fields));
        }
        if no_headers {
            self.names.push(Vec::new());
            return Ok(());
        }
        if name.len() > max_key_length {
            return Err(key_too_long(self.start, name.len(), max_key_length));
        }
        self.size += size_of_name(name.len());
        if self.size > max_names {
            return Err(no_room(self.start, self.size, max_names));
        }
        self.names.push(name.to_vec());
        Ok(())
    }
}

/// The memory a name takes while the header is read: its text, and its place in a growing list, in a set, and in the
/// schema.
fn size_of_name(len: usize) -> usize {
    const ENTRY: usize = 160;
    2 * len + ENTRY
}

#[cold]
fn no_room(start: usize, size: usize, max_names: usize) -> RecordError {
    let reason =
        format!("the column names need {size} bytes or more, but the memory limit leaves {max_names} for them");
    RecordError::new(start, reason).hint(MORE_MEMORY).fault(Fault::NoMemory)
}

/// Replaces invalid UTF-8 by U+FFFD; returns how many names had some.
fn replace_invalid(names: &mut [Vec<u8>]) -> u64 {
    let mut replaced = 0;
    for name in names {
        if std::str::from_utf8(name).is_err() {
            *name = String::from_utf8_lossy(name).into_owned().into_bytes();
            replaced += 1;
        }
    }
    replaced
}

/// Tidies names; those that are equal afterwards get a suffix like others.
fn clean(names: &mut [Vec<u8>], options: &Options, start: usize) -> Result<(), RecordError> {
    if options.clean_names == CleanNames::No {
        return Ok(());
    }
    for name in names {
        let text = std::str::from_utf8(name).map_err(|_| {
            let reason = format!("the name `{}` is not valid UTF-8, so it can't be tidied", String::from_utf8_lossy(name));
            RecordError::new(start, reason)
                .hint("Give the ⟨encoding⟩ of the source, put U+FFFD in its place with ⟨invalid_utf8 replace⟩, or leave out ⟨clean_names⟩.")
        })?;
        *name = options.clean_names.clean(text).into_owned().into_bytes();
    }
    Ok(())
}

/// How many repeated names are reported one by one.
const TOLD: usize = 10;

/// Gives all but the first of equal names a suffix: `a`, `a_2`, `a_3`.
fn make_unique(names: &mut [Vec<u8>]) -> Vec<String> {
    let mut own: HashSet<&[u8]> = HashSet::with_capacity(names.len());
    let again: Vec<usize> = (0..names.len()).filter(|index| !own.insert(&names[*index])).collect();
    // For each name, the last number used.
    let mut numbers: HashMap<&[u8], usize> = HashMap::new();
    let mut made: HashSet<Vec<u8>> = HashSet::new();
    let mut unique: Vec<Vec<u8>> = Vec::new();
    let (mut warnings, mut untold) = (Vec::new(), 0u64);
    for name in again.iter().map(|index| &*names[*index]) {
        let number = numbers.entry(name).or_insert(1);
        let other = loop {
            *number += 1;
            let candidate = [name, format!("_{number}").as_bytes()].concat();
            if !own.contains(&*candidate) && made.insert(candidate.clone()) {
                break candidate;
            }
        };
        if warnings.len() < TOLD {
            warnings.push(format!(
                "the header names `{}` twice; the later one is called `{}`",
                String::from_utf8_lossy(name),
                String::from_utf8_lossy(&other)
            ));
        } else {
            untold += 1;
        }
        unique.push(other);
    }
    for (index, name) in again.into_iter().zip(unique) {
        names[index] = name;
    }
    if untold > 0 {
        warnings.push(format!("{} of the header were used before; each got a number", counted(untold, "more name")));
    }
    warnings
}

/// A warning about fields without a name.
fn without_name(names: &[Vec<u8>]) -> Option<String> {
    let first = names.iter().position(|name| name.is_empty())? + 1;
    Some(match names.iter().filter(|name| name.is_empty()).count() {
        1 => format!("the header has no name for field {first}"),
        several => format!("the header has no name for {several} fields, the first of which is field {first}"),
    })
}

/// A warning about a header with only one name, which contains another usual delimiter.
fn other_delimiter(names: &[Vec<u8>], delimiter: u8) -> Option<String> {
    let [name] = names else { return None };
    let other = name.iter().find(|byte| b";\t|,".contains(byte) && **byte != delimiter)?;
    let (name, other) = (String::from_utf8_lossy(name), other.escape_ascii());
    Some(format!(
        "the header has one field, `{name}`: if `{other}` separates fields, give ⟨dialect.delimiter '{other}'⟩"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_with_a_delimiter_in_it() {
        let warning = |names: &[&str], delimiter| {
            other_delimiter(&names.iter().map(|name| name.as_bytes().to_vec()).collect::<Vec<_>>(), delimiter)
        };
        assert!(warning(&["a;b"], b',').is_some_and(|text| text.contains("⟨dialect.delimiter ';'")));
        assert!(warning(&["a\tb"], b',').is_some_and(|text| text.contains("⟨dialect.delimiter '\\t'")));
        assert!(warning(&["a,b"], b'\t').is_some_and(|text| text.contains("⟨dialect.delimiter ','")));
        assert_eq!(
            [warning(&["a b"], b','), warning(&["a;b"], b';'), warning(&["a;b", "c"], b','), warning(&[], b',')],
            [None, None, None, None]
        );
    }

    #[test]
    fn names_that_are_missing() {
        let warning = |names: &[&str]| without_name(&names.iter().map(|n| n.as_bytes().to_vec()).collect::<Vec<_>>());
        assert_eq!(warning(&["a", "b"]), None);
        assert_eq!(warning(&["a", ""]).as_deref(), Some("the header has no name for field 2"));
        let several = "the header has no name for 2 fields, the first of which is field 1";
        assert_eq!(warning(&["", "b", ""]).as_deref(), Some(several));
    }

    #[test]
    fn equal_names_get_a_suffix_that_nobody_has() {
        let mut names: Vec<Vec<u8>> = ["a", "b", "a", "a_2", "a", "", ""].map(|n| n.as_bytes().to_vec()).to_vec();
        let warnings = make_unique(&mut names);
        let names: Vec<_> = names.iter().map(|n| String::from_utf8_lossy(n)).collect();
        assert_eq!(names, ["a", "b", "a_3", "a_2", "a_4", "", "_2"]);
        assert_eq!(warnings.len(), 3);
    }
}
