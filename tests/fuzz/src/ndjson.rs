//! Lines of JSON against serde_json and simd-json.

use pagemill::format::{Detail, Format, Options};

use crate::shared::drive::{self, Arrival, Event, How};
use crate::shared::values::{Json, try_json};
use crate::shared::{Choices, LONGEST, same, shown, simd_agrees, tree};

/// Oracles take values apart by recursion.
const DEEPEST: usize = 60;

/// How deep the lists and maps of a text are nested; no less than that, whatever the text is.
pub(crate) fn depth(text: &[u8]) -> usize {
    let (mut depth, mut most) = (0usize, 0);
    for byte in text {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        most = most.max(depth);
    }
    most
}

pub fn target(data: &[u8]) {
    if data.len() > LONGEST {
        return;
    }
    let mut choices = Choices::new(data);
    let detail = choices.of(&[Detail::All, Detail::Record, Detail::Fields, Detail::Maps]);
    let (slice, arrival) = (choices.slice(), choices.arrival());
    let replace = choices.byte() & 7 == 7;
    let input = choices.rest();
    if depth(input) > DEEPEST {
        return;
    }
    let lossy = String::from_utf8_lossy(input).into_owned();
    let text = if replace { lossy.as_bytes() } else { input };
    let bare = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    // With what RFC 7464 puts before a record.
    let white = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | 0x1e);
    let lines =
        bare.split(|byte| *byte == b'\n').filter_map(|line| Some(&line[line.iter().position(|byte| !white(byte))?..]));
    let expected: Vec<Option<Json>> =
        lines.map(|line| std::str::from_utf8(line).ok().and_then(|line| try_json(line).ok())).collect();

    let source = drive::open(Format::Ndjson, &Options::default(), input, arrival).unwrap();
    let want = pagemill::format::Want { replace_invalid_utf8: replace, ..drive::want(detail) };
    for (target, arrival) in [(slice, arrival), (1 << 19, Arrival::Whole)] {
        let how = How { target, arrival, want: &want, max_record: 1 << 20 };
        let mut found = Vec::new();
        let what = format!("{detail:?} slices of {target} {arrival:?} {replace}: {}", shown(input));
        drive::drive(&*source, input, how, &mut |event| match event {
            Event::Record(batch, record) => {
                let value = tree(batch.tree(record));
                if !replace && let Ok(theirs) = simd_json::to_owned_value(&mut batch.source(record).to_vec()) {
                    assert!(simd_agrees(&value, &theirs), "{what}: {value:?} is {theirs:?} to simd-json");
                }
                found.push(Some(value));
            }
            Event::Bad(..) => found.push(None),
        });
        assert_eq!(found.len(), expected.len(), "{what}\n found    {found:?}\n expected {expected:?}");
        for (found, expected) in found.iter().zip(&expected) {
            match (found, expected) {
                (Some(found), Some(expected)) => same(found, expected, &what),
                (found, expected) => assert!(found == expected, "{what}\n found {found:?}, expected {expected:?}"),
            }
        }
    }
}
