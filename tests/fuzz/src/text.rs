//! Lines against the standard library.

use pagemill::format::{Detail, Format, Options, Want};
use pagemill::record::Value;

use crate::shared::drive::{self, Arrival, Event, How};
use crate::shared::{Choices, LONGEST, shown};

/// A line without what ends it.
pub(crate) fn bare(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r\n").or(line.strip_suffix(b"\n")).unwrap_or(line)
}

pub fn target(data: &[u8]) {
    if data.len() > LONGEST {
        return;
    }
    let mut choices = Choices::new(data);
    let (slice, arrival) = (choices.slice(), choices.arrival());
    let (utf8, replace) = choices.of(&[(false, false), (true, false), (true, true)]);
    let input = choices.rest();
    let expected: Vec<Option<Vec<u8>>> = input
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| match (utf8, replace, bare(line)) {
            (false, _, line) => Some(line.to_vec()),
            (true, false, line) => std::str::from_utf8(line).ok().map(|line| line.as_bytes().to_vec()),
            (true, true, line) => Some(String::from_utf8_lossy(line).into_owned().into_bytes()),
        })
        .collect();
    let source = drive::open(Format::Text, &Options::default(), input, arrival).unwrap();
    let want = Want { utf8, replace_invalid_utf8: replace, ..drive::want(Detail::All) };
    for (target, arrival) in [(slice, arrival), (1 << 19, Arrival::Whole)] {
        let how = How { target, arrival, want: &want, max_record: 1 << 20 };
        let mut found = Vec::new();
        let driven = drive::drive(&*source, input, how, &mut |event| {
            found.push(match event {
                Event::Record(batch, record) => match batch.columns(record) {
                    [Value::Text(text)] => Some(text.to_vec()),
                    other => panic!("{other:?} from a line"),
                },
                Event::Bad(..) => None,
            });
        });
        assert!(found == expected, "{utf8} {replace} slices of {target}: {}\n {found:?}\n {expected:?}", shown(input));
        let joined = driven.slices.iter().map(|range| range.len()).sum::<usize>();
        assert_eq!(joined, input.len(), "slices are the input");
        let mut tally = source.tally().unwrap();
        let counted: u64 = driven.slices.iter().map(|range| tally.records(&input[range.clone()]).records).sum();
        assert_eq!(counted, expected.len() as u64);
    }
}
