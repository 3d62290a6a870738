//! One expectation, every path: the bytes, the counts and the errors of a job do not depend on how its
//! source is read, how many workers there are, how large slices are, and how much memory there is.

mod support;

use pagemill::config::Raw;
use pagemill::format::Format;
use support::inputs::{ODD_LAYOUT, flags_for, odd, sample};
use support::paths::{Case, Input, Outcome, Way};

fn some(text: &str) -> Option<String> {
    Some(text.to_string())
}

fn list(text: &str) -> Vec<String> {
    vec![text.to_string()]
}

/// Whether a header comes from the data: then a stream may do less than a file.
fn finds_header(case: &Case) -> bool {
    let keyed = matches!(case.from, Format::Ndjson | Format::Json)
        || case.from == Format::Frames && case.flags.payload.as_deref() == Some("json");
    keyed && matches!(case.to, Format::Csv | Format::Tsv)
}

fn samples_from(from: Format) {
    for to in Format::ALL {
        let flags = flags_for(from, to);
        let case = Case::new("sample", from, to, sample(from, &flags, 40), flags);
        assert!(case.check().bytes().len() > 500, "{}", case.name);
    }
}

#[test]
fn samples_of_csv() {
    samples_from(Format::Csv);
}

#[test]
fn samples_of_tsv() {
    samples_from(Format::Tsv);
}

#[test]
fn samples_of_ndjson() {
    samples_from(Format::Ndjson);
}

#[test]
fn samples_of_json() {
    samples_from(Format::Json);
}

#[test]
fn samples_of_text() {
    samples_from(Format::Text);
}

#[test]
fn samples_of_fixed() {
    samples_from(Format::Fixed);
}

#[test]
fn samples_of_frames() {
    samples_from(Format::Frames);
    for payload in ["text", "json"] {
        for to in Format::ALL {
            let flags = Raw { payload: some(payload), frame: some("varint"), ..Raw::default() };
            let flags = match to {
                Format::Fixed if payload == "text" => Raw { layout: some("payload:text300"), ..flags },
                Format::Fixed => {
                    Raw { layout: some("id:u8,price:f32be,name:text60"), select: list("id,price,name"), ..flags }
                }
                _ => flags,
            };
            let case = Case::new(payload, Format::Frames, to, sample(Format::Frames, &flags, 40), flags);
            assert!(case.check().bytes().len() > 500, "{}", case.name);
        }
    }
}

/// Everything odd to every format, with both policies. Errors have to be the same too.
fn odd_to(to: Format) {
    for (from, name, input) in odd() {
        for policy in ["fail", "skip"] {
            let flags = Raw { layout: some(ODD_LAYOUT), on_error: some(policy), ..Raw::default() };
            let case = Case::new(&format!("{name}, {policy}"), from, to, input.clone(), flags);
            case.check();
        }
    }
}

#[test]
fn odd_to_csv() {
    odd_to(Format::Csv);
}

#[test]
fn odd_to_tsv() {
    odd_to(Format::Tsv);
}

#[test]
fn odd_to_ndjson() {
    odd_to(Format::Ndjson);
}

#[test]
fn odd_to_json() {
    odd_to(Format::Json);
}

#[test]
fn odd_to_text() {
    odd_to(Format::Text);
}

#[test]
fn odd_to_fixed() {
    odd_to(Format::Fixed);
}

#[test]
fn odd_to_frames() {
    odd_to(Format::Frames);
}
