//! Separators and quotes of delimited text, 64 bytes at a time.
//!
//! A block of 64 bytes is classified into three bit masks: delimiters, line breaks (LF and CR) and
//! quotes. A prefix exclusive-or over the quotes gives the bits inside quotes, so separators inside are
//! masked away without a branch (Langdale and Lemire, "Parsing Gigabytes of JSON per Second", 2019).
//!
//! That reads quotes by parity, while the specification (csv-core) opens quotes only at the start of a
//! field and takes every other quote literally. The two agree exactly as long as every opening quote
//! follows a separator or a closing quote (a doubled quote), and every closing quote is followed by a
//! separator or a quote. The masks check that too: a byte that breaks the rule is *irregular*, and the
//! record that holds it has to be read by csv-core.

mod numbers;
mod rows;
mod separators;
mod tally;
mod walk;

pub use rows::{Room, Rows};
pub use separators::Separators;
pub use tally::{Part, tally, tally_part};
pub use walk::{Walk, walk};

use super::vector::Vector;

/// The bytes with a meaning, all different.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// Between fields.
    pub delimiter: u8,
    /// Around fields; none when quotes mean nothing.
    pub quote: Option<u8>,
}

/// What is carried from one block to the next.
#[derive(Clone, Copy, Debug)]
struct Carry {
    /// All ones inside quotes, else zero.
    inside: u64,
    /// 1 if the byte before was a separator or a closing quote.
    may_open: u64,
    /// 1 if the byte before was a closing quote.
    closed: u64,
}

impl Carry {
    /// At the start of a record.
    const START: Carry = Carry { inside: 0, may_open: 1, closed: 0 };
}

/// The raw masks of a block.
#[derive(Clone, Copy)]
struct Masks {
    delimiters: u64,
    breaks: u64,
    quotes: u64,
}

/// The meaning of a block.
#[derive(Clone, Copy)]
struct Meaning {
    /// Delimiters and line breaks outside quotes.
    separators: u64,
    /// Second quotes of doubled ones, inside quoted fields.
    doubled: u64,
    /// Where parity and csv-core disagree.
    irregular: u64,
}

impl Marks {
    /// Whether a byte outside quotes ends a field.
    #[inline(always)]
    fn is_separator(self, byte: u8) -> bool {
        byte == self.delimiter || byte == b'\n' || byte == b'\r'
    }

    /// Where quotes are.
    #[inline(always)]
    fn quotes<V: Vector>(self, v: V, block: V::Block) -> u64 {
        match self.quote {
            Some(quote) => v.equal(block, quote),
            None => 0,
        }
    }

    /// The masks of a block, of which the `valid` bits are data, and which has these quotes.
    #[inline(always)]
    fn masks<V: Vector>(self, v: V, block: V::Block, quotes: u64, valid: u64) -> Masks {
        Masks {
            delimiters: v.equal(block, self.delimiter) & valid,
            breaks: (v.equal(block, b'\n') | v.equal(block, b'\r')) & valid,
            quotes,
        }
    }
}

/// The block at `at`, followed by zeros at the end of the data, and the bits that are data.
#[inline(always)]
fn block_at<V: Vector>(v: V, data: &[u8], at: usize) -> (V::Block, u64) {
    let rest = &data[at..];
    match rest.first_chunk::<64>() {
        Some(block) => (v.load(block), u64::MAX),
        None => (v.load_part(rest), (1 << rest.len()) - 1),
    }
}

#[inline(always)]
fn understand<V: Vector>(v: V, masks: Masks, carry: &mut Carry) -> Meaning {
    let Masks { delimiters, breaks, quotes } = masks;
    if quotes | carry.closed == 0 {
        let separators = (delimiters | breaks) & !carry.inside;
        carry.may_open = separators >> 63;
        return Meaning { separators, doubled: 0, irregular: 0 };
    }
    follow(v, masks, carry)
}

/// [`understand`] without a branch.
#[inline(always)]
fn follow<V: Vector>(v: V, masks: Masks, carry: &mut Carry) -> Meaning {
    let Masks { delimiters, breaks, quotes } = masks;
    // An opening quote counts as inside, a closing one as outside.
    let inside = v.parity(quotes) ^ carry.inside;
    let opening = quotes & inside;
    let closing = quotes & !inside;
    let separators = (delimiters | breaks) & !inside;
    let may_open = ((separators | closing) << 1) | carry.may_open;
    let after_closing = (closing << 1) | carry.closed;
    let irregular = (opening & !may_open) | (after_closing & !(separators | opening));
    carry.inside = ((inside as i64) >> 63) as u64;
    carry.may_open = (separators | closing) >> 63;
    carry.closed = closing >> 63;
    Meaning { separators, doubled: opening & after_closing, irregular }
}
