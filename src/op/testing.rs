//! Batches for the tests of ops.

use super::Op;
use crate::error::RecordError;
use crate::memory::Arena;
use crate::record::{Batch, Schema, Tree, Value};

/// Runs `test` on a batch in columns.
pub fn columns(names: &[&str], records: &[&[Value<'_>]], test: impl FnOnce(&mut Batch<'_>)) {
    let arena = Arena::new(1 << 16, 1 << 24);
    let schema = Schema::new(names.iter().map(|name| name.as_bytes()));
    let slice = vec![b'-'; records.len()];
    let mut batch = Batch::new(&arena, &slice, Some(&schema), 1 << 20);
    for (index, record) in records.iter().enumerate() {
        batch.reserve(record.len(), 0).unwrap();
        record.iter().for_each(|value| batch.push(*value));
        batch.end_record(index, index + 1).unwrap();
    }
    test(&mut batch);
}

/// Applies an op to lines as the text decoder returns them, all in one batch. For each line, the result, or the offset
/// of the error; it also checks that values and lines agree.
pub fn on_lines(op: &dyn Op, text: &[u8]) -> Vec<Result<Vec<u8>, usize>> {
    let arena = Arena::new(1 << 16, 1 << 26);
    let schema = Schema::new([b"line"]);
    let mut batch = Batch::new(&arena, text, Some(&schema), 1 << 26);
    batch.begin_lines();
    let (mut at, mut ends) = (0, Vec::new());
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let bare = line.strip_suffix(b"\r\n").or(line.strip_suffix(b"\n")).unwrap_or(line);
        batch.reserve(1, at).unwrap();
        batch.push(Value::Text(bare));
        batch.end_record(at, at + line.len()).unwrap();
        ends.push(&line[bare.len()..]);
        at += line.len();
    }
    op.apply(&mut batch);
    let mut changed: Vec<_> = (0..batch.len())
        .map(|record| {
            let [Value::Text(text)] = batch.columns(record) else { panic!("text stays text") };
            if let Some(lines) = batch.lines_but_odd()
                && !batch.odd_lines().contains(&(record as u32))
            {
                assert_eq!(lines[batch.line(record).0], [*text, ends[record]].concat());
            }
            Ok(text.to_vec())
        })
        .collect();
    rejected(&mut batch).iter().for_each(|(record, error)| changed[*record] = Err(error.offset));
    changed
}

/// For each line, the result of `expected`, or the offset of the first byte that is not UTF-8.
pub fn line_by_line(text: &[u8], expected: impl Fn(&str) -> String) -> Vec<Result<Vec<u8>, usize>> {
    let mut at = 0;
    let mut line = |line: &[u8]| {
        let bare = line.strip_suffix(b"\r\n").or(line.strip_suffix(b"\n")).unwrap_or(line);
        let changed = match std::str::from_utf8(bare) {
            Ok(text) => Ok(expected(text).into_bytes()),
            Err(error) => Err(at + error.valid_up_to()),
        };
        at += line.len();
        changed
    };
    text.split_inclusive(|byte| *byte == b'\n').map(&mut line).collect()
}

/// Lines made of `pieces` with ASCII between them, some with lengths close to those of registers. Every `spoil`-th line
/// is made invalid, if `spoil` is not zero.
pub fn mixed_lines(pieces: &[&str], seed: usize, spoil: usize) -> Vec<u8> {
    let mut text = Vec::new();
    let mut state = seed as u64 * 2 + 1;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for line in 0..40 + seed % 60 {
        for _ in 0..next(9) {
            text.extend_from_slice(pieces[next(pieces.len())].as_bytes());
            text.extend_from_slice(
                &b"Plain ASCII, long enough for a register or two, but not for three of them."[..next(75)],
            );
        }
        if spoil > 0 && line % spoil == seed % spoil {
            let bad: [&[u8]; 8] = [
                b"\xff",
                b"\xc3",
                b"\x80",
                b"\xe3\x81",
                b"\xed\xa0\x80",
                b"\xf4\x90\x80\x80",
                b"\xc0\xaf",
                b"\xf0\x9f\x98",
            ];
            text.extend_from_slice(bad[next(bad.len())]);
            text.extend_from_slice(&b"behind"[..next(7)]);
        }
        text.extend_from_slice([&b"\n"[..], b"\r\n", b"\n"][next(3)]);
    }
    // The last line may lack its end.
    text.truncate(text.len() - (seed % 2));
    text
}

/// Runs `test` on a keyed batch, given the records as JSON.
pub fn keyed(records: &[&str], test: impl FnOnce(&mut Batch<'_>)) {
    let parsed: Vec<Vec<(Vec<u8>, Leaf)>> = records.iter().map(|record| parse(record)).collect();
    let arena = Arena::new(1 << 16, 1 << 24);
    let slice = vec![b'-'; records.len()];
    let mut batch = Batch::new(&arena, &slice, None, 1 << 20);
    for (index, record) in parsed.iter().enumerate() {
        for (key, leaf) in record {
            batch.push_keyed(key, leaf.value(), 0).unwrap();
        }
        batch.end_record(index, index + 1).unwrap();
    }
    test(&mut batch);
}

/// The record as JSON again; `rejected` if an op refused it.
pub fn show(batch: &Batch<'_>, record: usize) -> String {
    let mut text = String::new();
    write(batch.tree(record), &mut text);
    text
}

/// All refused records with their errors.
pub fn rejected(batch: &mut Batch<'_>) -> Vec<(usize, RecordError)> {
    batch.take_rejected()
}

enum Leaf {
    Null,
    Bool(bool),
    Number(Vec<u8>),
    Text(Vec<u8>),
    List(u32),
    Map(u32),
}

impl Leaf {
    fn value(&self) -> Value<'_> {
        match self {
            Leaf::Null => Value::Null,
            Leaf::Bool(truth) => Value::Bool(*truth),
            Leaf::Number(text) => Value::Number(text),
            Leaf::Text(text) => Value::Text(text),
            Leaf::List(inside) => Value::List(*inside),
            Leaf::Map(inside) => Value::Map(*inside),
        }
    }
}

type Nodes = Vec<(Vec<u8>, Leaf)>;

/// The nodes of a record. Much simpler than the real thing: no escapes, no white space, keys may repeat.
fn parse(json: &str) -> Nodes {
    let (mut nodes, mut rest) = (Nodes::new(), json.as_bytes());
    value(&mut rest, Vec::new(), &mut nodes);
    assert!(rest.is_empty(), "{json}");
    nodes
}

fn until(rest: &mut &[u8], stop: &[u8]) -> Vec<u8> {
    let len = rest.iter().position(|byte| stop.contains(byte)).unwrap_or(rest.len());
    let (head, tail) = rest.split_at(len);
    *rest = tail;
    head.to_vec()
}

fn text(rest: &mut &[u8]) -> Vec<u8> {
    *rest = &rest[1..];
    let text = until(rest, b"\"");
    *rest = &rest[1..];
    text
}

fn value(rest: &mut &[u8], key: Vec<u8>, nodes: &mut Nodes) {
    let leaf = match rest[0] {
        b'"' => Leaf::Text(text(rest)),
        open @ (b'[' | b'{') => return group(rest, key, nodes, open == b'{'),
        _ => match &until(rest, b",]}")[..] {
            b"null" => Leaf::Null,
            b"true" => Leaf::Bool(true),
            b"false" => Leaf::Bool(false),
            number => Leaf::Number(number.to_vec()),
        },
    };
    nodes.push((key, leaf));
}

fn group(rest: &mut &[u8], key: Vec<u8>, nodes: &mut Nodes, map: bool) {
    let place = nodes.len();
    nodes.push((key, Leaf::Null));
    while !matches!(rest[1], b']' | b'}') {
        *rest = &rest[1..];
        let key = if map { text(rest) } else { Vec::new() };
        *rest = if map { &rest[1..] } else { rest };
        value(rest, key, nodes);
        if rest[0] != b',' {
            break;
        }
    }
    *rest = if matches!(rest[0], b']' | b'}') { &rest[1..] } else { &rest[2..] };
    let inside = (nodes.len() - place - 1) as u32;
    nodes[place].1 = if map { Leaf::Map(inside) } else { Leaf::List(inside) };
}

fn write(tree: Tree<'_, '_>, out: &mut String) {
    let put = |out: &mut String, bytes: &[u8]| out.push_str(&String::from_utf8_lossy(bytes));
    match tree.value() {
        Value::Number(text) => put(out, text),
        Value::Text(text) => {
            out.push('"');
            put(out, text);
            out.push('"');
        }
        Value::Bool(truth) => put(out, if truth { b"true" } else { b"false" }),
        Value::List(_) | Value::Map(_) => {
            let map = matches!(tree.value(), Value::Map(_));
            out.push(if map { '{' } else { '[' });
            for (index, child) in tree.children().enumerate() {
                put(out, if index > 0 { b"," } else { b"" });
                if map {
                    out.push('"');
                    put(out, child.key());
                    put(out, b"\":");
                }
                write(child, out);
            }
            out.push(if map { '}' } else { ']' });
        }
        other => put(out, if other == Value::Null { b"null" } else { b"?" }),
    }
}
