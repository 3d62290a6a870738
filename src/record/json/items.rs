//! The items of a list, whether it is taken apart or still text.

use super::pretty::part;
use super::strings::unescaped;
use crate::error::RecordError;
use crate::memory::Arena;
use crate::record::{Tree, Value};

/// The items of a list, in order. A list or map inside it is one item: its node or its text.
pub enum Items<'b, 'a> {
    /// Of a list that was taken apart: the nodes inside it.
    Nodes(&'b [Value<'a>]),
    /// Of the checked JSON text of a list: what is left of it.
    Text {
        /// What comes after the items so far.
        rest: &'a [u8],
        /// For texts with escapes.
        arena: &'a Arena,
        /// The offset of the record.
        offset: usize,
    },
}

impl<'b, 'a> Items<'b, 'a> {
    /// The items of a node that is a list.
    pub fn of_node(list: Tree<'b, 'a>) -> Items<'b, 'a> {
        Items::Nodes(&list.nodes().0[1..])
    }

    /// The items of the checked JSON text of a list; `offset` is that of the record.
    pub fn of_text(text: &'a [u8], arena: &'a Arena, offset: usize) -> Items<'b, 'a> {
        Items::Text { rest: text.get(1..).unwrap_or_default(), arena, offset }
    }
}

impl<'a> Iterator for Items<'_, 'a> {
    /// A value, or the arena has no room for it.
    type Item = Result<Value<'a>, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Items::Nodes(values) => {
                let value = *values.first()?;
                *values = &values[1 + value.nodes_inside()..];
                Some(Ok(value))
            }
            Items::Text { rest, arena, offset } => {
                while matches!(rest.first()?, b',' | b' ' | b'\t' | b'\n' | b'\r') {
                    *rest = &rest[1..];
                }
                let text = &rest[..value_len(rest)];
                *rest = &rest[text.len()..];
                (!text.is_empty()).then(|| value_of(text, arena, *offset))
            }
        }
    }
}

/// The length of the value that a text begins with; 0 for a closing bracket.
fn value_len(text: &[u8]) -> usize {
    let (mut depth, mut at) = (0usize, 0);
    while at < text.len() {
        match text[at] {
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return at,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += part(&text[at..]);
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// The value of a checked JSON text; a list or map stays text.
pub(crate) fn value_of<'a>(text: &'a [u8], arena: &'a Arena, offset: usize) -> Result<Value<'a>, RecordError> {
    Ok(match text {
        b"null" => Value::Null,
        b"true" => Value::Bool(true),
        b"false" => Value::Bool(false),
        [b'"', inner @ .., b'"'] => match memchr::memchr(b'\\', inner) {
            None => Value::Text(inner),
            Some(_) => Value::Text(unescaped(inner, arena, offset)?),
        },
        [b'{' | b'[', ..] => Value::Raw(text),
        number => Value::Number(number),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_of_texts() {
        let arena = Arena::new(1 << 12, 1 << 16);
        let items = |text: &'static str| -> Vec<Value<'_>> {
            Items::of_text(text.as_bytes(), &arena, 0).map(|item| item.unwrap()).collect()
        };
        assert_eq!(items("[]"), []);
        assert_eq!(items("[ ]"), []);
        assert_eq!(
            items(r#"[1.10, "a,]\"\u00e9", null,true ,false,[1,[2]] , {"a":["}"]}]"#),
            [
                Value::Number(b"1.10"),
                Value::Text("a,]\"é".as_bytes()),
                Value::Null,
                Value::Bool(true),
                Value::Bool(false),
                Value::Raw(b"[1,[2]]"),
                Value::Raw(br#"{"a":["}"]}"#)
            ]
        );
    }
}
