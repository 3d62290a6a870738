//! csv-core, the specification: used where the vector kernels do not apply, one record at a time.

use csv_core::{ReadFieldResult, Reader, ReaderBuilder};

use super::own;
use super::parts::{Ending, FieldKind, SpecField, first_byte};
use super::resolved::Resolved;

/// A reader that is reset to the start of a record each time.
pub(super) struct Spec {
    /// Built only when needed: that takes longer than converting a small file.
    reader: Option<Reader>,
    dialect: Resolved,
    text: Vec<u8>,
}

impl Spec {
    pub fn new(dialect: Resolved) -> Spec {
        Spec { reader: None, dialect, text: vec![0; 4096] }
    }

    /// Reads the record that starts at `from`, field by field. Nothing follows `data`.
    pub fn record<E>(
        &mut self,
        data: &[u8],
        from: usize,
        mut field: impl FnMut(SpecField<'_>) -> Result<(), E>,
    ) -> Result<Ending, E> {
        let Spec { reader, dialect, text, .. } = self;
        if dialect.is_own() {
            return own::record(*dialect, text, data, from, field);
        }
        let reader = ready(reader, *dialect);
        let start = first_byte(*dialect, data, from);
        let (mut at, mut field_start, mut len) = (start, start, 0);
        loop {
            let (result, read, written) = reader.read_field(input(data, start, at), &mut text[len..]);
            at += read;
            len += written;
            match result {
                ReadFieldResult::InputEmpty => {}
                ReadFieldResult::OutputFull => text.resize(text.len() * 2, 0),
                ReadFieldResult::Field { record_end } => {
                    let quoted = dialect.quote.is_some() && data.get(field_start) == dialect.quote.as_ref();
                    let kind = if quoted { FieldKind::Quoted } else { FieldKind::Plain };
                    field(SpecField { text: &text[..len], kind, start: field_start })?;
                    (field_start, len) = (at, 0);
                    if record_end {
                        return Ok(behind_terminator(data, at));
                    }
                }
                ReadFieldResult::End => return Ok(Ending::NoRecord),
            }
        }
    }
}

/// The reader, at the start of a record.
fn ready(reader: &mut Option<Reader>, dialect: Resolved) -> &mut Reader {
    let reader = reader.get_or_insert_with(|| {
        let mut builder = ReaderBuilder::new();
        builder.delimiter(dialect.delimiter).escape(dialect.escape);
        match dialect.quote {
            Some(quote) => builder.quote(quote),
            None => builder.quoting(false),
        };
        builder.build()
    });
    reader.reset();
    reader
}

/// What to feed next. csv-core drops a byte order mark at the start of its input, and every record is a new input to
/// it; it keeps the mark if it comes in pieces.
fn input(data: &[u8], start: usize, at: usize) -> &[u8] {
    if at == start { &data[at..data.len().min(at + 1)] } else { &data[at..] }
}

/// A CRLF is one line break, of which csv-core leaves the LF to the next record.
fn behind_terminator(data: &[u8], at: usize) -> Ending {
    let crlf = at > 0 && data[at - 1] == b'\r' && data.get(at) == Some(&b'\n');
    Ending::At(at + usize::from(crlf))
}
