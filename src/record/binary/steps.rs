//! Records in columns as maps.

use super::write::{Out, Scratch, Writer, in_order};
use super::{Of, Wire};
use crate::record::json::{Refusal, Step};
use crate::record::{Batch, LossyKind, Schema, Value};

/// How records in columns become maps.
pub struct Columns {
    /// Each column's key as it is written, in the order in which they are.
    keys: Vec<(usize, Vec<u8>)>,
    /// Columns whose key the next one in that order has too, where only one of them may be written.
    twice: Vec<bool>,
    /// Columns with dotted names are fields of maps: these steps instead.
    steps: Vec<Step>,
    /// For each step that opens a map, how many fields it has in this record.
    counts: Vec<usize>,
    /// The steps that opened a map which is not closed; 0 is the record.
    open: Vec<usize>,
    /// For each step, whether it is passed over.
    passed: Vec<bool>,
}

impl Columns {
    /// For columns of this schema; with `steps`, they become nested maps, and JSON text in them is parsed.
    pub fn new<W: Wire>(schema: &Schema, steps: Option<Vec<Step>>, canonical: bool) -> Columns {
        let mut columns: Vec<(usize, &[u8])> = schema.names().enumerate().collect();
        let mut twice = vec![false; columns.len()];
        if canonical {
            columns.sort_by(|(_, one), (_, other)| in_order(one, other));
            for (place, pair) in columns.windows(2).enumerate() {
                twice[place] = pair[0].1 == pair[1].1;
            }
        }
        let key = |name: &[u8]| {
            let mut key = W::head(Of::Text(name.len())).map_or(Vec::new(), |head| head.bytes().to_vec());
            key.extend_from_slice(name);
            key
        };
        let keys = columns.into_iter().map(|(column, name)| (column, key(name))).collect();
        let mut steps = steps.unwrap_or_default();
        if canonical {
            steps = sorted(&steps);
        }
        let (counts, passed) = (vec![0; steps.len() + 1], vec![false; steps.len()]);
        Columns { keys, twice, steps, counts, open: Vec::with_capacity(16), passed }
    }

    /// Whether a column is left out because the next one has the same key.
    fn is_doubled(&self, place: usize, values: &[Value<'_>]) -> bool {
        let mut place = place;
        while self.twice[place] {
            place += 1;
            if !matches!(values[self.keys[place].0], Value::Absent) {
                return true;
            }
        }
        false
    }

    /// Which steps are passed over, and how many fields each map has.
    fn count(&mut self, values: &[Value<'_>]) -> Result<(), Refusal> {
        self.passed.fill(false);
        self.counts.fill(0);
        self.open.clear();
        let mut number = 0;
        while number < self.steps.len() {
            // The map around it: the record's own count is the last one.
            let around = self.open.last().copied().unwrap_or(self.steps.len());
            match self.steps[number] {
                Step::Open(_) => self.open.push(number),
                Step::Field(column, _) if matches!(values[column], Value::Absent) => self.passed[number] = true,
                Step::Field(..) => self.counts[around] += 1,
                Step::Close => {
                    let opened = self.open.pop().unwrap_or(number);
                    let outer = self.open.last().copied().unwrap_or(self.steps.len());
                    match self.counts[opened] {
                        0 => self.passed[opened] = true,
                        _ => self.counts[outer] += 1,
                    }
                }
                Step::Either(column, _, map) => match self.is_value(number, column, map, values)? {
                    true => {
                        self.passed[number + 1..=number + map].fill(true);
                        self.counts[around] += 1;
                        number += map;
                    }
                    false => self.passed[number] = true,
                },
            }
            number += 1;
        }
        Ok(())
    }

    /// Whether a field that may be either is the value in its own column: yes, unless a column of the map (the `map`
    /// steps after `number`) has content. A record that has both is refused.
    fn is_value(&self, number: usize, column: usize, map: usize, values: &[Value<'_>]) -> Result<bool, Refusal> {
        let something = |column: usize| !matches!(values[column], Value::Absent | Value::Null);
        let mut inside = self.steps[number + 1..number + 1 + map].iter();
        let map =
            inside.any(|step| matches!(step, Step::Field(column, _) | Step::Either(column, ..) if something(*column)));
        match (values[column], map) {
            (Value::Absent, _) => Ok(false),
            (Value::Null, _) | (_, false) => Ok(!map),
            (_, true) => {
                let key = match &self.steps[number] {
                    Step::Either(_, key, _) => String::from_utf8_lossy(key).into_owned(),
                    _ => String::new(),
                };
                Err(Refusal::Value(format!("\"{key}\" has both a value of its own and fields of a map").into()))
            }
        }
    }
}

impl<W: Wire> Writer<W> {
    /// Writes a record in columns. `scratch` is an empty batch with the same arena.
    #[inline]
    pub fn columns<'a, O: Out>(
        &mut self,
        columns: &mut Columns,
        values: &[Value<'a>],
        scratch: &mut Batch<'a>,
        out: &mut O,
    ) -> Result<(), Refusal> {
        let mut scratch = Some(scratch);
        if !columns.steps.is_empty() {
            return self.steps(columns, values, &mut scratch, out);
        }
        let mut count = values.iter().filter(|value| !matches!(value, Value::Absent)).count();
        if self.canonical {
            for (place, (column, _)) in columns.keys.iter().enumerate() {
                if !matches!(values[*column], Value::Absent) && columns.is_doubled(place, values) {
                    out.lose(LossyKind::DuplicateKey);
                    count -= 1;
                }
            }
        }
        self.head(Of::Map(count), out)?;
        for (place, (column, key)) in columns.keys.iter().enumerate() {
            let value = values[*column];
            if matches!(value, Value::Absent) || self.canonical && columns.is_doubled(place, values) {
                continue;
            }
            out.put(key)?;
            self.leaf(value, &mut scratch, out)?;
        }
        Ok(())
    }

    /// Writes nested maps. Absent fields are left out, and so are maps without fields.
    fn steps<'a, O: Out>(
        &mut self,
        columns: &mut Columns,
        values: &[Value<'a>],
        scratch: &mut Scratch<'_, 'a>,
        out: &mut O,
    ) -> Result<(), Refusal> {
        columns.count(values)?;
        self.head(Of::Map(columns.counts[columns.steps.len()]), out)?;
        for (number, step) in columns.steps.iter().enumerate() {
            if columns.passed[number] {
                continue;
            }
            match step {
                Step::Open(key) => {
                    self.text(key, out)?;
                    self.head(Of::Map(columns.counts[number]), out)?;
                }
                Step::Field(column, key) | Step::Either(column, key, _) => {
                    self.text(key, out)?;
                    let value = self.parsed(values[*column]);
                    self.leaf(value, scratch, out)?;
                }
                Step::Close => {}
            }
        }
        Ok(())
    }

    /// Text that is exactly a list or map becomes one.
    fn parsed<'a>(&mut self, value: Value<'a>) -> Value<'a> {
        let (Value::Text(text) | Value::Untyped(text)) = value else { return value };
        let bracketed = matches!((text.first(), text.last()), (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']')));
        let reader = &mut self.reader;
        let valid =
            bracketed && reader.start(0, text.len(), false).is_ok() && reader.check(text) == Ok((0, text.len()));
        if valid { Value::Raw(text) } else { value }
    }
}

/// The same steps with the fields of each map in canonical order.
fn sorted(steps: &[Step]) -> Vec<Step> {
    let mut members: Vec<(&[u8], Vec<Step>)> = Vec::new();
    let mut at = 0;
    while at < steps.len() {
        let len = match &steps[at] {
            Step::Open(_) => map_len(&steps[at..]),
            Step::Either(_, _, map) => 1 + map,
            Step::Field(..) | Step::Close => 1,
        };
        let member = &steps[at..at + len];
        let (Step::Open(key) | Step::Field(_, key) | Step::Either(_, key, _)) = &steps[at] else { break };
        // The map inside: all but its own steps.
        let opens = member.iter().position(|step| matches!(step, Step::Open(_)));
        let own = match opens {
            Some(open) => {
                let inside = sorted(&member[open + 1..len - 1]);
                [&member[..=open], &inside, &member[len - 1..]].concat()
            }
            None => member.to_vec(),
        };
        members.push((key, own));
        at += len;
    }
    members.sort_by(|(one, _), (other, _)| in_order(one, other));
    members.into_iter().flat_map(|(_, steps)| steps).collect()
}

/// How many steps a map has.
fn map_len(steps: &[Step]) -> usize {
    let mut depth = 0;
    for (at, step) in steps.iter().enumerate() {
        match step {
            Step::Open(_) => depth += 1,
            Step::Close => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    steps.len()
}
