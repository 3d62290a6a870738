//! Records of dialects that csv-core does not know: delimiters of several bytes, spaces after delimiters, and the
//! backslash escapes of databases.
//!
//! Where it knows a dialect, its rules hold: quotes mean something at the start of a field only, and text after a closing
//! quote belongs to the field. [`quotes`](super::quotes) says where a record ends; it follows the same rules.

use super::parts::{Ending, FieldKind, SpecField, first_byte};
use super::resolved::{Backslashes, Resolved};

/// Reads the record that starts at `from`, field by field; `room` is for texts that are not in the data as they are.
/// Nothing follows `data`.
pub(super) fn record<E>(
    dialect: Resolved,
    room: &mut Vec<u8>,
    data: &[u8],
    from: usize,
    mut field: impl FnMut(SpecField<'_>) -> Result<(), E>,
) -> Result<Ending, E> {
    let mut at = first_byte(dialect, data, from);
    if at >= data.len() {
        return Ok(Ending::NoRecord);
    }
    loop {
        let start = at;
        let read = Field::read(dialect, room, data, at);
        at = read.end;
        let text = read.plain.map_or(&room[..], |from| &data[from..at]);
        field(SpecField { text, kind: read.kind, start })?;
        match dialect.delimiter_len(data, at) {
            0 => return Ok(Ending::At(at + dialect.break_len(data, at))),
            len => at += len,
        }
    }
}

/// Where the record that begins at `start` ends in a dialect that hides line breaks, line break included.
pub(super) fn record_end(dialect: Resolved, data: &[u8], start: usize) -> Option<usize> {
    let mut from = start;
    passed(dialect, data, &mut from)
}

/// The same from `from` on, which may be after the data; without a line break, `from` is where to go on.
pub(super) fn passed(dialect: Resolved, data: &[u8], from: &mut usize) -> Option<usize> {
    let escape = dialect.escape.unwrap_or(b'\n');
    while *from < data.len() {
        let Some(found) = memchr::memchr2(b'\n', escape, &data[*from..]) else {
            *from = data.len();
            return None;
        };
        let at = *from + found;
        if data[at] == b'\n' {
            return Some(at + 1);
        }
        *from = at + 2;
    }
    None
}

/// A field that was read.
struct Field {
    kind: FieldKind,
    /// Its text begins here and ends at `end`, as it is in the data; otherwise the text is in the room.
    plain: Option<usize>,
    /// The delimiter or line break after it.
    end: usize,
}

impl Field {
    fn read(dialect: Resolved, room: &mut Vec<u8>, data: &[u8], mut at: usize) -> Field {
        room.clear();
        if dialect.skip_space {
            at += data[at..].iter().take_while(|byte| **byte == b' ').count();
        }
        let from = at;
        let (mut kind, mut is_plain, mut null) = (FieldKind::Plain, true, false);
        if dialect.quote.is_some() && data.get(at) == dialect.quote.as_ref() {
            (kind, is_plain) = (FieldKind::Quoted, false);
            at = inside(dialect, room, data, at + 1, &mut null);
        }
        while let Some(&byte) = data.get(at) {
            if dialect.delimiter_len(data, at) > 0 || dialect.break_len(data, at) > 0 {
                break;
            }
            if is_plain && dialect.escapes_at(data, at) {
                (kind, is_plain) = (FieldKind::Escaped, false);
                room.extend_from_slice(&data[from..at]);
            }
            match is_plain {
                true => at += 1,
                false if dialect.escapes_at(data, at) => at += escaped(dialect.backslashes, data, at, room, &mut null),
                false => {
                    room.push(byte);
                    at += 1;
                }
            }
        }
        let is_null = match kind {
            FieldKind::Plain => dialect.is_word_null(&data[from..at]),
            _ => null && **room == *b"N",
        };
        if is_null {
            kind = FieldKind::Null;
        }
        Field { kind, plain: is_plain.then_some(from), end: at }
    }
}

/// Reads the inside of quotes, up to what follows the closing one.
fn inside(dialect: Resolved, room: &mut Vec<u8>, data: &[u8], mut at: usize, null: &mut bool) -> usize {
    while let Some(&byte) = data.get(at) {
        if Some(byte) == dialect.escape && Some(byte) != dialect.quote {
            match dialect.backslashes {
                Backslashes::Plain => {
                    room.extend(data.get(at + 1));
                    at += 2;
                }
                backslashes => at += escaped(backslashes, data, at, room, null),
            }
        } else if Some(byte) != dialect.quote {
            room.push(byte);
            at += 1;
        } else if data.get(at + 1) == Some(&byte) {
            room.push(byte);
            at += 2;
        } else {
            return at + 1;
        }
    }
    data.len()
}

/// Reads the escape at `at` and adds what it means; returns its length. `null`: it is the one that means null if nothing
/// else is in the field.
fn escaped(backslashes: Backslashes, data: &[u8], at: usize, room: &mut Vec<u8>, null: &mut bool) -> usize {
    let Some(&byte) = data.get(at + 1) else {
        // The last byte of the input.
        room.push(data[at]);
        return 1;
    };
    *null |= byte == b'N';
    let postgres = backslashes == Backslashes::Postgres;
    let digits = |from: usize, most: usize, is_digit: fn(&u8) -> bool| {
        data[(at + from).min(data.len())..].iter().take(most).take_while(|byte| is_digit(byte)).count()
    };
    let number = |range: std::ops::Range<usize>, radix: u32| {
        let digit = |byte: &u8| char::from(*byte).to_digit(radix).unwrap_or_default();
        // As PostgreSQL does, only the low byte counts.
        data[range].iter().fold(0, |number: u32, byte| number * radix + digit(byte)) as u8
    };
    let meant = match byte {
        b'b' => 8,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'0' if !postgres => 0,
        b'Z' if !postgres => 26,
        b'f' if postgres => 12,
        b'v' if postgres => 11,
        b'0'..=b'7' if postgres => {
            let len = digits(1, 3, |byte| (b'0'..=b'7').contains(byte));
            room.push(number(at + 1..at + 1 + len, 8));
            return 1 + len;
        }
        b'x' if postgres && digits(2, 1, u8::is_ascii_hexdigit) > 0 => {
            let len = digits(2, 2, u8::is_ascii_hexdigit);
            room.push(number(at + 2..at + 2 + len, 16));
            return 2 + len;
        }
        byte => byte,
    };
    room.push(meant);
    2
}
