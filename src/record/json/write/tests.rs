use super::*;
use crate::memory::Arena;
use crate::record::json::{Detail, Reader};
use crate::record::{Batch, Drain};
use crate::scan::vector::Work;

/// Keeps what is drained.
struct Kept(Vec<u8>);
impl Drain for Kept {
    fn drain(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

/// Writes with an output buffer of this capacity; returns the bytes, and what was lost.
fn written(capacity: usize, write: impl FnOnce(&mut Output<'_>)) -> (String, u64) {
    let (mut buffer, mut kept) = (vec![0; capacity], Kept(Vec::new()));
    let mut output = Output::new(&mut buffer, &mut kept, false);
    write(&mut output);
    let (len, lossy) = (output.len(), output.lossy.total());
    kept.0.extend_from_slice(&buffer[..len]);
    (String::from_utf8(kept.0).unwrap(), lossy)
}

struct Quickly<'q, 'b, 'a, 'o, 'w>(&'q mut Writer, Tree<'b, 'a>, &'o mut Output<'w>);
impl Work for Quickly<'_, '_, '_, '_, '_> {
    type Out = ();
    #[inline(always)]
    fn run<V: Vector>(self, vector: V) {
        self.0.tree(self.1, &mut Fast { vector, output: self.2 }).unwrap();
    }
}

/// The text, read and written again in each way.
fn again(text: &str, pretty: Option<usize>) -> Vec<String> {
    let arena = Arena::new(1 << 12, 1 << 24);
    let mut outs = Vec::new();
    for detail in [Detail::Record, Detail::Fields, Detail::Maps, Detail::All] {
        let mut batch = Batch::new(&arena, text.as_bytes(), None, 1 << 24);
        Reader::new(100, 0).only_value(text.as_bytes(), 0..text.len(), detail, &mut batch).unwrap();
        batch.end_record(0, text.len()).unwrap();
        let mut writer = match pretty {
            Some(level) => Writer::pretty(BytesAs::Base64, level),
            None => Writer::new(BytesAs::Base64),
        };
        for capacity in [1, 7, 64, 100, 5000, 100_000] {
            outs.push(written(capacity, |output| writer.tree(batch.tree(0), &mut Plain(output)).unwrap()).0);
            for unit in Unit::available() {
                outs.push(written(capacity, |output| unit.run(Quickly(&mut writer, batch.tree(0), output))).0);
            }
        }
    }
    outs
}

fn long() -> String {
    let text = "long text with \\\"quotes\\\" and \\n é 😀 ".repeat(60);
    format!("{{\"long\":\"{text}\",\"{text}\":[1.10,-0,1e400,{{}},[],[[]],{{\"a\":{{}}}},null,true,false,\"\"]}}")
}

#[test]
fn compact_text_comes_back() {
    for text in
        ["{}", "[]", "1.10", "\"a\"", "null", "[1,[2,{\"a\":[]}],3]", "{\"a\":{\"b\":{\"c\":1}},\"d\":2}", &long()]
    {
        for out in again(text, None) {
            assert_eq!(out, text);
        }
    }
    for out in again(" { \"a b\" : [ 1 , \" x \" ] ,\r\n\t\"c\" : { } } ", None) {
        assert_eq!(out, r#"{"a b":[1," x "],"c":{}}"#);
    }
}

#[test]
fn pretty_text_is_that_of_serde_json() {
    for text in
        ["{}", "[]", "1", "[1,[2,{\"a\":[]}],3]", "{ \"a\":{\"b\" :{\"c\":1}},\"d\":\"x [ \\\" {\"}", "[[[]]]", "[ ]"]
    {
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        let expected = serde_json::to_string_pretty(&value).unwrap();
        for out in again(text, Some(0)) {
            assert_eq!(out, expected, "{text}");
        }
        for out in again(text, Some(2)) {
            assert_eq!(out, expected.replace('\n', "\n    "), "{text}");
        }
    }
}

#[test]
fn typed_values() {
    for (value, expected, lost) in [
        (Value::Int(-5), "-5", 0),
        (Value::Int(i64::MIN), "-9223372036854775808", 0),
        (Value::UInt(u64::MAX), "18446744073709551615", 0),
        (Value::Float(0.1), "0.1", 0),
        (Value::Float(-0.0), "-0.0", 0),
        (Value::Float(1e300), "1e300", 0),
        (Value::Float(f64::MIN_POSITIVE), "2.2250738585072014e-308", 0),
        (Value::Float(f64::NAN), "null", 1),
        (Value::Float(f64::NEG_INFINITY), "null", 1),
        (Value::Bool(true), "true", 0),
        (Value::Null, "null", 0),
        (Value::Untyped(b"007"), "\"007\"", 0),
        (Value::Untyped(b"1.10"), "1.10", 0),
        (Value::Text(b"1"), "\"1\"", 0),
        (Value::Bytes(b"\xff\x00a"), "\"/wBh\"", 1),
        (Value::Bytes(b""), "\"\"", 1),
    ] {
        let out = written(64, |output| Writer::new(BytesAs::Base64).leaf(value, &mut Plain(output)).unwrap());
        assert_eq!(out, (expected.to_owned(), lost), "{value:?}");
    }
}

#[test]
fn long_bytes_are_one_base64_text() {
    use base64::Engine;
    let bytes: Vec<u8> = (0..2000u32).map(|n| (n * 7) as u8).collect();
    let out = written(64, |output| {
        Writer::new(BytesAs::Base64).leaf(Value::Bytes(&bytes), &mut Plain(output)).unwrap();
    });
    assert_eq!(out.0, format!("\"{}\"", base64::engine::general_purpose::STANDARD.encode(&bytes)));
}

#[test]
fn bytes_as_text_have_to_be_utf8() {
    let mut writer = Writer::new(BytesAs::Text);
    let out = written(64, |output| writer.leaf(Value::Bytes("é\n".as_bytes()), &mut Plain(output)).unwrap());
    assert_eq!(out, ("\"é\\n\"".to_owned(), 1));
    written(64, |output| {
        assert!(matches!(writer.leaf(Value::Bytes(b"\xff"), &mut Plain(output)), Err(Refusal::Value(_))));
    });
}
