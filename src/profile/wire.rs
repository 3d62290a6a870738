//! Writing messages of Protocol Buffers: <https://protobuf.dev/programming-guides/encoding/>.

/// The bytes of a message.
#[derive(Debug, Default)]
pub struct Message(Vec<u8>);

impl Message {
    /// A field with a number. 0 is what a field has that is not written.
    pub fn number(&mut self, field: u32, value: u64) -> &mut Message {
        if value != 0 {
            self.varint(u64::from(field) << 3);
            self.varint(value);
        }
        self
    }

    /// A field with a list of numbers, packed.
    pub fn numbers(&mut self, field: u32, values: impl IntoIterator<Item = u64>) -> &mut Message {
        let mut packed = Message::default();
        values.into_iter().for_each(|value| packed.varint(value));
        self.bytes(field, &packed.0)
    }

    /// A field with a text or bytes.
    pub fn bytes(&mut self, field: u32, bytes: &[u8]) -> &mut Message {
        self.varint(u64::from(field) << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    /// A field with a message.
    pub fn message(&mut self, field: u32, build: impl FnOnce(&mut Message)) -> &mut Message {
        let mut inner = Message::default();
        build(&mut inner);
        self.bytes(field, &inner.0)
    }

    /// All bytes so far.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the page.
    #[test]
    fn fields_are_those_of_the_documentation() {
        let mut message = Message::default();
        message.number(1, 150).number(5, 0);
        assert_eq!(message.into_bytes(), [0x08, 0x96, 0x01]);
        let mut message = Message::default();
        message.bytes(2, b"testing");
        assert_eq!(message.into_bytes(), *b"\x12\x07testing");
        let mut message = Message::default();
        message.message(3, |inner| _ = inner.number(1, 150));
        assert_eq!(message.into_bytes(), [0x1a, 0x03, 0x08, 0x96, 0x01]);
        let mut message = Message::default();
        message.numbers(6, [3, 270, 86942]);
        assert_eq!(message.into_bytes(), [0x32, 0x06, 0x03, 0x8e, 0x02, 0x9e, 0xa7, 0x05]);
    }
}
