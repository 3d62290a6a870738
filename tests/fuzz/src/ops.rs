//! Ops on lines of text, whole jobs, against the standard library and the crate unicode-segmentation.

use crate::shared::raw::Raw;
use pagemill::format::Format;
use pagemill::job::{Job, TargetSpec};
use pagemill::{SourceSpec, error::ErrorClass};
use unicode_segmentation::UnicodeSegmentation;

use crate::shared::{Choices, LONGEST, shown};
use crate::text::bare;

/// One op on one line. The ops on ASCII and `trim` take any bytes; the others need UTF-8.
fn apply(op: &str, line: &[u8]) -> Option<Vec<u8>> {
    match op {
        "upper-ascii" => return Some(line.to_ascii_uppercase()),
        "lower-ascii" => return Some(line.to_ascii_lowercase()),
        _ => {}
    }
    let text = match std::str::from_utf8(line) {
        Ok(text) => text,
        Err(_) if op == "trim" => return Some(trimmed(line)),
        Err(_) => return None,
    };
    Some(match op {
        "upper" => text.to_uppercase().into_bytes(),
        "lower" => text.to_lowercase().into_bytes(),
        "trim" => text.trim().as_bytes().to_vec(),
        "reverse-chars" => text.chars().rev().collect::<String>().into_bytes(),
        "reverse" => text.graphemes(true).rev().collect::<String>().into_bytes(),
        other => panic!("{other}"),
    })
}

/// Without white space at the ends; what is not UTF-8 is none.
fn trimmed(mut line: &[u8]) -> Vec<u8> {
    let white = |bytes: &[u8]| std::str::from_utf8(bytes).is_ok_and(|c| c.chars().count() == 1 && c.trim().is_empty());
    while let Some(len) = (1..=3).find(|len| line.get(..*len).is_some_and(white)) {
        line = &line[len..];
    }
    while let Some(len) = (1..=3).find(|len| line.len() >= *len && white(&line[line.len() - len..])) {
        line = &line[..line.len() - len];
    }
    line.to_vec()
}

pub fn target(data: &[u8]) {
    const OPS: [&str; 7] = ["upper", "lower", "upper-ascii", "lower-ascii", "trim", "reverse", "reverse-chars"];
    if data.len() > LONGEST {
        return;
    }
    let mut choices = Choices::new(data);
    let mut ops = vec![choices.of(&OPS)];
    match choices.byte() {
        byte if byte >= 0x80 => ops.push(OPS[byte as usize % OPS.len()]),
        _ => {}
    }
    let slice = choices.slice();
    let fail = choices.byte() & 3 == 3;
    let input = choices.rest();
    // White space at an end may have been what ended the line: an op that takes it away leaves the terminator.
    let lines = input.split_inclusive(|byte| *byte == b'\n').map(|line| {
        let (mut text, end) = (bare(line).to_vec(), &line[bare(line).len()..]);
        // Where an op needs UTF-8, what comes before it is checked as well.
        let needs = ops.iter().any(|op| !op.ends_with("ascii") && *op != "trim");
        if needs && std::str::from_utf8(&text).is_err() {
            return None;
        }
        for op in &ops {
            text = apply(op, &text)?;
        }
        Some([&text, end].concat())
    });
    let lines: Vec<Option<Vec<u8>>> = lines.collect();
    let bad = lines.iter().filter(|line| line.is_none()).count();
    let expected: Vec<u8> = lines.into_iter().flatten().flatten().collect();
    let flags = Raw {
        op: vec![ops.join(",")],
        slice_size: Some(slice.to_string()),
        workers: Some(1),
        on_error: Some(if fail { "fail" } else { "skip" }.into()),
        max_record_size: Some("1MiB".into()),
        decompress: Some("none".into()),
        ..Raw::default()
    };
    let mut job = Job::new(SourceSpec::bytes(input), TargetSpec::Memory);
    job.settings = flags.validate().unwrap();
    let report = job.from(Format::Text).to(Format::Text).run();
    let what = || format!("{ops:?} slices of {slice}: {}", shown(input));
    match report {
        Ok(report) => {
            assert_eq!(report.records_failed as usize, bad, "{}", what());
            assert!(!fail || bad == 0, "a bad line passed: {}", what());
            assert!(report.output == expected, "{}\n {}\n {}", what(), shown(&report.output), shown(&expected));
        }
        // Nothing is good, or it begins as a file of another format does.
        Err(error) if expected.is_empty() || error.to_string().contains("this seems to be") => {
            assert!(error.class() == ErrorClass::Data, "{error}: {}", what());
        }
        Err(error) => assert!(fail && bad > 0 && error.class() == ErrorClass::Data, "{error}: {}", what()),
    }
}
