//! JSON documents against serde_json.

use pagemill::format::{Detail, Format, Options, Want};

use crate::ndjson::depth;
use crate::shared::drive::{self, Arrival, Event, How};
use crate::shared::values::{Json, try_json};
use crate::shared::{Choices, LONGEST, shown, tree};

/// Records, and whether anything was bad.
#[derive(Debug, PartialEq)]
struct Found {
    records: Vec<Json>,
    errors: Vec<(usize, String)>,
}

fn read(options: &Options, input: &[u8], target: usize, arrival: Arrival, want: &Want) -> Found {
    let mut found = Found { records: Vec::new(), errors: Vec::new() };
    let source = match drive::open(Format::Json, options, input, arrival) {
        Ok(source) => source,
        Err(error) => {
            assert!(error.offset <= input.len());
            found.errors.push((error.offset, error.message().to_string()));
            return found;
        }
    };
    let how = How { target, arrival, want, max_record: 1 << 20 };
    drive::drive(&*source, input, how, &mut |event| match event {
        Event::Record(batch, record) => found.records.push(tree(batch.tree(record))),
        Event::Bad(at, reason) => found.errors.push((at, reason.to_owned())),
    });
    found
}

/// What a pointer leads to; of equal keys one and the other may be meant.
fn all_at<'v>(value: &'v Json, pointer: &[&str]) -> Vec<&'v Json> {
    let Some((step, rest)) = pointer.split_first() else { return vec![value] };
    match value {
        Json::Map(members) => {
            members.iter().filter(|(key, _)| key == step).flat_map(|(_, value)| all_at(value, rest)).collect()
        }
        Json::List(items) => {
            step.parse().ok().and_then(|at: usize| items.get(at)).map_or(Vec::new(), |value| all_at(value, rest))
        }
        _ => Vec::new(),
    }
}

pub fn target(data: &[u8]) {
    if data.len() > LONGEST {
        return;
    }
    let mut choices = Choices::new(data);
    let detail = choices.of(&[Detail::All, Detail::Record, Detail::Fields, Detail::Maps]);
    let (slice, arrival) = (choices.slice(), choices.arrival());
    let pointer: &[&str] = choices.of(&[&[][..], &[], &[], &["a"], &["a", "b"], &["0"], &["a", "1"]]);
    let input = choices.rest();
    if depth(input) > 60 {
        return;
    }
    let records_at = (!pointer.is_empty()).then(|| pointer.iter().map(|step| format!("/{step}")).collect::<String>());
    let options = Options::default().with(|own| own.records_at = records_at);
    let want = drive::want(detail);
    let found = read(&options, input, slice, arrival, &want);
    let whole = read(&options, input, 1 << 19, Arrival::Whole, &want);
    let what = format!("{detail:?} slices of {slice} {arrival:?} at {pointer:?}: {}", shown(input));
    assert!(found == whole, "{what}\n in slices {found:?}\n whole     {whole:?}");

    let bare = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input);
    let document = std::str::from_utf8(bare).ok().and_then(|text| try_json(text).ok());
    let is_good = whole.errors.is_empty();
    match document {
        Some(document) if !pointer.is_empty() => {
            let arrays = all_at(&document, pointer);
            match &arrays[..] {
                [] => assert!(!is_good, "{what}: nothing is there, but {whole:?}"),
                [Json::List(items)] => assert!(is_good && whole.records == *items, "{what}\n {whole:?}\n {items:?}"),
                [_] => assert!(!is_good, "{what}: no array is there, but {whole:?}"),
                // Equal keys: one of them.
                several => {
                    let one = |value: &&Json| matches!(value, Json::List(items) if whole.records == *items);
                    assert!(!is_good || several.iter().any(one), "{what}\n {whole:?}\n {several:?}");
                }
            }
        }
        Some(Json::List(items)) => assert!(is_good && whole.records == items, "{what}\n {whole:?}\n {items:?}"),
        Some(value) => assert!(is_good && whole.records == [value.clone()], "{what}\n {whole:?}\n {value:?}"),
        // Not one value: perhaps several documents.
        // serde_json does not know the sequences of RFC 7464.
        None if is_good && !bare.contains(&0x1e) => {
            let mut expected = Vec::new();
            for value in serde_json::Deserializer::from_slice(bare).into_iter::<Box<serde_json::value::RawValue>>() {
                match value.ok().and_then(|raw| try_json(raw.get()).ok()) {
                    Some(value) => match &all_at(&value, pointer)[..] {
                        [Json::List(items)] => expected.extend_from_slice(items),
                        [value] if pointer.is_empty() => expected.push((*value).clone()),
                        [_] | [] => panic!("{what}: no array is there, but {whole:?}"),
                        // Equal keys: one of them.
                        _ => return,
                    },
                    None => panic!("{what}: serde_json refuses it, but {whole:?}"),
                }
            }
            assert!(whole.records == expected, "{what}\n {whole:?}\n {expected:?}");
        }
        None => {}
    }
}
