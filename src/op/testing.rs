//! Batches for the tests of ops.

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

/// The record as JSON again; `rejected` when an op refused it.
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
