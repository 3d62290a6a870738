//! What is said about each column, as records of any format.

use std::collections::{HashMap, HashSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::error::{RecordError, Result};
use crate::expr::decimal::{Decimal, ROOM, SHORT, Small};
use crate::fold::groups::exact::Exact;
use crate::fold::groups::given::Number;
use crate::fold::groups::held::Held;
use crate::fold::groups::kept::copied;
use crate::fold::pen::{Onto, Rows, WRITING, Written, memory, write_all};
use crate::fold::stats::column::{Column, First, Values};
use crate::fold::stats::kind::{Class, Kind, measured};
use crate::fold::stats::numbers::{Extreme, Numbers, tie};
use crate::fold::stats::summary::Summary;
use crate::fold::stats::table::{Counted, Table, VALUES};
use crate::fold::stats::texts::Beginning;
use crate::fold::stats::{COLUMNS, Stats, names};
use crate::memory::{Arena, Budget};
use crate::metrics::BoundReport;
use crate::record::{Lossy, Schema, Value};

/// The quantiles, in hundredths.
const QUANTILES: [u64; 5] = [5, 25, 50, 75, 95];
/// How many of the most frequent values are listed.
const TOP: usize = 10;

/// What there is to say about every column.
pub(crate) struct Described {
    columns: Vec<(Box<[u8]>, Column)>,
    records: u64,
    budget: Budget,
    held: Held,
}

impl Described {
    pub(super) fn of(stats: Stats) -> Result<Described> {
        let Stats { columns, names, records, budget, apart_of, mut held, .. } = stats;
        let named = names.all.into_iter().map(|name| name.name);
        let mut columns: Vec<_> = named.zip(columns).collect();
        let table: HashMap<Box<[u8]>, First> =
            columns.iter().take(apart_of).map(|(name, column)| (name.clone(), column.first)).collect();
        // What is inside a column comes after it.
        let around = |name: &[u8]| memchr::memchr_iter(b'.', name).find_map(|dot| table.get(&name[..dot]).copied());
        columns.sort_by_cached_key(|(name, column)| (around(name).unwrap_or(column.first), column.first));
        if apart_of > 0 {
            leave_out_maps(&mut columns);
        }
        for (_, column) in &mut columns {
            if let Values::Many(summary) = &mut column.values {
                summary.numbers.flush(&mut held)?;
            }
        }
        Ok(Described { columns, records, budget, held })
    }

    /// Writes a record for each column.
    ///
    /// # Errors
    /// Memory; the target can't be written.
    pub fn write(mut self, onto: &Onto<'_>) -> Result<Written> {
        self.held.take(WRITING)?;
        let schema = Schema::new(names::ALL);
        let mut rows = InOrder { described: &self, next: 0 };
        let written = write_all(&mut rows, schema, self.bounds(), &self.budget, onto)?;
        // Its own lists as JSON text are no loss.
        Ok(Written { lossy: Lossy::default(), ..written })
    }

    fn bounds(&self) -> Vec<BoundReport> {
        if !self.columns.iter().any(|(_, column)| matches!(column.values, Values::Many(_))) {
            return Vec::new();
        }
        let bound = |field: &str, relative, means| BoundReport::new(field.into(), "stats".into(), relative, means);
        vec![
            bound("approx_distinct", 0.0081, "the standard error; up to 4096 values are counted exactly"),
            bound(
                "approx_p05 to approx_p95",
                0.005,
                "the most: the value of that rank is rounded to three significant digits",
            ),
        ]
    }
}

/// Columns of a table in which there are only maps whose fields are columns of their own.
fn leave_out_maps(columns: &mut Vec<(Box<[u8]>, Column)>) {
    let mut maps: HashSet<Box<[u8]>> = HashSet::new();
    for (name, _) in &*columns {
        maps.extend(memchr::memchr_iter(b'.', name).map(|dot| name[..dot].into()));
    }
    columns.retain(|(name, column)| !(column.is_empty() && maps.contains(name)));
}

const _: () = assert!(VALUES == 4096);

/// Columns in their order.
struct InOrder<'d> {
    described: &'d Described,
    next: usize,
}

impl Rows for InOrder<'_> {
    fn next<'a>(&mut self, arena: &'a Arena, row: &mut Vec<Value<'a>>) -> Result<bool>
    where
        Self: 'a,
    {
        if self.next == self.described.columns.len() {
            return Ok(false);
        }
        self.next += 1;
        self.described.values(self.next - 1, arena, row).map(|()| true).map_err(memory)
    }
}

impl Described {
    /// The values of a column's record.
    fn values<'a>(&'a self, record: usize, arena: &'a Arena, row: &mut Vec<Value<'a>>) -> Result<(), RecordError> {
        let (name, column) = &self.columns[record];
        let lacking = |error: crate::error::Error| RecordError::new(0, error.marked());
        let mut of_few = Summary::exact();
        let (summary, table) = match &column.values {
            Values::Many(summary) => (&**summary, None),
            Values::Few(table) => {
                let mut held = Held::of(&self.budget, &COLUMNS);
                table.values().try_for_each(|value| of_few.add_times(value, &mut held)).map_err(lacking)?;
                of_few.numbers.flush(&mut held).map_err(lacking)?;
                (&of_few, Some(table))
            }
        };
        let mut kinds = summary.kinds;
        kinds[Kind::List as usize] += column.lists;
        kinds[Kind::Map as usize] += column.maps;
        let count: u64 = kinds.iter().sum();
        row.push(Value::Text(name));
        row.push(Value::Text(kind(&kinds).as_bytes()));
        let numbers = &summary.numbers;
        for whole in [count, column.nulls, self.records.saturating_sub(count + column.nulls), numbers.count] {
            row.push(whole_number(whole, arena)?);
        }
        row.push(table.map_or(Ok(Value::Null), |table| whole_number(different(table), arena))?);
        row.push(summary.different().map_or(Ok(Value::Null), |about| whole_number(about, arena))?);
        measures(numbers, arena, row)?;
        match table {
            Some(table) => exact_quantiles(table, arena, row)?,
            None => row.extend([Value::Null; QUANTILES.len()]),
        }
        let rounded = if table.is_some() { Vec::new() } else { numbers.sketch.numbers() };
        for hundredths in QUANTILES {
            let rank = rank(hundredths, numbers.count);
            let found = ranked(rounded.iter().map(|(number, times)| (*number, *times)), rank);
            row.push(found.map_or(Ok(Value::Null), |number| number.value(arena))?);
        }
        let (texts, bytes) = (&summary.texts, &summary.bytes);
        let min = ends(texts.min(), bytes.min()).min();
        let max = ends(texts.max(), bytes.max()).max();
        for end in [min, max] {
            row.push(end.map_or(Ok(Value::Null), |(text, is_bytes)| written(text, is_bytes, arena))?);
        }
        row.push(if count > column.lists + column.maps {
            whole_number(summary.longest as u64, arena)?
        } else {
            Value::Null
        });
        row.push(table.map_or(Ok(Value::Null), |table| top(table, arena))?);
        row.push(histogram(numbers, arena)?);
        Ok(())
    }
}

/// The kind of all values: one for all, or mixed.
fn kind(kinds: &[u64; Kind::ALL.len()]) -> &'static str {
    let mut found = Kind::ALL.into_iter().filter(|kind| kinds[*kind as usize] > 0);
    match (found.next(), found.next()) {
        (None, _) => "empty",
        (Some(kind), None) => kind.name(),
        _ => "mixed",
    }
}

fn whole_number(number: u64, arena: &Arena) -> Result<Value<'_>, RecordError> {
    Ok(Value::Number(copied(number.to_string().as_bytes(), arena)?))
}

/// A text and bytes, if they are there, and whether it is the bytes.
fn ends<'t>(text: Option<&'t Beginning>, bytes: Option<&'t Beginning>) -> impl Iterator<Item = (&'t Beginning, bool)> {
    text.map(|text| (text, false)).into_iter().chain(bytes.map(|bytes| (bytes, true)))
}

/// A text; of bytes, their Base64.
fn written<'a>(text: &Beginning, is_bytes: bool, arena: &'a Arena) -> Result<Value<'a>, RecordError> {
    let text = if is_bytes { text.encoded().into_bytes() } else { text.text() };
    Ok(Value::Text(copied(&text, arena)?))
}

/// How many texts there are: a number and a text that are written alike are one.
fn different(table: &Table) -> u64 {
    let mut texts: Vec<&[u8]> = table.values().map(|value| value.text).collect();
    texts.sort_unstable();
    texts.dedup();
    texts.len() as u64
}

/// Smallest, largest, sum, mean and deviation.
fn measures<'a>(numbers: &Numbers, arena: &'a Arena, row: &mut Vec<Value<'a>>) -> Result<(), RecordError> {
    for extreme in [&numbers.min, &numbers.max] {
        row.push(extreme.as_ref().map_or(Ok(Value::Null), |extreme| number(extreme, arena))?);
    }
    let [sum, squares]: &[Exact; 2] = numbers.sums();
    let count = numbers.count;
    row.push(if count > 0 { sum.sum(arena)? } else { Value::Null });
    row.push(if count > 0 { sum.mean(count, arena)? } else { Value::Null });
    row.push(if count > 1 { sum.deviation(squares, count, arena)? } else { Value::Null });
    Ok(())
}

/// A number as it was written.
fn number<'a>(extreme: &Extreme, arena: &'a Arena) -> Result<Value<'a>, RecordError> {
    let mut room = [0; SHORT];
    let text = match extreme {
        Extreme::Long(text) => text,
        Extreme::Short(mantissa, scale) => {
            let short = Decimal::Small(Small { mantissa: (*mantissa).into(), scale: *scale });
            short.short_text(&mut room).unwrap_or_default()
        }
    };
    Ok(Value::Number(copied(text, arena)?))
}

/// The smallest rank, from 1, that has at least this share of all at or below it.
fn rank(hundredths: u64, count: u64) -> u64 {
    (u128::from(count) * u128::from(hundredths)).div_ceil(100).max(1) as u64
}

/// What has this rank among values in order.
fn ranked<T>(values: impl Iterator<Item = (T, u64)>, rank: u64) -> Option<T> {
    let mut left = rank;
    for (value, times) in values {
        if left <= times {
            return Some(value);
        }
        left -= times;
    }
    None
}

/// The quantiles of a column of which all values are known.
fn exact_quantiles<'a>(table: &Table, arena: &'a Arena, row: &mut Vec<Value<'a>>) -> Result<(), RecordError> {
    let numbers = table.values().filter_map(|value| Some((measured(value.class, value.text)?, value)));
    let mut numbers: Vec<(Number<'_>, Counted<'_>)> = numbers.collect();
    numbers.sort_by(|(one, _), (two, _)| one.decimal().compare(two.decimal()).then(tie(*one, *two)));
    let count = numbers.iter().map(|(_, value)| value.times).sum();
    for hundredths in QUANTILES {
        let values = numbers.iter().map(|(_, value)| (value.text, value.times));
        let found = ranked(values, rank(hundredths, count));
        row.push(found.map_or(Ok(Value::Null), |text| copied(text, arena).map(Value::Number))?);
    }
    Ok(())
}

/// The most frequent values, each with how often it is there: first what is there most often, then by their bytes.
fn top<'a>(table: &Table, arena: &'a Arena) -> Result<Value<'a>, RecordError> {
    let mut values: Vec<Counted<'_>> = table.values().collect();
    // Values that are written alike are one, of the kind that is there more often; bytes are not written.
    let is_bytes = |one: &Counted<'_>| one.class == Class::Bytes;
    values.sort_by(|one, two| {
        let by_text = is_bytes(one).cmp(&is_bytes(two)).then(one.text.cmp(two.text));
        by_text.then(two.times.cmp(&one.times)).then((one.class as u8).cmp(&(two.class as u8)))
    });
    values.dedup_by(|later, kept| {
        let same = is_bytes(later) == is_bytes(kept) && later.text == kept.text;
        kept.times += if same { later.times } else { 0 };
        same
    });
    values.sort_by(|one, two| {
        two.times.cmp(&one.times).then(one.text.cmp(two.text)).then((one.class as u8).cmp(&(two.class as u8)))
    });
    if values.is_empty() {
        return Ok(Value::Null);
    }
    let mut list = String::from("[");
    for (index, Counted { class, text, times, .. }) in values.iter().take(TOP).enumerate() {
        let shown = match class.value(text) {
            Value::Number(text) => String::from_utf8_lossy(text).into_owned(),
            Value::Bool(truth) => truth.to_string(),
            Value::Bytes(bytes) => serde_json::Value::from(STANDARD.encode(bytes)).to_string(),
            _ => serde_json::Value::from(String::from_utf8_lossy(text)).to_string(),
        };
        list += &format!("{}{{\"value\":{shown},\"count\":{times}}}", if index > 0 { "," } else { "" });
    }
    list.push(']');
    Ok(Value::Raw(copied(list.as_bytes(), arena)?))
}

/// How many numbers there are in parts of their range: where the first one begins, how wide they are, and the counts.
fn histogram<'a>(numbers: &Numbers, arena: &'a Arena) -> Result<Value<'a>, RecordError> {
    let ends = numbers.min.as_ref().zip(numbers.max.as_ref());
    let is_wide = ends.is_some_and(|(min, max)| min.number().decimal().compare(max.number().decimal()).is_lt());
    let Some(parts) = numbers.histogram.parts().filter(|_| is_wide) else { return Ok(Value::Null) };
    let mut rooms = [[0; ROOM]; 2];
    let [from, step] = [parts.from, parts.step].map(|mantissa| Decimal::Small(Small { mantissa, scale: parts.scale }));
    let [room, other] = &mut rooms;
    let texts = [String::from_utf8_lossy(from.text(room)), String::from_utf8_lossy(step.text(other))];
    let counts: Vec<String> = parts.counts.iter().map(u64::to_string).collect();
    let text = format!("{{\"from\":{},\"step\":{},\"counts\":[{}]}}", texts[0], texts[1], counts.join(","));
    Ok(Value::Raw(copied(text.as_bytes(), arena)?))
}
