//! Which fields are numbers, for all fields of a block at once.
//!
//! The grammar of RFC 8259, section 6, is followed by masks: a mask says where the text of some number so far may end,
//! and the mask of the next piece of the grammar moves it on. One addition moves past all runs of digits, as it does
//! past runs of backslashes in Langdale and Lemire, "Parsing Gigabytes of JSON per Second", 2019. The only branch that
//! depends on the fields is for exponents, which are rare.

use crate::scan::vector::Vector;

/// What is carried from one block to the next, each the lowest bit: whether the byte before was …
#[derive(Clone, Copy, Debug)]
pub(super) struct Carry {
    /// … a separator.
    start: u64,
    /// … a number's sign.
    sign: u64,
    /// … its first digit, a zero.
    zero: u64,
    /// … another digit before the dot.
    int: u64,
    /// … the dot.
    dot: u64,
    /// … a digit after the dot.
    frac: u64,
    exp: Exp,
}

#[derive(Clone, Copy, Debug)]
struct Exp {
    /// … the letter of its exponent.
    letter: u64,
    /// … the exponent's sign.
    sign: u64,
    /// … a digit of the exponent.
    digits: u64,
}

impl Carry {
    /// At the start of a field.
    pub const START: Carry = Carry { start: 1, sign: 0, zero: 0, int: 0, dot: 0, frac: 0, exp: Exp::NONE };
}

impl Exp {
    const NONE: Exp = Exp { letter: 0, sign: 0, digits: 0 };

    #[inline(always)]
    fn any(&self) -> u64 {
        self.letter | self.sign | self.digits
    }
}

/// The separators (those of a block, outside quotes) before which a field is exactly a number. A field in quotes is
/// none.
#[inline(always)]
pub(super) fn numbers<V: Vector>(v: V, block: V::Block, separators: u64, carry: &mut Carry) -> u64 {
    // A separator may be any byte, also one that numbers are made of.
    let digits = v.digits(block) & !separators;
    let starts = behind(separators, &mut carry.start);
    let signs = starts & v.equal(block, b'-') & !separators;
    let first = (starts | behind(signs, &mut carry.sign)) & digits;
    let zeros = first & v.equal(block, b'0');
    let int = behind(zeros, &mut carry.zero) | behind_digits(first ^ zeros, digits, &mut carry.int);
    let dots = int & v.equal(block, b'.') & !separators;
    let frac = behind(dots, &mut carry.dot) & digits;
    let plain = int | behind_digits(frac, digits, &mut carry.frac);
    let letters = plain & v.one_of(block, [b'e', b'E', b'E']) & !separators;
    if letters | carry.exp.any() != 0 {
        return (plain | behind_exponents(v, block, letters, digits, separators, &mut carry.exp)) & separators;
    }
    plain & separators
}

/// The places after exponents that begin with these letters.
#[inline(always)]
fn behind_exponents<V: Vector>(
    v: V,
    block: V::Block,
    letters: u64,
    digits: u64,
    separators: u64,
    carry: &mut Exp,
) -> u64 {
    let letters = behind(letters, &mut carry.letter);
    let signs = letters & (v.equal(block, b'+') | v.equal(block, b'-')) & !separators;
    let first = (letters | behind(signs, &mut carry.sign)) & digits;
    behind_digits(first, digits, &mut carry.digits)
}

/// The places after those in `bits`.
#[inline(always)]
fn behind(bits: u64, carry: &mut u64) -> u64 {
    bits << 1 | std::mem::replace(carry, bits >> 63)
}

/// The places after the runs of `digits` that contain a place in `first`, at their beginning or inside.
#[inline(always)]
fn behind_digits(first: u64, digits: u64, carry: &mut u64) -> u64 {
    let (sum, over) = digits.overflowing_add(first | *carry);
    *carry = over.into();
    sum & !digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::number::is_json_number;
    use crate::scan::vector::tests::every;
    use crate::scan::vector::{Unit, Work};

    /// The fields of unquoted text, and whether each is a number.
    struct Fields<'t>(&'t [u8], u8);

    impl Work for Fields<'_> {
        type Out = Vec<bool>;
        #[inline(always)]
        fn run<V: Vector>(self, v: V) -> Vec<bool> {
            let (mut carry, mut all) = (Carry::START, Vec::new());
            for bytes in self.0.chunks(64) {
                let block = v.load_part(bytes);
                let separators = v.equal(block, self.1);
                let found = numbers(v, block, separators, &mut carry);
                assert_eq!(found & !separators, 0);
                all.extend((0..64).filter(|place| separators >> place & 1 == 1).map(|place| found >> place & 1 == 1));
            }
            all
        }
    }

    /// Every text of up to five of the characters that matter, at every place of a block.
    #[test]
    fn agrees_with_the_bytes() {
        let letters = b"019.-e+Ex";
        let mut data = Vec::new();
        for code in (0..9usize.pow(5)).step_by(every(997)) {
            let five: Vec<u8> = (0..5).map(|place| letters[code / 9usize.pow(place) % 9]).collect();
            for text in [&five[..], &five[..code % 5]] {
                data.extend_from_slice(text);
                data.push(b',');
            }
            if code % 1000 == 0 {
                data.extend(b"1234567890".repeat(code / 1000 % 15));
                data.extend_from_slice(b".5e3,");
            }
        }
        let expected: Vec<bool> = data[..data.len() - 1].split(|byte| *byte == b',').map(is_json_number).collect();
        assert!(expected.iter().filter(|number| **number).count() > 1000);
        for unit in Unit::available() {
            assert_eq!(unit.run(Fields(&data, b',')), expected, "{unit:?}");
        }
    }

    /// Delimiters that numbers are made of.
    #[test]
    fn any_byte_may_be_the_separator() {
        let data = b"0.05.1e5.-0.-.e.1-2-+3-007-10e-5-5-1e+4-";
        for separator in *b".-0e+5" {
            let data = [&data[..], &[separator]].concat();
            let expected: Vec<bool> =
                data[..data.len() - 1].split(|byte| *byte == separator).map(is_json_number).collect();
            for unit in Unit::available() {
                assert_eq!(unit.run(Fields(&data, separator)), expected, "{unit:?} {}", separator as char);
            }
        }
    }
}
