//! CSV and TSV.

use super::digits::{push_cents, push_rate, push_zip};
use super::make::{Draw, Make};
use super::pen::{Pen, longest};
use super::pools::Pools;
use crate::format::{Format, Options};

const NAMES: [&str; 10] = ["id", "time", "price", "quantity", "rate", "active", "name", "city", "zip", "note"];

pub(super) struct Csv {
    pools: Pools,
    delimiter: u8,
    crlf: bool,
    head: Vec<u8>,
}

/// How text is written.
struct Style {
    delimiter: u8,
    quote: u8,
    escape: Option<u8>,
    quoting: bool,
    escapes: bool,
}

impl Csv {
    pub(super) fn new(format: Format, options: &Options, seed: u64) -> Csv {
        let default = if format == Format::Tsv { b'\t' } else { b',' };
        let escapes = format == Format::Tsv && options.dialect.tsv_escapes;
        let style = Style {
            delimiter: options.out_dialect.delimiter.or(options.dialect.delimiter).unwrap_or(default),
            quote: options.dialect.quote,
            escape: options.dialect.escape,
            quoting: options.dialect.quoting && !escapes,
            escapes,
        };
        let end: &[u8] = if options.out_dialect.crlf { b"\r\n" } else { b"\n" };
        let delimiter = style.delimiter;
        let mut head = Vec::new();
        if !options.no_headers {
            head = NAMES.map(str::as_bytes).join(&delimiter);
            head.extend_from_slice(end);
        }
        Csv { pools: Pools::new(seed, |text| style.write(text)), delimiter, crlf: options.out_dialect.crlf, head }
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
            // Nothing can be quoted: leave out what would have to be.
            return text.bytes().filter(|byte| !special(*byte)).collect();
        }
        if !text.is_empty() && !text.bytes().any(special) {
            return text.as_bytes().to_vec();
        }
        let mut out = vec![self.quote];
        for byte in text.bytes() {
            if byte == self.quote || Some(byte) == self.escape {
                out.push(self.escape.unwrap_or(self.quote));
            }
            out.push(byte);
        }
        out.push(self.quote);
        out
    }
}

fn escaped(text: &str) -> Vec<u8> {
    text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r").into_bytes()
}

impl Make for Csv {
    fn longest(&self) -> usize {
        let pools = &self.pools;
        128 + longest(&pools.names) + longest(&pools.cities) + longest(&pools.notes)
    }

    #[inline]
    fn record(&self, draw: &mut Draw, pen: &mut Pen<'_>) {
        let delimiter = &[self.delimiter];
        pen.number(draw.id());
        pen.put(delimiter);
        draw.push_time(pen);
        pen.put(delimiter);
        let bits = draw.random.next();
        push_cents(pen, bits as u32 % 100_000);
        pen.put(delimiter);
        pen.number(bits >> 32 & 63);
        pen.put(delimiter);
        push_rate(pen, draw.random.below(1_000_000), bits >> 40 & 1 == 1);
        pen.put(delimiter);
        let truth = bits >> 41 & 1;
        pen.part(if truth == 1 { b"true " } else { b"false" }, 5 - truth as usize);
        pen.put(delimiter);
        pen.text(draw.random.one(&self.pools.names));
        pen.put(delimiter);
        pen.text(draw.random.one(&self.pools.cities));
        pen.put(delimiter);
        push_zip(pen, draw.random.below(100_000));
        pen.put(delimiter);
        pen.text(draw.random.one(&self.pools.notes));
        match self.crlf {
            true => pen.put(b"\r\n"),
            false => pen.put(b"\n"),
        }
    }
}
