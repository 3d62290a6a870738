//! CSV and TSV.

use super::digits::{push_cents, push_rate, push_zip};
use super::make::{Draw, Make};
use super::pen::{Pen, longest};
use super::pools::Pools;
use crate::format::Options;
use crate::format::csv::{Delimiter, OutDialect};

const NAMES: [&str; 10] = ["id", "time", "price", "quantity", "rate", "active", "name", "city", "zip", "note"];

pub(super) struct Csv {
    pools: Pools,
    /// Before a record, between its fields, and after it; includes the quotes if every field is quoted.
    start: Mark,
    separator: Mark,
    end: Mark,
    head: Vec<u8>,
}

/// A few bytes.
#[derive(Clone, Copy)]
struct Mark([u8; 16], usize);

impl Mark {
    fn new(parts: &[&[u8]]) -> Mark {
        let mut mark = Mark([0; 16], 0);
        for &byte in parts.iter().copied().flatten() {
            mark.0[mark.1] = byte;
            mark.1 += 1;
        }
        mark
    }

    fn bytes(&self) -> &[u8] {
        &self.0[..self.1]
    }

    #[inline(always)]
    fn put(&self, pen: &mut Pen<'_>) {
        pen.part(&self.0, self.1);
    }
}

/// How text is written.
struct Style {
    /// The first byte of the delimiter: nothing with it is written without quotes.
    delimiter: u8,
    quote: u8,
    escape: Option<u8>,
    quoting: bool,
    /// Every field is already quoted.
    quote_all: bool,
    escapes: bool,
}

impl Csv {
    /// CSV, or TSV with `tabs`, unless the options name another delimiter.
    pub(super) fn new(tabs: bool, options: &Options, seed: u64) -> Csv {
        let default = if tabs { b'\t' } else { b',' };
        let escapes = tabs && options.dialect.tsv_escapes;
        let OutDialect { delimiter, quote, escape, quoting, quote_all, crlf, .. } = options.out_dialect;
        let quoting = quoting && !escapes;
        let own = [default];
        let between = delimiter.as_ref().map_or(&own[..], Delimiter::bytes);
        let style = Style { delimiter: between[0], quote, escape, quoting, quote_all: quote_all && quoting, escapes };
        let line_break: &[u8] = if crlf { b"\r\n" } else { b"\n" };
        let around: &[u8] = if style.quote_all { &[quote] } else { &[] };
        let (start, end) = (Mark::new(&[around]), Mark::new(&[around, line_break]));
        let separator = Mark::new(&[around, between, around]);
        let mut head = Vec::new();
        if options.writes_header() {
            head = [start.bytes(), &NAMES.map(str::as_bytes).join(separator.bytes()), end.bytes()].concat();
        }
        Csv { pools: Pools::new(seed, |text| style.write(text)), separator, start, end, head }
    }

    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }
}

impl Style {
    fn write(&self, text: Option<&str>) -> Vec<u8> {
        let Some(text) = text else { return Vec::new() };
        let special = |byte: u8| {
            byte == self.delimiter || byte == self.quote || Some(byte) == self.escape || matches!(byte, b'\r' | b'\n')
        };
        if self.escapes {
            return escaped(text);
        }
        if !self.quoting {
            // Quoting is off: leave out what would need it.
            return text.bytes().filter(|byte| !special(*byte)).collect();
        }
        if !self.quote_all && !text.is_empty() && !text.bytes().any(special) {
            return text.as_bytes().to_vec();
        }
        let around: &[u8] = if self.quote_all { &[] } else { &[self.quote] };
        let mut out = around.to_vec();
        for byte in text.bytes() {
            if byte == self.quote || Some(byte) == self.escape {
                out.push(self.escape.unwrap_or(self.quote));
            }
            out.push(byte);
        }
        out.extend_from_slice(around);
        out
    }
}

fn escaped(text: &str) -> Vec<u8> {
    text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r").into_bytes()
}

impl Make for Csv {
    fn longest(&self) -> usize {
        let pools = &self.pools;
        260 + longest(&pools.names) + longest(&pools.cities) + longest(&pools.notes)
    }

    #[inline]
    fn record(&self, draw: &mut Draw, pen: &mut Pen<'_>) {
        self.start.put(pen);
        pen.number(draw.id());
        self.separator.put(pen);
        draw.push_time(pen);
        self.separator.put(pen);
        let bits = draw.random.next();
        push_cents(pen, bits as u32 % 100_000);
        self.separator.put(pen);
        pen.number(bits >> 32 & 63);
        self.separator.put(pen);
        push_rate(pen, draw.random.below(1_000_000), bits >> 40 & 1 == 1);
        self.separator.put(pen);
        let truth = bits >> 41 & 1;
        pen.part(if truth == 1 { b"true " } else { b"false" }, 5 - truth as usize);
        self.separator.put(pen);
        pen.text(draw.random.one(&self.pools.names));
        self.separator.put(pen);
        pen.text(draw.random.one(&self.pools.cities));
        self.separator.put(pen);
        push_zip(pen, draw.random.below(100_000));
        self.separator.put(pen);
        pen.text(draw.random.one(&self.pools.notes));
        self.end.put(pen);
    }
}
