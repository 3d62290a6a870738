//! JSON text without the keys whose value is null.

use super::pretty::{Pretty, part};
use super::sink::Sink;
use crate::error::Error;

/// Writes checked JSON text without the keys of maps whose value is null. Its memory is reused.
#[derive(Default)]
pub(super) struct WithoutNulls {
    /// For each open list and map, whether it is a map and whether nothing is in it yet.
    open: Vec<(bool, bool)>,
}

impl WithoutNulls {
    /// Writes a text, compact or indented.
    pub fn write<S: Sink>(&mut self, text: &[u8], pretty: &mut Option<Pretty>, sink: &mut S) -> Result<(), Error> {
        self.open.clear();
        let (mut at, mut key): (usize, Option<&[u8]>) = (0, None);
        while at < text.len() {
            let token = &text[at..at + part(&text[at..])];
            at += token.len();
            let in_map = self.open.last().is_some_and(|(is_map, _)| *is_map);
            match token[0] {
                b',' | b':' => {}
                white if white.is_ascii_whitespace() => {}
                b'"' if in_map && key.is_none() => key = Some(token),
                b'}' | b']' => {
                    let empty = self.open.pop().is_none_or(|(_, empty)| empty);
                    if let Some(pretty) = pretty {
                        pretty.level -= 1;
                        if !empty {
                            pretty.line(sink)?;
                        }
                    }
                    sink.put(token)?;
                }
                b'n' if in_map => key = None,
                first => {
                    if let Some((_, empty)) = self.open.last_mut() {
                        if !std::mem::replace(empty, false) {
                            sink.put(b",")?;
                        }
                        if let Some(pretty) = pretty {
                            pretty.line(sink)?;
                        }
                    }
                    if let Some(key) = key.take() {
                        sink.put(key)?;
                        sink.put(if pretty.is_some() { b": " } else { b":" })?;
                    }
                    sink.put(token)?;
                    if matches!(first, b'{' | b'[') {
                        self.open.push((first == b'{', true));
                        if let Some(pretty) = pretty {
                            pretty.level += 1;
                        }
                    }
                }
            }
        }
        Ok(())
    }
}
