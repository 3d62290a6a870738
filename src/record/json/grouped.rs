//! Records in columns as JSON maps.

use super::unflatten::Step;
use super::{Reader, Refusal, Sink, Writer};
use crate::record::Value;
use crate::scan::json::write_text;
use crate::scan::vector::{Unit, Vector, Work};

/// Text as a JSON string; for text that is rendered only once.
pub fn json_text(text: &[u8]) -> Vec<u8> {
    struct Quote<'t>(&'t [u8]);
    impl Work for Quote<'_> {
        type Out = Vec<u8>;
        #[inline(always)]
        fn run<V: Vector>(self, v: V) -> Vec<u8> {
            let mut to = vec![0; self.0.len() * 6 + 40];
            let len = write_text(v, self.0, &mut to, 0);
            to.truncate(len);
            to
        }
    }
    Unit::get().run(Quote(text))
}

/// Writes records in columns as maps, nested and indented if the writer indents.
pub struct Grouped {
    writer: Writer,
    /// The steps, with their keys as they are written.
    steps: Vec<Step>,
    /// Tells whether text is a list or map.
    reader: Option<Reader>,
    /// Maps that have no field yet, by the numbers of their steps.
    waiting: Vec<usize>,
    /// For each open map, whether it has no field yet.
    empty: Vec<bool>,
}

impl Grouped {
    /// With `parse`, text that is a list or map with at most this depth is written as one.
    pub fn new(writer: Writer, mut steps: Vec<Step>, parse: Option<usize>) -> Grouped {
        for step in &mut steps {
            if let Step::Open(key) | Step::Field(_, key) | Step::Either(_, key, _) = step {
                *key = [&json_text(key)[..], if writer.is_pretty() { b": " } else { b":" }].concat().into();
            }
        }
        Grouped {
            writer,
            reader: parse.map(|max_depth| Reader::new(max_depth, 0)),
            waiting: Vec::with_capacity(steps.len()),
            empty: Vec::with_capacity(steps.len() + 1),
            steps,
        }
    }

    /// Writes a record. Absent fields are left out, and so are maps without fields.
    #[inline(always)]
    pub fn record<S: Sink>(&mut self, values: &[Value<'_>], sink: &mut S) -> Result<(), Refusal> {
        // A record that was not written to its end may have left something behind.
        self.writer.reset();
        self.waiting.clear();
        self.empty.clear();
        self.open(sink)?;
        let mut number = 0;
        while number < self.steps.len() {
            match self.steps[number] {
                Step::Open(_) => self.waiting.push(number),
                Step::Field(column, _) => self.field(number, values[column], sink)?,
                Step::Close if self.waiting.pop().is_some() => {}
                Step::Close => self.close(sink)?,
                Step::Either(column, _, map) => {
                    if self.is_value(number, column, map, values)? {
                        self.field(number, values[column], sink)?;
                        number += map;
                    }
                }
            }
            number += 1;
        }
        self.close(sink)
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
            (_, true) => Err(self.both(number)),
        }
    }

    #[cold]
    fn both(&self, number: usize) -> Refusal {
        let key = match &self.steps[number] {
            Step::Either(_, key, _) => String::from_utf8_lossy(key).trim_end_matches([':', ' ']).to_owned(),
            _ => String::new(),
        };
        Refusal::Value(format!("{key} has both a value of its own and fields of a map").into())
    }

    #[inline(always)]
    fn field<S: Sink>(&mut self, number: usize, value: Value<'_>, sink: &mut S) -> Result<(), Refusal> {
        if self.writer.leaves_out(value, sink) {
            return Ok(());
        }
        for waiting in 0..self.waiting.len() {
            self.key(self.waiting[waiting], sink)?;
            self.open(sink)?;
        }
        self.waiting.clear();
        self.key(number, sink)?;
        let value = self.parsed(value);
        self.writer.leaf(value, sink)
    }

    /// Text that is exactly a list or map becomes one.
    fn parsed<'a>(&mut self, value: Value<'a>) -> Value<'a> {
        let (Value::Text(text) | Value::Untyped(text)) = value else { return value };
        let Some(reader) = &mut self.reader else { return value };
        let bracketed = matches!((text.first(), text.last()), (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']')));
        let valid = bracketed
            && simdutf8::basic::from_utf8(text).is_ok()
            && reader.start(0, text.len(), false).is_ok()
            && reader.check(text) == Ok((0, text.len()));
        if valid { Value::Raw(text) } else { value }
    }

    #[inline(always)]
    fn key<S: Sink>(&mut self, number: usize, sink: &mut S) -> Result<(), Refusal> {
        let first = self.empty.last_mut().is_some_and(std::mem::take);
        if !first {
            sink.put(b",")?;
        }
        self.writer.line(sink)?;
        if let Step::Open(key) | Step::Field(_, key) | Step::Either(_, key, _) = &self.steps[number] {
            sink.put(key)?;
        }
        Ok(())
    }

    #[inline(always)]
    fn open<S: Sink>(&mut self, sink: &mut S) -> Result<(), Refusal> {
        self.empty.push(true);
        self.writer.nest(1);
        Ok(sink.put(b"{")?)
    }

    #[inline(always)]
    fn close<S: Sink>(&mut self, sink: &mut S) -> Result<(), Refusal> {
        self.writer.nest(-1);
        if self.empty.pop() == Some(false) {
            self.writer.line(sink)?;
        }
        Ok(sink.put(b"}")?)
    }
}
