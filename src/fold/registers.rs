//! About how many different values there are: HyperLogLog with the estimator of Ertl (2017), which needs no tables. With 2¹⁴
//! registers its standard error is 0.81 %, with 2¹¹ 2.3 %.
//!
//! Registers only depend on which values there are, not on their order.

use twox_hash::XxHash3_64;

use crate::scan::short::words;

/// A text: its bytes in [`words`] if it is short, and its hash, which is the same everywhere and in every version, as what is
/// estimated depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hashed {
    /// The bytes of a short text; of another one its hash.
    pub words: [u64; 2],
    pub hash: u64,
    pub is_short: bool,
}

impl Hashed {
    #[inline(always)]
    pub fn of(text: &[u8]) -> Hashed {
        match words(text) {
            Some(words) => Hashed { words, hash: hash_of(words, text.len() as u64), is_short: true },
            None => {
                let hash = XxHash3_64::oneshot(text);
                Hashed { words: [hash, 0], hash, is_short: false }
            }
        }
    }
}

/// The hash of a short text: two rounds of a product whose halves are folded.
#[inline(always)]
fn hash_of([low, high]: [u64; 2], len: u64) -> u64 {
    const SALT: [u64; 4] = [0x2d35_8dcc_aa6c_78a5, 0x8bb8_4b93_962e_acc9, 0x4b33_a62e_d433_d4a3, 0x4d5a_2da5_1de1_aa47];
    let fold = |one: u64, two: u64| {
        let product = u128::from(one) * u128::from(two);
        product as u64 ^ (product >> 64) as u64
    };
    let mixed = fold(low ^ SALT[0], high ^ SALT[1]);
    fold(mixed ^ SALT[2], len.wrapping_mul(SALT[0]) ^ SALT[3])
}

/// How many bits of a hash choose a register.
const BITS: u32 = 14;
pub(crate) const REGISTERS: usize = 1 << BITS;
/// The most bits that are left beside those that choose a register.
const MOST: usize = 62;

/// Notes the hash of a value.
#[inline(always)]
pub(crate) fn note(registers: &mut [u8], hash: u64) {
    note_in::<BITS>(registers, hash);
}

/// The same in two to the power of `BITS` registers.
#[inline(always)]
pub(crate) fn note_in<const BITS: u32>(registers: &mut [u8], hash: u64) {
    let register = &mut registers[(hash >> (u64::BITS - BITS)) as usize];
    // A bit after those that are left ends the zeros.
    let zeros = ((hash << BITS) | (1 << (BITS - 1))).leading_zeros() as u8 + 1;
    if zeros > *register {
        *register = zeros;
    }
}

/// How many different hashes the registers have seen, whose number is a power of two.
pub(crate) fn estimated(registers: &[u8]) -> u64 {
    // How many bits of a hash are left.
    let rest = (u64::BITS - registers.len().trailing_zeros()) as usize;
    let mut counts = [0u32; MOST + 2];
    registers.iter().for_each(|zeros| counts[usize::from(*zeros)] += 1);
    let all = registers.len() as f64;
    let mut sum = all * tau(1.0 - f64::from(counts[rest + 1]) / all);
    for count in counts[1..=rest].iter().rev() {
        sum = 0.5 * (sum + f64::from(*count));
    }
    sum += all * sigma(f64::from(counts[0]) / all);
    (all * all / (2.0 * std::f64::consts::LN_2 * sum)).round() as u64
}

fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut sum) = (1.0, x);
    loop {
        x *= x;
        let before = sum;
        sum += x * y;
        y += y;
        if sum == before {
            return sum;
        }
    }
}

fn tau(mut x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut y, mut sum) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = sum;
        y *= 0.5;
        sum -= (1.0 - x) * (1.0 - x) * y;
        if sum == before {
            return sum / 3.0;
        }
    }
}
