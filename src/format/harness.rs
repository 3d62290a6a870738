//! What the tests of the formats share: a tiny engine that runs one source into one target.

use std::ops::Range;

use super::{Boundary, Chosen, Cut, Detail, OpenError, Opening, ReadFormat, Types, Want, WriteFormat};
use crate::error::{Error, Fault, RecordError};
use crate::memory::Arena;
use crate::record::{Batch, Drain, EncodeError, Lossy, Output};

pub(super) fn want() -> Want {
    Want {
        chosen: Chosen::default(),
        select: None,
        utf8: false,
        replace_invalid_utf8: false,
        detail: Detail::All,
        types: Types::Auto,
        untyped: false,
        typed: false,
        copied: false,
    }
}

pub(super) fn ready(opening: Result<Opening, OpenError>) -> Box<dyn ReadFormat> {
    match opening {
        Ok(Opening::Ready(source)) => source,
        Ok(Opening::More) => panic!("needs more"),
        Err(error) => panic!("{error:?}"),
    }
}

/// Cuts `data`. The cutter sees `window` bytes at first, and twice as many each time it asks for more.
pub(super) fn cut_all(
    cutter: &mut dyn Cut,
    data: &[u8],
    target: usize,
    window: usize,
) -> (Vec<Range<usize>>, Option<RecordError>) {
    let (mut slices, mut at, mut seen) = (Vec::new(), 0, window.max(1));
    while at < data.len() {
        let end = data.len().min(at + seen);
        match cutter.cut(&data[at..end], target, end == data.len()) {
            Ok(Boundary::At(len)) => {
                assert!(len > 0 && at + len <= end, "a cut of {len} bytes at {at} of {end}");
                slices.push(at..at + len);
                at += len;
                seen = window.max(1);
            }
            Ok(Boundary::Skip(len)) => {
                assert!(len > 0 && at + len <= end);
                at += len;
            }
            Ok(Boundary::More) => {
                assert!(end < data.len(), "asks for more at the end");
                seen *= 2;
            }
            Err(mut error) => {
                error.offset += at;
                return (slices, Some(error));
            }
        }
    }
    (slices, None)
}

/// The outcome of a run.
#[derive(Default, Debug)]
pub(super) struct Ran {
    pub bytes: Vec<u8>,
    /// Bad records by offset in the input.
    pub errors: Vec<RecordError>,
    pub lossy: Lossy,
    pub records: u64,
}

struct Collect(Vec<u8>);
impl Drain for Collect {
    fn drain(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

/// What to run, and how.
pub(super) struct Run<'r> {
    pub want: Want,
    pub target: usize,
    pub window: usize,
    pub buffer: usize,
    pub strict: bool,
    pub max_record: usize,
    /// Called for every batch.
    pub look: &'r mut dyn FnMut(&Batch<'_>),
}

/// Runs `data` through a source and a target, skipping bad records, up to one after which nothing can be read.
pub(super) fn run(source: &dyn ReadFormat, target: Option<&dyn WriteFormat>, data: &[u8], how: Run<'_>) -> Ran {
    let mut ran = Ran::default();
    let (slices, stop) = cut_all(&mut *source.cutter(), data, how.target, how.window);
    let mut decoder = source.decoder(&how.want);
    let schema = match &how.want.select {
        Some(names) => Some(crate::record::Schema::new(names.iter().cloned())),
        None => source.schema().cloned(),
    };
    let mut encoder = target.map(|target| target.encoder());
    let mut lost = false;
    for range in slices {
        let slice = &data[range.clone()];
        let mut arena = Arena::new(1 << 12, 8 << 20);
        let (mut buffer, mut drain) = (vec![0; how.buffer], Collect(Vec::new()));
        let mut output = Output::new(&mut buffer, &mut drain, how.strict);
        let mut failed = |mut error: RecordError| {
            error.offset += range.start;
            ran.errors.push(error);
        };
        decoder.begin(slice);
        loop {
            arena.reset();
            let mut batch = Batch::new(&arena, slice, schema.as_ref(), how.max_record);
            let more = decoder.fill(slice, &mut batch);
            (how.look)(&batch);
            ran.lossy.add(batch.lossy());
            let mut from = 0;
            while let Some(encoder) = &mut encoder {
                match encoder.encode(&batch, from..batch.len(), &mut output) {
                    Ok(()) => break,
                    Err(EncodeError::Record { index, error }) => {
                        failed(error);
                        from = index + 1;
                    }
                    Err(EncodeError::Stop(error)) => panic!("{error}"),
                }
            }
            match more {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    lost = error.fault == Fault::Lost;
                    failed(error);
                    if lost {
                        break;
                    }
                    decoder.skip_record(slice);
                }
            }
        }
        let (len, lossy, records) = (output.len(), output.lossy, output.records);
        ran.bytes.append(&mut drain.0);
        ran.bytes.extend_from_slice(&buffer[..len]);
        ran.lossy.add(&lossy);
        ran.records += records;
        if lost {
            return ran;
        }
    }
    ran.errors.extend(stop);
    ran
}
