//! Open, cut, decode, as the engine does, but on bytes in memory.

use std::ops::Range;

use pagemill::error::RecordError;
use pagemill::format::{
    self, Boundary, Chosen, Decode, Detail, Format, OpenError, Opening, Options, ReadFormat, Types, Want,
};
use pagemill::memory::Arena;
use pagemill::record::{Batch, Lossy, Schema};

/// How the input arrives: all at once, or growing by this many bytes whenever more is needed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arrival {
    Whole,
    By(usize),
}

impl Arrival {
    fn step(self, input: &[u8]) -> usize {
        match self {
            Arrival::Whole => input.len(),
            Arrival::By(step) => step.max(1),
        }
    }
}

/// What happens on the way, in order.
pub enum Event<'e, 'a> {
    /// A record: its batch, and its number there.
    Record(&'e Batch<'a>, usize),
    /// A bad record, or what ends the input: the offset in the whole input, and why.
    Bad(usize, &'e str),
}

/// What is known at the end.
#[derive(Debug, Default)]
pub struct Driven {
    /// Where the slices were.
    pub slices: Vec<Range<usize>>,
    pub lossy: Lossy,
}

/// A way of reading.
#[derive(Clone, Copy)]
pub struct How<'w> {
    /// About how long slices are.
    pub target: usize,
    pub arrival: Arrival,
    pub want: &'w Want,
    pub max_record: usize,
}

pub fn want(detail: Detail) -> Want {
    Want {
        chosen: Chosen::default(),
        select: None,
        utf8: true,
        replace_invalid_utf8: false,
        detail,
        types: Types::Auto,
        untyped: false,
        typed: false,
        copied: false,
    }
}

/// Looks at the beginning, as much of it as is asked for.
pub fn open(
    format: Format,
    options: &Options,
    input: &[u8],
    arrival: Arrival,
) -> Result<Box<dyn ReadFormat>, RecordError> {
    let step = arrival.step(input);
    let mut have = step.min(input.len());
    loop {
        match format::open(format, options, &input[..have], have == input.len()) {
            Ok(Opening::Ready(source)) => return Ok(source),
            Ok(Opening::More) => {
                assert!(have < input.len(), "asked for more behind the end");
                have = (have + step).min(input.len());
            }
            Err(OpenError::Data(error)) => return Err(error),
            Err(OpenError::Usage(error)) => panic!("{error}"),
        }
    }
}

/// Reads what follows the beginning, slice by slice; bad records are reported and left out.
pub fn drive(source: &dyn ReadFormat, input: &[u8], how: How<'_>, tell: &mut dyn FnMut(Event<'_, '_>)) -> Driven {
    let (mut driven, step) = (Driven::default(), how.arrival.step(input));
    let (mut cutter, mut decoder) = (source.cutter(), source.decoder(how.want));
    let schema = match &how.want.select {
        Some(paths) => Some(Schema::new(paths.iter().cloned())),
        None => source.schema().cloned(),
    };
    let (mut at, mut have) = (source.start(), step.min(input.len()));
    while at < input.len() {
        have = have.max((at + 1).min(input.len()));
        match cutter.cut(&input[at..have], how.target, have == input.len()) {
            Ok(Boundary::More) => {
                assert!(have < input.len(), "asked for more behind the end");
                have = (have + step).min(input.len());
            }
            Ok(Boundary::Skip(len)) => {
                assert!(len > 0 && at + len <= have);
                at += len;
            }
            Ok(Boundary::At(len)) => {
                assert!(len > 0 && at + len <= have, "a slice of {len} bytes at {at} of {have}");
                let part = &input[at..at + len];
                let goes_on = slice(part, at, &mut *decoder, schema.as_ref(), how, &mut driven.lossy, tell);
                driven.slices.push(at..at + len);
                at += len;
                if !goes_on {
                    break;
                }
            }
            Err(error) => {
                assert!(at + error.offset <= input.len(), "an error at {} of {}", at + error.offset, input.len());
                tell(Event::Bad(at + error.offset, &error.message().to_string()));
                break;
            }
        }
    }
    driven
}

/// Reads a slice; false if nothing after it can be read.
fn slice(
    slice: &[u8],
    at: usize,
    decoder: &mut dyn Decode,
    schema: Option<&Schema>,
    how: How<'_>,
    lossy: &mut Lossy,
    tell: &mut dyn FnMut(Event<'_, '_>),
) -> bool {
    let mut arena = Arena::new(1 << 16, 1 << 24);
    decoder.begin(slice);
    let (mut more, mut empty, mut last, mut errors) = (true, false, 0, 0);
    while more {
        arena.reset();
        let mut batch = Batch::new(&arena, slice, schema, how.max_record);
        let outcome = decoder.fill(slice, &mut batch);
        batch.abandon();
        let mut rejected = batch.take_rejected().into_iter().peekable();
        for record in 0..batch.len() {
            let span = batch.span(record);
            assert!(span.start >= last && span.end > span.start && span.end <= slice.len());
            last = span.end;
            match rejected.next_if(|(bad, _)| *bad == record) {
                Some((_, error)) => tell(Event::Bad(at + error.offset, &error.message().to_string())),
                None => tell(Event::Record(&batch, record)),
            }
        }
        lossy.add(batch.lossy());
        match outcome {
            Ok(filled) => {
                assert!(filled || batch.is_empty(), "records behind the end");
                // There may be none in what was read, blank lines say, but then that is all there was.
                assert!(!filled || !batch.is_empty() || !empty, "it does not end");
                (more, empty) = (filled, batch.is_empty());
            }
            Err(error) => {
                assert!(error.offset <= slice.len());
                tell(Event::Bad(at + error.offset, &error.message().to_string()));
                if error.ends_reading() {
                    return false;
                }
                errors += 1;
                assert!(errors <= 2 * slice.len() + 100, "errors without end");
                decoder.skip_record(slice);
            }
        }
    }
    true
}
