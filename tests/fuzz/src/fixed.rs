//! Fixed records against a plain reader written from the README.

use pagemill::format::{Detail, Format, Options, Want};
use pagemill::record::Value;

use crate::shared::drive::{self, Arrival, Event, How};
use crate::shared::{Choices, LONGEST, shown};

/// What a field is, with floating-point numbers by their bits.
#[derive(Debug, PartialEq)]
enum Field {
    Whole(i128),
    Bits(u64),
    Truth(bool),
    Text(Vec<u8>),
    Bytes(Vec<u8>),
}

const TYPES: [&str; 26] = [
    "u8",
    "i8",
    "u16le",
    "u16be",
    "u32le",
    "u32be",
    "u64le",
    "u64be",
    "i16le",
    "i16be",
    "i32le",
    "i32be",
    "i64le",
    "i64be",
    "f32le",
    "f32be",
    "f64le",
    "f64be",
    "bool",
    "text1",
    "text7",
    "text3space",
    "bytes1",
    "bytes5",
    "skip1",
    "skip3",
];

fn digits(name: &str) -> usize {
    name.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

fn width(name: &str) -> usize {
    match name {
        "bool" => 1,
        _ if name.starts_with(['u', 'i', 'f']) => digits(name) / 8,
        _ => digits(name),
    }
}

/// One field; none if it is bad, and none inside if it is skipped.
fn field(name: &str, bytes: &[u8], utf8: bool) -> Option<Option<Field>> {
    let mut big = bytes.to_vec();
    if name.ends_with("le") {
        big.reverse();
    }
    let unsigned = || big.iter().fold(0i128, |sum, byte| sum << 8 | i128::from(*byte));
    Some(Some(match name {
        "bool" => match bytes {
            [0] => Field::Truth(false),
            [1] => Field::Truth(true),
            _ => return None,
        },
        _ if name.starts_with("skip") => return Some(None),
        _ if name.starts_with("bytes") => Field::Bytes(bytes.to_vec()),
        _ if name.starts_with("text") => {
            let pad = if name.ends_with("space") { b' ' } else { 0 };
            let len = bytes.iter().rposition(|byte| *byte != pad).map_or(0, |last| last + 1);
            let text = &bytes[..len];
            if utf8 && std::str::from_utf8(text).is_err() {
                return None;
            }
            Field::Text(text.to_vec())
        }
        _ if name.starts_with('f') && bytes.len() == 4 => {
            let (bits, number) = (unsigned() as u32, f32::from_bits(unsigned() as u32));
            // The same number with more zeros; so are the bits of what is none.
            let nan = u64::from(bits >> 31) << 63 | 0x7ff << 52 | u64::from(bits & 0x7f_ffff) << 29;
            Field::Bits(if number.is_nan() { nan } else { f64::from(number).to_bits() })
        }
        _ if name.starts_with('f') => Field::Bits(unsigned() as u64),
        _ if name.starts_with('i') => {
            let bits = 128 - 8 * bytes.len() as u32;
            Field::Whole(unsigned() << bits >> bits)
        }
        _ => Field::Whole(unsigned()),
    }))
}

fn found(value: &Value<'_>) -> Field {
    match *value {
        Value::UInt(number) => Field::Whole(number.into()),
        Value::Int(number) => Field::Whole(number.into()),
        Value::Float(number) => Field::Bits(number.to_bits()),
        Value::Bool(truth) => Field::Truth(truth),
        Value::Text(text) => Field::Text(text.to_vec()),
        Value::Bytes(bytes) => Field::Bytes(bytes.to_vec()),
        ref other => panic!("{other:?} from a fixed record"),
    }
}

pub fn target(data: &[u8]) {
    if data.len() > LONGEST {
        return;
    }
    let mut choices = Choices::new(data);
    let (slice, arrival) = (choices.slice(), choices.arrival());
    let utf8 = choices.byte() & 1 == 1;
    let names: Vec<&str> = (0..1 + choices.byte() % 6).map(|_| choices.of(&TYPES)).collect();
    let input = choices.rest();
    if names.iter().all(|name| name.starts_with("skip")) {
        return;
    }
    let items: Vec<String> = names.iter().enumerate().map(|(at, name)| format!("f{at}:{name}")).collect();
    let record: usize = names.iter().map(|name| width(name)).sum();
    let mut expected: Vec<Option<Vec<Field>>> = Vec::new();
    for bytes in input.chunks(record) {
        let mut at = 0;
        let mut one = |name: &&str| {
            at += width(name);
            field(name, bytes.get(at - width(name)..at)?, utf8)
        };
        let fields: Option<Vec<Option<Field>>> =
            if bytes.len() == record { names.iter().map(&mut one).collect() } else { None };
        expected.push(fields.map(|fields| fields.into_iter().flatten().collect()));
    }
    let options = Options::default().with(|own| own.layout = Some(items.join(",")));
    let source = drive::open(Format::Fixed, &options, input, arrival).unwrap();
    let want = Want { utf8, ..drive::want(Detail::All) };
    for (target, arrival) in [(slice, arrival), (1 << 19, Arrival::Whole)] {
        let how = How { target, arrival, want: &want, max_record: 1 << 20 };
        let mut records = Vec::new();
        drive::drive(&*source, input, how, &mut |event| {
            records.push(match event {
                Event::Record(batch, record) => Some(batch.columns(record).iter().map(self::found).collect()),
                Event::Bad(..) => None,
            });
        });
        assert!(records == expected, "{items:?} {utf8} {target}: {}\n {records:?}\n {expected:?}", shown(input));
    }
}
