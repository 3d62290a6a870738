//! Exact sums, and the one rounding of what is calculated from them.

use std::cmp::Ordering;

use ruint::Uint;

use crate::error::{RecordError, Result};
use crate::expr::decimal::{Decimal, POWERS, Small};
use crate::fold::groups::few::Few;
use crate::fold::groups::given::Number;
use crate::fold::groups::held::Held;
use crate::fold::groups::saved::{Out, Saved};
use crate::memory::Arena;
use crate::record::Value;

/// An integer of up to 693 digits. The largest that is needed is a sum of squares: 600 digits for a square of a number with
/// [150 digits](super::given::PLACES) on both sides of the point, and 20 for the number of records, times that number.
type Wide = Uint<2304, 36>;

/// How many significant digits a mean and a deviation have at most.
pub(crate) const DIGITS: u32 = 17;

/// An exact sum: an integer, and how many of its digits come after the point, which are as many as the number with the
/// most has. Whatever the order in which numbers are added, the sum is the same.
#[derive(Default)]
pub(crate) struct Exact {
    small: i128,
    scale: u32,
    /// In place of `small`, where that is too short: in two's complement.
    wide: Option<Box<Wide>>,
}

impl Exact {
    /// Adds a number. If there is no memory for a long sum, that is noticed where more is taken next.
    #[inline(always)]
    pub fn add(&mut self, number: Number<'_>, held: &mut Held) {
        if let Number::Short(mantissa, scale) = number
            && scale == self.scale
            && self.wide.is_none()
            && let Some(sum) = self.small.checked_add(mantissa.into())
        {
            self.small = sum;
            return;
        }
        self.add_other(number, held);
    }

    #[inline(never)]
    fn add_other(&mut self, number: Number<'_>, held: &mut Held) {
        match number {
            Number::Null => {}
            Number::Short(mantissa, scale) => self.add_small(mantissa.into(), scale, held),
            Number::Long(_) => match number.decimal() {
                Decimal::Small(Small { mantissa, scale }) => self.add_small(mantissa, scale, held),
                long => {
                    let (negative, size, scale) = of(long);
                    self.add_wide(signed(size, negative), scale, held);
                }
            },
        }
    }

    /// Adds a number that is there so often.
    pub fn add_times(&mut self, number: Number<'_>, times: u64, held: &mut Held) {
        if let Number::Short(mantissa, scale) = number {
            // At most 10¹⁸ times 2⁶⁴, which is less than 2¹²⁷.
            return self.add_small(i128::from(mantissa) * i128::from(times), scale, held);
        }
        match number.decimal() {
            Decimal::Small(Small { mantissa, scale }) => {
                self.add_few(Few::of(mantissa.unsigned_abs()).times(times.into()), mantissa < 0, scale, held);
            }
            long => {
                let (negative, size, scale) = of(long);
                self.add_wide(signed(size * Wide::from(times), negative), scale, held);
            }
        }
    }

    /// Adds the square of a number that is there so often.
    pub fn add_square_times(&mut self, number: Number<'_>, times: u64, held: &mut Held) {
        if let Number::Short(mantissa, scale) = number
            && let Some(square) = (i128::from(mantissa) * i128::from(mantissa)).checked_mul(i128::from(times))
        {
            return self.add_small(square, 2 * scale, held);
        }
        match number.decimal() {
            Decimal::Small(Small { mantissa, scale }) => {
                let size = mantissa.unsigned_abs();
                self.add_few(Few::of(size).times(size).times(times.into()), false, 2 * scale, held);
            }
            long => {
                let (_, size, scale) = of(long);
                self.add_wide(size * size * Wide::from(times), 2 * scale, held);
            }
        }
    }

    /// Adds the square of a number, in the same way.
    #[inline(always)]
    pub fn add_square(&mut self, number: Number<'_>, held: &mut Held) {
        match number {
            Number::Short(mantissa, scale) => {
                let mantissa = i128::from(mantissa);
                self.add_small(mantissa * mantissa, 2 * scale, held);
            }
            Number::Null => {}
            Number::Long(_) => self.add_square_times(number, 1, held),
        }
    }

    #[inline]
    pub fn add_small(&mut self, mantissa: i128, scale: u32, held: &mut Held) {
        if self.wide.is_none() {
            let raised = |number: i128, by: u32| number.checked_mul(*POWERS.get(by as usize)?);
            let most = self.scale.max(scale);
            let sum = || raised(self.small, most - self.scale)?.checked_add(raised(mantissa, most - scale)?);
            if let Some(sum) = sum() {
                (self.small, self.scale) = (sum, most);
                return;
            }
        }
        self.add_few(Few::of(mantissa.unsigned_abs()), mantissa < 0, scale, held);
    }

    /// Adds a number of a few limbs: most of those that a long sum is made of are no longer.
    fn add_few(&mut self, size: Few, negative: bool, scale: u32, held: &mut Held) {
        if let Some(wide) = &mut self.wide
            && let Some(more) = self.scale.checked_sub(scale)
            && let Some(power) = POWERS.get(more as usize)
        {
            return size.times(power.unsigned_abs()).add_to(&mut **wide, negative);
        }
        self.add_wide(signed(size.long(), negative), scale, held);
    }

    #[cold]
    fn add_wide(&mut self, mantissa: Wide, scale: u32, held: &mut Held) {
        let most = self.scale.max(scale);
        if self.wide.is_none() {
            held.owe(size_of::<Wide>());
            self.wide = Some(Box::new(signed(Wide::from(self.small.unsigned_abs()), self.small < 0)));
        }
        if let Some(wide) = &mut self.wide {
            **wide = raised(**wide, most - self.scale).wrapping_add(raised(mantissa, most - scale));
            self.scale = most;
        }
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: &Exact, held: &mut Held) {
        match &other.wide {
            Some(wide) => self.add_wide(**wide, other.scale, held),
            None => self.add_small(other.small, other.scale, held),
        }
    }

    /// Gives the sum as bytes.
    ///
    /// # Errors
    /// Those of `out`.
    pub(super) fn save(&self, out: &mut Out<'_>) -> Result<()> {
        out.put(&[self.wide.is_some().into()])?;
        out.put(&self.scale.to_le_bytes())?;
        match &self.wide {
            Some(wide) => wide.as_limbs().iter().try_for_each(|limb| out.number(*limb)),
            None => out.put(&self.small.to_le_bytes()),
        }
    }

    /// Reads a sum that was saved.
    ///
    /// # Errors
    /// Io: it is not whole.
    pub(super) fn load(from: &mut Saved<'_>, held: &mut Held) -> Result<Exact> {
        let is_wide = from.byte()? > 0;
        let mut sum = Exact { scale: u32::from_le_bytes(from.array()?), ..Exact::default() };
        if !is_wide {
            sum.small = i128::from_le_bytes(from.array()?);
            return Ok(sum);
        }
        let mut limbs = [0; 36];
        for limb in &mut limbs {
            *limb = from.number()?;
        }
        held.owe(size_of::<Wide>());
        sum.wide = Some(Box::new(Wide::from_limbs(limbs)));
        Ok(sum)
    }

    /// Whether it is below zero, its size without the point, and how many digits come after that.
    fn parts(&self) -> (bool, Wide, u32) {
        match &self.wide {
            None => (self.small < 0, Wide::from(self.small.unsigned_abs()), self.scale),
            Some(wide) if wide.bit(2303) => (true, wide.wrapping_neg(), self.scale),
            Some(wide) => (false, **wide, self.scale),
        }
    }

    /// The sum in plain digits.
    ///
    /// # Errors
    /// There is no memory.
    pub fn sum<'a>(&self, arena: &'a Arena) -> Result<Value<'a>, RecordError> {
        let (negative, size, scale) = self.parts();
        text(negative, digits(size), scale.into(), arena)
    }

    /// The sum divided by a number of records, in at most [`DIGITS`] significant digits, half to even.
    ///
    /// # Errors
    /// There is no memory.
    pub fn mean<'a>(&self, count: u64, arena: &'a Arena) -> Result<Value<'a>, RecordError> {
        let (negative, size, scale) = self.parts();
        let (kept, scale) = quotient(size, Wide::from(count), scale.into());
        text(negative, kept, scale, arena)
    }

    /// The deviation of a sample whose sum this is, rounded in the same way; at least two numbers were added.
    ///
    /// # Errors
    /// There is no memory.
    pub fn deviation<'a>(&self, squares: &Exact, count: u64, arena: &'a Arena) -> Result<Value<'a>, RecordError> {
        let ((_, sum, scale), (_, squares, of_squares)) = (self.parts(), squares.parts());
        // Zeros may have more digits after the point in one of them.
        let most = scale.max(of_squares.div_ceil(2));
        let (sum, squares) = (sum * power(most - scale), squares * power(2 * most - of_squares));
        let spread = squares * Wide::from(count) - sum * sum;
        let (kept, scale) = root(spread, Wide::from(count) * Wide::from(count - 1), most.into());
        text(false, kept, scale, arena)
    }
}

fn signed(size: Wide, negative: bool) -> Wide {
    if negative { size.wrapping_neg() } else { size }
}

/// Whether a number is below zero, its size without the point, and how many digits come after that.
fn of(number: Decimal) -> (bool, Wide, u32) {
    let (negative, limbs, scale) = number.parts();
    let mut all = [0; 36];
    all[..limbs.len()].copy_from_slice(&limbs);
    (negative, Wide::from_limbs(all), scale)
}

/// A number with this many digits more.
fn raised(number: Wide, by: u32) -> Wide {
    if by == 0 { number } else { number.wrapping_mul(power(by)) }
}

/// Ten to the power of at most 693.
fn power(exponent: u32) -> Wide {
    match POWERS.get(exponent as usize) {
        Some(power) => Wide::from(power.unsigned_abs()),
        None => Wide::from(10u64).pow(Wide::from(exponent)),
    }
}

/// About how many decimal digits a number has: at most one less than it has.
fn about(number: Wide) -> i64 {
    (number.bit_len() as i64 * 30_103 / 100_000).max(0)
}

/// A quotient rounded to [`DIGITS`] digits: its digits, and how many of them come after the point (fewer than none: zeros
/// follow).
fn quotient(number: Wide, divisor: Wide, scale: i64) -> (Vec<u8>, i64) {
    let zeros = (i64::from(DIGITS) + 2 + about(divisor) - about(number)).max(0);
    let (quotient, rest) = (number * power(zeros as u32)).div_rem(divisor);
    rounded(quotient, !rest.is_zero(), scale + zeros)
}

/// The root of a quotient, rounded in the same way; `scale` is that of the result.
fn root(number: Wide, divisor: Wide, scale: i64) -> (Vec<u8>, i64) {
    // Enough digits for those that are kept and two more: the root has half as many as the quotient.
    let more = i64::from(DIGITS) + 3 - (about(number) - about(divisor)) / 2;
    let (quotient, rest) = match more {
        0.. => (number * power(2 * more as u32)).div_rem(divisor),
        _ => number.div_rem(divisor * power(2 * more.unsigned_abs() as u32)),
    };
    let root = floor_of_root(quotient);
    rounded(root, !rest.is_zero() || root * root != quotient, scale + more)
}

/// The largest integer whose square is not larger.
fn floor_of_root(number: Wide) -> Wide {
    if number.is_zero() {
        return number;
    }
    // Newton's method comes down from above.
    let mut root = Wide::from(1u64) << number.bit_len().div_ceil(2);
    loop {
        let next = (root + number / root) >> 1;
        if next >= root {
            return root;
        }
        root = next;
    }
}

/// The first [`DIGITS`] digits of a number, rounded half to even; `more`: it is a little larger.
fn rounded(number: Wide, more: bool, scale: i64) -> (Vec<u8>, i64) {
    let all = digits(number);
    let surplus = all.len().saturating_sub(DIGITS as usize);
    let divisor = power(surplus as u32);
    let (mut kept, rest) = number.div_rem(divisor);
    let up = match rest.cmp(&(divisor - rest)) {
        _ if rest.is_zero() => false,
        Ordering::Less => false,
        Ordering::Equal => more || kept.bit(0),
        Ordering::Greater => true,
    };
    kept += Wide::from(u64::from(up));
    let (mut kept, mut scale) = (digits(kept), scale - surplus as i64);
    // Zeros at the end of the digits after the point say nothing.
    while scale > 0 && kept.len() > 1 && kept.last() == Some(&b'0') {
        kept.pop();
        scale -= 1;
    }
    if kept == b"0" {
        scale = 0;
    }
    (kept, scale)
}

/// The decimal digits of a number.
fn digits(mut number: Wide) -> Vec<u8> {
    let mut pieces = Vec::new();
    let divisor = power(18);
    while !number.is_zero() {
        let (next, piece) = number.div_rem(divisor);
        pieces.push(piece.wrapping_to::<u64>());
        number = next;
    }
    let mut text = String::new();
    for (index, piece) in pieces.iter().rev().enumerate() {
        text += &if index == 0 { format!("{piece}") } else { format!("{piece:018}") };
    }
    if text.is_empty() {
        text.push('0');
    }
    text.into_bytes()
}

/// A number in plain digits, of which `scale` come after the point; fewer than none: zeros follow them.
pub(crate) fn text<'a>(
    negative: bool,
    digits: Vec<u8>,
    scale: i64,
    arena: &'a Arena,
) -> Result<Value<'a>, RecordError> {
    let (zero, scale) = (digits.iter().all(|digit| *digit == b'0'), scale);
    let mut text = Vec::with_capacity(digits.len() + 8);
    if negative && !zero {
        text.push(b'-');
    }
    let after = scale.max(0) as usize;
    // At least one digit before the point.
    text.resize(text.len() + (after + 1).saturating_sub(digits.len()), b'0');
    text.extend(digits);
    if scale < 0 {
        text.resize(text.len() + scale.unsigned_abs() as usize, b'0');
    }
    if after > 0 {
        text.insert(text.len() - after, b'.');
    }
    let copy = arena.bytes(text.len(), 0)?;
    copy.copy_from_slice(&text);
    Ok(Value::Number(copy))
}
