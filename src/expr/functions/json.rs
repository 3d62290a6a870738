//! Values inside JSON texts.

use super::function::{Function, PLAIN};
use crate::error::{Fault, RecordError};
use crate::expr::scalar::Scalar;
use crate::expr::scope::{Bad, Outcome, Scope};
use crate::expr::types::Type::{Any, Text};
use crate::record::json::{Reader, unescaped};
use crate::record::{Value, find_inside};

pub static FUNCTIONS: [Function; 1] = [Function {
    name: "json_get",
    usage: "json_get(text, path)",
    takes: &[Any, Text],
    count: (2, 2),
    check: |known| match known.value.text() {
        Some(text)
            if known.index == 0 && begin(&mut Reader::new(DEPTH, 0), text).is_ok_and(|begin| begin.is_none()) =>
        {
            Err("this is not JSON text".to_owned())
        }
        Some([b'$', b'.' | b'[', ..]) if known.index == 1 => {
            Err("a path is written without `$`, such as 'a.b.0'".to_owned())
        }
        _ => Ok(()),
    },
    run: get,
    ..PLAIN
}];

/// How deep a JSON text may be nested.
const DEPTH: usize = 1024;

/// What is at a path, as for fields: of a JSON text, or of a list or map of the record. A list or map that is found is
/// given as JSON text, and as it is if it belongs to the record.
fn get<'a>(args: &[Scalar<'a>], scope: &mut Scope<'_, 'a>) -> Outcome<'a> {
    let path = scope.text_of(args[1])?;
    let text = match args[0] {
        Scalar::Inside(node) => return Ok(inside(node, path, scope)),
        Scalar::Field(Value::Raw(text)) => text,
        value => scope.text_of(value)?,
    };
    let mut reader = scope.scratch.json.take().unwrap_or_else(|| Reader::new(DEPTH, 0));
    let begin = begin(&mut reader, text);
    scope.scratch.json = Some(reader);
    let Some(start) = begin? else { return Err(scope.needs_first("a JSON text", args[0])) };
    match find(text, start, path, scope)? {
        None => Ok(Scalar::Absent),
        Some(at) => value(&text[at..end(text, at)], scope),
    }
}

/// Where the value of a text begins, if it is a JSON text; an error is only that there is no memory.
fn begin(reader: &mut Reader, text: &[u8]) -> Result<Option<usize>, RecordError> {
    let checked = reader.start(0, text.len(), false).and_then(|()| {
        let (start, _) = reader.check(text)?;
        Ok((start, reader.peek(text)))
    });
    match checked {
        Ok((start, rest)) => Ok((rest >= text.len()).then_some(start)),
        Err(error) if error.fault == Fault::NoMemory => Err(error),
        Err(_) => Ok(None),
    }
}

/// What is at a path below a node of the record.
fn inside<'a>(node: u32, path: &[u8], scope: &Scope<'_, 'a>) -> Scalar<'a> {
    let Some(tree) = scope.view.inside(node) else { return Scalar::Absent };
    match find_inside(tree, path) {
        None => Scalar::Absent,
        Some(found) => match tree.nodes().0[found as usize] {
            Value::List(_) | Value::Map(_) => Scalar::Inside(node + found),
            Value::Absent => Scalar::Absent,
            Value::Null => Scalar::Null,
            Value::Bool(truth) => Scalar::Bool(truth),
            value => Scalar::Field(value),
        },
    }
}

fn value<'a>(text: &'a [u8], scope: &mut Scope<'_, 'a>) -> Outcome<'a> {
    Ok(match text {
        b"null" => Scalar::Null,
        b"true" => Scalar::Bool(true),
        b"false" => Scalar::Bool(false),
        [b'"', inner @ .., b'"'] => Scalar::Text(string(inner, scope)?),
        [b'{' | b'[', ..] => Scalar::Text(text),
        number => Scalar::Field(Value::Number(number)),
    })
}

fn string<'a>(inner: &'a [u8], scope: &Scope<'_, 'a>) -> Result<&'a [u8], Bad> {
    match memchr::memchr(b'\\', inner) {
        None => Ok(inner),
        Some(_) => Ok(unescaped(inner, scope.arena, scope.offset)?),
    }
}

/// Where the value at a path begins, below the list or map at `at` of a checked text; the last of several equal keys
/// counts.
fn find<'a>(text: &'a [u8], at: usize, path: &[u8], scope: &Scope<'_, 'a>) -> Result<Option<usize>, Bad> {
    let mut place = white(text, at + 1);
    match text[at] {
        b'{' => {
            let mut found = None;
            while text[place] == b'"' {
                let behind = end(text, place);
                let key = string(&text[place + 1..behind - 1], scope)?;
                // After the colon.
                let member = white(text, white(text, behind) + 1);
                let here = match path.strip_prefix(key) {
                    Some([]) => Some(member),
                    // Every step down uses up part of the path.
                    Some([b'.', rest @ ..]) => find(text, member, rest, scope)?,
                    _ => None,
                };
                found = here.or(found);
                place = next(text, member);
            }
            Ok(found)
        }
        b'[' => {
            let dot = memchr::memchr(b'.', path).unwrap_or(path.len());
            let Some(item) = std::str::from_utf8(&path[..dot]).ok().and_then(|item| item.parse::<usize>().ok()) else {
                return Ok(None);
            };
            for _ in 0..item {
                if text[place] == b']' {
                    return Ok(None);
                }
                place = next(text, place);
            }
            match path.get(dot + 1..) {
                _ if text[place] == b']' => Ok(None),
                Some(rest) => find(text, place, rest, scope),
                None => Ok(Some(place)),
            }
        }
        _ => Ok(None),
    }
}

/// Where the next item or key begins, or the bracket that ends them all.
fn next(text: &[u8], value: usize) -> usize {
    let at = white(text, end(text, value));
    if text[at] == b',' { white(text, at + 1) } else { at }
}

/// The first byte from `at` on that is not white space.
fn white(text: &[u8], at: usize) -> usize {
    at + text[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// Where the value that begins at `at` of a checked text ends.
fn end(text: &[u8], at: usize) -> usize {
    match text[at] {
        b'"' => string_end(text, at),
        b'{' | b'[' => {
            let (mut depth, mut place) = (0usize, at);
            loop {
                match text[place] {
                    b'"' => {
                        place = string_end(text, place);
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
                place += 1;
                if depth == 0 {
                    return place;
                }
            }
        }
        _ => {
            let ends = |byte: &u8| matches!(byte, b',' | b']' | b'}') || byte.is_ascii_whitespace();
            text[at..].iter().position(ends).map_or(text.len(), |len| at + len)
        }
    }
}

/// Where the string that begins at `at` ends, quotes included.
fn string_end(text: &[u8], at: usize) -> usize {
    let mut place = at + 1;
    while let Some(len) = memchr::memchr2(b'"', b'\\', &text[place..]) {
        place += len + 1;
        if text[place - 1] == b'"' {
            return place;
        }
        place += 1;
    }
    text.len()
}
