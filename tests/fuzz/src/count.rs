//! `count` against plain definitions, in pieces of any kind.

use pagemill::SourceSpec;
use pagemill::format::Format;
use pagemill::job::{Job, Settings, TargetSpec, count, count_records};
use pagemill::scan::count::{Counter, SliceCount, count_slice};

use crate::shared::{Choices, LONGEST, shown};

pub fn target(data: &[u8]) {
    if data.len() > LONGEST {
        return;
    }
    let mut choices = Choices::new(data);
    let format = choices.of(&Format::ALL);
    let slice = choices.slice();
    let piece = 1 + choices.byte() as usize;
    let text = choices.rest();
    let whole = count_slice(text).counts;
    let what = || format!("{format} {slice} {piece}: {}", shown(text));

    assert_eq!(whole.bytes, text.len() as u64);
    assert_eq!(whole.lines, memchr::memchr_iter(b'\n', text).count() as u64, "{}", what());
    if let Ok(text) = std::str::from_utf8(text) {
        assert_eq!(whole.chars, text.chars().count() as u64, "{}", what());
        if text.bytes().all(|byte| matches!(byte, 9..=13 | b' '..=b'~')) {
            assert_eq!(
                whole.words,
                text.split_ascii_whitespace()
                    .flat_map(|part| part.split('\x0b'))
                    .filter(|part| !part.is_empty())
                    .count() as u64,
                "{}",
                what()
            );
        }
    }
    // Pieces cut anywhere, and pieces cut after ASCII.
    let mut counter = Counter::new();
    text.chunks(piece).for_each(|piece| counter.feed(piece));
    assert_eq!(counter.counts(), whole, "fed {}", what());
    let (mut joined, mut rest) = (SliceCount::default(), text);
    while !rest.is_empty() {
        let cut =
            rest.iter().skip(piece - 1).position(u8::is_ascii).map_or(rest.len(), |at| (at + piece).min(rest.len()));
        joined.merge(&count_slice(&rest[..cut]));
        rest = &rest[cut..];
    }
    assert_eq!(joined.counts, whole, "joined {}", what());

    // The whole command, of text and of records.
    let settings = Settings::default().with(|own| {
        own.slice_size = slice;
        own.workers = 2;
        own.max_record_size = 1 << 20;
        own.decompress = pagemill::compress::Decompress::None;
    });
    let counted = count(SourceSpec::bytes(text), &settings).unwrap();
    assert_eq!((counted.text, counted.records), (whole, None), "{}", what());
    if format == Format::Fixed {
        return;
    }
    let settings = settings.with(|own| own.from = Some(format));
    let records = count_records(SourceSpec::bytes(text), &settings);
    let mut job = Job::new(SourceSpec::bytes(text), TargetSpec::Memory);
    job.settings = settings.with(|own| {
        own.workers = 1;
        own.slice_size = 0;
    });
    // Short records are records; what the header says does not matter.
    job.settings.options.no_headers = false;
    let converted = job.to(format).run();
    match (records, converted) {
        (Ok(records), Ok(report)) => assert_eq!(records, report.records_in, "{}", what()),
        (Err(counted), Err(converted)) => {
            assert_eq!(counted.class(), converted.class(), "{counted} {converted} {}", what())
        }
        // A ragged record is one when counted.
        (Ok(_), Err(error)) => {
            assert!(matches!(format, Format::Csv | Format::Tsv), "counted, but {error}: {}", what());
        }
        (Err(error), Ok(_)) => panic!("converted, but not counted: {error}: {}", what()),
    }
}
