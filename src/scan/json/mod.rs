//! JSON (RFC 8259) seen as classes of bytes: where strings, structure and scalars begin and end.
//!
//! The method is that of Langdale and Lemire, "Parsing Gigabytes of JSON per Second" (2019).

mod compact;
mod ends;
mod keys;
mod known;
mod nesting;
mod positions;
mod text;

pub use compact::Compactor;
pub use ends::{Guess, byte, number_end, text_end, white_end};
pub use keys::{Among, Keys};
pub use nesting::{Columns, Hit, Nesting, Seek};
pub use positions::{AHEAD, Positions};
pub use text::{escape_into, escape_of, find_special, short_special, write_text, write_untyped};

use super::vector::Vector;

/// What is carried from one block of 64 bytes to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Strings {
    /// All ones when the next block begins inside a string.
    inside: u64,
    /// One when the next block's first byte is escaped.
    escaped: u64,
}

/// The strings of a block.
#[derive(Clone, Copy)]
struct Found {
    /// Quotes that are not escaped.
    quotes: u64,
    /// From an opening quote to the byte before the closing one.
    inside: u64,
    /// Backslashes that escape the byte after them.
    escapes: u64,
}

impl Strings {
    #[inline(always)]
    fn next<V: Vector>(&mut self, v: V, quotes: u64, backslashes: u64) -> Found {
        let (escapes, escaped) = self.escapes(backslashes);
        let quotes = quotes & !escaped;
        let inside = v.parity(quotes) ^ self.inside;
        self.inside = ((inside as i64) >> 63) as u64;
        Found { quotes, inside, escapes }
    }

    /// Backslashes that escape, and what they escape. In a run of backslashes each second one is
    /// escaped; a subtraction finds that for all runs at one time.
    #[inline(always)]
    fn escapes(&mut self, backslashes: u64) -> (u64, u64) {
        const ODD: u64 = 0xAAAA_AAAA_AAAA_AAAA;
        if backslashes == 0 {
            return (0, std::mem::take(&mut self.escaped));
        }
        let potential = backslashes & !self.escaped;
        let series = ((potential << 1 | ODD).wrapping_sub(potential)) ^ ODD;
        let escaped = series ^ (backslashes | self.escaped);
        let escapes = series & backslashes;
        self.escaped = escapes >> 63;
        (escapes, escaped)
    }
}
