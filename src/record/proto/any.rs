//! Messages of any kind, which say which one.

use super::names::Names;
use super::opened::Opened;
use super::read::Reader;
use super::scan::{Begun, Found};
use super::table::{Known, Messages};
use crate::error::RecordError;
use crate::record::{Batch, Value, utf8};

/// The key of the name of its kind.
pub const TYPE: &[u8] = b"@type";
/// The key of its value, if that is no map.
pub const VALUE: &[u8] = b"value";

/// The number of the message that an address names: what comes after its last slash.
pub fn kind(messages: &Messages, address: &[u8]) -> Option<u32> {
    let name = address.rsplit(|byte| *byte == b'/').next()?;
    messages.named(std::str::from_utf8(name).ok()?)
}

impl Reader {
    /// Adds a message of any kind: the name of its kind, and its fields.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn any<'a>(
        &mut self,
        messages: &Messages,
        of: u32,
        begun: Begun,
        key: &'a [u8],
        at: usize,
        data: &'a [u8],
        names: &mut Names<'a>,
        batch: &mut Batch<'a>,
    ) -> Result<(), RecordError> {
        let node = batch.next_node();
        batch.push_keyed(key, Value::Map(0), at)?;
        let get = |place: usize| match self.scan.slot(begun, place).first {
            0 => Found::range(at, at),
            number => self.scan.found(number),
        };
        let (address, content) = (get(0), get(1));
        if address.to == address.from as usize && content.to == content.from as usize {
            // It is empty.
            batch.close_map(node);
            self.scan.end(begun);
            return Ok(());
        }
        let text = &data[address.from as usize..address.to];
        let text = utf8::checked(text, false, address.from as usize, batch).map_err(utf8::without_encoding)?;
        batch.push_keyed(TYPE, Value::Text(text), at)?;
        let number = self.scan.push(Found { next: 0, ..content });
        match kind(messages, text) {
            Some(inner) if messages.at(inner).known == Known::No => {
                let inside = self.scan.message(messages, inner, data, number, false)?;
                self.open.push(Opened {
                    message: inner,
                    begun: inside,
                    end: begun,
                    node,
                    field: 0,
                    next: 0,
                    inside: false,
                    list: 0,
                    only: false,
                });
            }
            Some(inner) => {
                // A message without fields ends the map after the value.
                let empty = Opened {
                    message: of,
                    begun,
                    end: begun,
                    node,
                    field: messages.at(of).fields.len(),
                    next: 0,
                    inside: false,
                    list: 0,
                    only: false,
                };
                self.open.push(empty);
                self.enter(messages, inner, VALUE, number, false, data, names, batch)?;
            }
            None if self.json => {
                let reason = format!("the schema lacks `{}`, the kind of a message", String::from_utf8_lossy(text));
                return Err(RecordError::new(at, reason));
            }
            None => {
                batch.push_keyed(VALUE, Value::Bytes(&data[content.from as usize..content.to]), at)?;
                batch.close_map(node);
                self.scan.end(begun);
            }
        }
        Ok(())
    }
}
