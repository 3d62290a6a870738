//! Protobuf against another implementation, prost-reflect: random schemas, and random messages of each.

use std::fmt::Write as _;
use std::fs;

use prost_reflect::prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value};

use crate::support::{folder, run};

/// Numbers that look random, the same in every run.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }

    fn odds(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }

    /// Small, large, or anything.
    fn number(&mut self) -> u64 {
        match self.below(4) {
            0 => self.below(3),
            1 => self.below(1000),
            2 => self.one(&[u64::MAX, i64::MAX as u64, i64::MIN as u64, i32::MIN as u64, i32::MAX as u64]),
            _ => self.next(),
        }
    }

    fn text(&mut self) -> String {
        (0..self.below(6)).map(|_| self.one(&['a', '"', '\\', '\n', 'é', '中', '😀', ','])).collect()
    }
}

const SCALARS: [&str; 15] = [
    "double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32",
    "sfixed64", "bool", "string", "bytes",
];
const KEYS: [&str; 5] = ["int32", "uint64", "sint64", "bool", "string"];

/// The text of a schema with messages `M0`, which records are, to `M3`.
fn schema(draw: &mut Draw, two: bool) -> String {
    let syntax = if two { "proto2" } else { "proto3" };
    let mut text =
        format!("syntax = \"{syntax}\";\npackage p;\nenum E {{ ZERO = 0; ONE = 1; BACK = -1; FAR = 5000; }}\n");
    for message in 0..4 {
        writeln!(text, "message M{message} {{").unwrap();
        let mut number = 0;
        for field in 0..draw.below(9) + 1 {
            number += 1 + if draw.odds(4) { draw.below(3000) } else { 0 };
            let of = match draw.below(8) {
                0 => format!("M{}", draw.below(4)),
                1 => "E".to_owned(),
                _ => draw.one(&SCALARS).to_owned(),
            };
            let plain = if two { "optional " } else { "" };
            let label = draw.one(&["", "", "", "optional ", "repeated ", "repeated ", "map", "oneof"]);
            let name = format!("f_{field}x");
            match label {
                "map" => writeln!(text, "  map<{}, {of}> {name} = {number};", draw.one(&KEYS)).unwrap(),
                "oneof" => {
                    let other = draw.one(&SCALARS);
                    writeln!(text, "  oneof o{field} {{ {of} {name} = {number}; {other} y{field} = {}; }}", number + 1)
                        .unwrap();
                    number += 1;
                }
                "" => writeln!(text, "  {plain}{of} {name} = {number};").unwrap(),
                "repeated " if of != "string" && of != "bytes" && !of.starts_with('M') && draw.odds(2) => {
                    writeln!(text, "  repeated {of} {name} = {number} [packed = {}];", draw.odds(2)).unwrap();
                }
                label => writeln!(text, "  {label}{of} {name} = {number};").unwrap(),
            }
        }
        text.push_str("}\n");
    }
    text
}

fn value(draw: &mut Draw, kind: &Kind, depth: u32) -> Value {
    match kind {
        Kind::Double => Value::F64(draw.one(&[0.0, -0.0, 1.5, 0.1, 1e300, f64::INFINITY, -2.25e-8])),
        Kind::Float => Value::F32(draw.one(&[0.0, -0.0, 1.5, 0.1, 3.4e38, f32::NEG_INFINITY, 16_777_216.0])),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(draw.number() as i32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(draw.number() as i64),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(draw.number() as u32),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(draw.number()),
        Kind::Bool => Value::Bool(draw.odds(2)),
        Kind::String => Value::String(draw.text()),
        Kind::Bytes => Value::Bytes((0..draw.below(6)).map(|_| draw.next() as u8).collect::<Vec<u8>>().into()),
        Kind::Enum(_) => Value::EnumNumber(draw.one(&[0, 1, -1, 5000])),
        Kind::Message(of) => Value::Message(message(draw, of, depth + 1)),
    }
}

fn field(draw: &mut Draw, field: &FieldDescriptor, depth: u32) -> Value {
    if field.is_map() {
        let Kind::Message(entry) = field.kind() else { panic!("a map of {field:?}") };
        let of = entry.map_entry_value_field().kind();
        let pairs = (0..draw.below(4)).map(|_| {
            let key = match entry.map_entry_key_field().kind() {
                Kind::Int32 => MapKey::I32(draw.number() as i32),
                Kind::Uint64 => MapKey::U64(draw.number()),
                Kind::Sint64 => MapKey::I64(draw.number() as i64),
                Kind::Bool => MapKey::Bool(draw.odds(2)),
                _ => MapKey::String(draw.text()),
            };
            (key, value(draw, &of, depth))
        });
        return Value::Map(pairs.collect());
    }
    match field.is_list() {
        true => Value::List((0..draw.below(4)).map(|_| value(draw, &field.kind(), depth)).collect()),
        false => value(draw, &field.kind(), depth),
    }
}

fn message(draw: &mut Draw, of: &MessageDescriptor, depth: u32) -> DynamicMessage {
    let mut message = DynamicMessage::new(of.clone());
    for one in of.fields() {
        let is_message = one.kind().as_message().is_some();
        if draw.odds(2) || is_message && depth > 3 {
            continue;
        }
        let value = field(draw, &one, depth);
        message.set_field(&one, value);
    }
    message
}

fn delimited(messages: &[DynamicMessage]) -> Vec<u8> {
    messages.iter().flat_map(|message| message.encode_length_delimited_to_vec()).collect()
}

fn read(of: &MessageDescriptor, mut bytes: &[u8]) -> Vec<DynamicMessage> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let len = prost_reflect::prost::decode_length_delimiter(&mut bytes).unwrap();
        let (one, rest) = bytes.split_at(len);
        all.push(DynamicMessage::decode(of.clone(), one).unwrap());
        bytes = rest;
    }
    all
}

#[test]
fn messages_are_those_of_another_implementation() {
    let here = folder();
    let here = here.path();
    for seed in 0..24 {
        let draw = &mut Draw(seed);
        let text = schema(draw, seed % 3 == 0);
        fs::write(here.join("s.proto"), &text).unwrap();
        let set = protox::compile([here.join("s.proto")], [here]).unwrap_or_else(|error| panic!("{text}\n{error:?}"));
        let set = set.encode_to_vec();
        fs::write(here.join("s.desc"), &set).unwrap();
        let pool = DescriptorPool::decode(&*set).unwrap();
        let of = pool.get_message_by_name("p.M0").unwrap();
        // Without lists and maps that are there but empty, which are not written.
        let written = |message: DynamicMessage| DynamicMessage::decode(of.clone(), &*message.encode_to_vec()).unwrap();
        let messages: Vec<_> = (0..40).map(|_| written(message(draw, &of, 0))).collect();
        fs::write(here.join("a.pb"), delimited(&messages)).unwrap();
        let schema = ["s.proto", "s.desc"][seed as usize % 2];
        let with = |args: &[&str]| {
            let more = ["--schema", schema, "--message", "p.M0", "-q"];
            run(here, args.iter().chain(&more)).ends(0).stdout
        };
        let lines = with(&["convert", "a.pb", "-t", "ndjson", "--proto-json"]);
        assert_eq!(lines.lines().count(), messages.len());
        for (line, message) in lines.lines().zip(&messages) {
            let mut json = serde_json::Deserializer::from_str(line);
            let found = DynamicMessage::deserialize(of.clone(), &mut json).unwrap_or_else(|e| panic!("{line}: {e}"));
            assert_eq!(&found, message, "seed {seed}: {line}\n{text}");
        }
        let theirs: String = messages.iter().map(|message| serde_json::to_string(message).unwrap() + "\n").collect();
        fs::write(here.join("b.ndjson"), theirs).unwrap();
        with(&["convert", "b.ndjson", "-o", "b.pb", "--proto-json", "--force"]);
        with(&["convert", "a.pb", "-o", "c.msgpack", "--force"]);
        with(&["convert", "c.msgpack", "-o", "c.pb", "--strict", "--force"]);
        for name in ["b.pb", "c.pb"] {
            let found = read(&of, &fs::read(here.join(name)).unwrap());
            for (found, message) in found.iter().zip(&messages) {
                assert_eq!(found, message, "seed {seed}, {name}\n{text}");
            }
            assert_eq!(found.len(), messages.len());
        }
    }
}
