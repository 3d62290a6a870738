//! What is known of plain values: the kinds that give the text of every one of them back.

use crate::error::Result;
use crate::fold::groups::held::Held;
use crate::fold::registers::{Hashed, estimated, note_in};
use crate::fold::stats::texts::Texts;
use crate::record::canonical::{self, DIGITS, Digits};
use crate::record::digits::{DigitRoom, float_text};
use crate::record::{Kind, Unit};
use crate::schema::Facts;

/// How many bits of a hash choose a register: 2048 registers have a standard error of 2.3 %.
const BITS: u32 = 11;
const REGISTERS: usize = 1 << BITS;

/// What values take beside their registers, in bytes: two texts, and what the heap adds.
const ROOM: usize = REGISTERS + 1024;

/// Sets of kinds that values may have.
pub(super) type Set = u8;
pub(super) const BOOL: Set = 1;
/// Integers are decimal numbers without digits after the point.
pub(super) const DECIMAL: Set = 1 << 1;
pub(super) const FLOAT: Set = 1 << 2;
pub(super) const DATE: Set = 1 << 3;
pub(super) const TIME: Set = 1 << 4;
pub(super) const LOCAL: Set = 1 << 5;
pub(super) const UTC: Set = 1 << 6;
/// Decimal numbers with any digits after the point.
pub(super) const ANY_DECIMAL: Set = 1 << 7;
pub(super) const ALL: Set = 0xff;
/// What a number of a typed format may be.
pub(super) const NUMBERS: Set = DECIMAL | ANY_DECIMAL | FLOAT;
/// What a text in quotes may be.
pub(super) const TEXTS: Set = DATE | TIME | LOCAL | UTC;

/// Values that are texts, numbers or fields of a table, and what is known of them. Nothing depends on their order.
pub(super) struct Plain {
    pub count: u64,
    /// More is asked for than kinds: the ends, the longest text, and how many are different.
    facts: bool,
    /// The kinds that are left.
    can: Set,
    /// The digits after the point of all decimal numbers.
    scale: Option<u32>,
    /// The most digits after the point of any decimal number.
    places: u32,
    /// The smallest and the largest one, without the point.
    mantissas: Option<[i128; 2]>,
    /// The most digits before the point.
    whole: u32,
    /// The smallest and the largest floating-point number.
    floats: Option<[f64; 2]>,
    /// The unit of all times.
    unit: Option<Unit>,
    /// The first and the last text in the order of their bytes, which is that of dates and times too.
    ends: Texts,
    longest: usize,
    registers: Box<[u8; REGISTERS]>,
}

impl Plain {
    /// No values yet.
    ///
    /// # Errors
    /// There is no memory.
    pub fn new(held: &mut Held, facts: bool) -> Result<Plain> {
        held.take(size_of::<Plain>() + ROOM)?;
        Ok(Plain {
            count: 0,
            facts,
            can: ALL,
            scale: None,
            places: 0,
            mantissas: None,
            whole: 0,
            floats: None,
            unit: None,
            ends: Texts::default(),
            longest: 0,
            registers: Box::new([0; REGISTERS]),
        })
    }

    /// Takes in a value that may have one of these kinds.
    #[inline]
    pub fn add(&mut self, text: &[u8], among: Set) {
        self.count += 1;
        if self.facts {
            note_in::<BITS>(&mut self.registers[..], Hashed::of(text).hash);
            self.longest = self.longest.max(text.len());
            self.ends.add(text);
        }
        let can = self.can & among;
        self.can = if can == 0 { 0 } else { self.fitting(text, can) };
    }

    /// A number of a typed source.
    #[inline(never)]
    pub fn add_float(&mut self, number: f64) {
        let mut room: DigitRoom = [0; 32];
        let can = self.can & FLOAT;
        self.add(float_text(number, &mut room), can);
        // What is not finite is a floating-point number too.
        self.can = can;
        if number.is_infinite() {
            self.range([number; 2]);
        }
    }

    /// Which of the kinds in `can` give this text back.
    #[inline]
    fn fitting(&mut self, text: &[u8], can: Set) -> Set {
        match text.first() {
            Some(b'0'..=b'9' | b'-') => self.digits(text, can),
            Some(b't' | b'f') if text == b"true" || text == b"false" => can & BOOL,
            _ => 0,
        }
    }

    fn digits(&mut self, text: &[u8], can: Set) -> Set {
        let mut left = 0;
        if can & (DECIMAL | ANY_DECIMAL) != 0
            && let Some(Digits { mantissa, whole, scale }) = Digits::of(text)
        {
            (self.whole, self.places) = (self.whole.max(whole), self.places.max(scale));
            left |= can & ANY_DECIMAL;
            if can & DECIMAL != 0 && *self.scale.get_or_insert(scale) == scale {
                let [low, high] = self.mantissas.get_or_insert([mantissa; 2]);
                (*low, *high) = ((*low).min(mantissa), (*high).max(mantissa));
                left |= DECIMAL;
            }
        }
        if can & FLOAT != 0
            && let Some(number) = canonical::float(text)
        {
            self.range([number; 2]);
            left |= FLOAT;
        }
        if can & TEXTS != 0 {
            left |= can & self.moment(text);
        }
        left
    }

    /// Which kind of date or time a text is.
    fn moment(&mut self, text: &[u8]) -> Set {
        let (kind, unit) = match text.len() {
            10 if canonical::is_date(text) => return DATE,
            8..=18 => match canonical::time(text) {
                Some(unit) => (TIME, unit),
                None => return 0,
            },
            19..=30 => match canonical::timestamp(text) {
                Some((unit, true)) => (UTC, unit),
                Some((unit, false)) => (LOCAL, unit),
                None => return 0,
            },
            _ => return 0,
        };
        if *self.unit.get_or_insert(unit) == unit { kind } else { 0 }
    }

    fn range(&mut self, other: [f64; 2]) {
        let own = self.floats.get_or_insert(other);
        for number in other {
            if number.total_cmp(&own[0]).is_lt() {
                own[0] = number;
            }
            if number.total_cmp(&own[1]).is_gt() {
                own[1] = number;
            }
        }
    }

    /// Takes in what another worker knows, or what is known of values of another place.
    pub fn merge(&mut self, other: Plain) {
        self.count += other.count;
        self.can &= other.can;
        match (self.scale, other.scale) {
            (Some(own), Some(other)) if own != other => self.can &= !DECIMAL,
            (own, other) => self.scale = own.or(other),
        }
        self.mantissas = match (self.mantissas, other.mantissas) {
            (Some([low, high]), Some([other_low, other_high])) => Some([low.min(other_low), high.max(other_high)]),
            (own, other) => own.or(other),
        };
        (self.whole, self.places) = (self.whole.max(other.whole), self.places.max(other.places));
        other.floats.into_iter().for_each(|other| self.range(other));
        match (self.unit, other.unit) {
            (Some(own), Some(other)) if own != other => self.can &= !(TIME | LOCAL | UTC),
            (own, other) => self.unit = own.or(other),
        }
        self.ends.merge(other.ends);
        self.longest = self.longest.max(other.longest);
        let both = self.registers.iter_mut().zip(&other.registers[..]);
        both.for_each(|(own, other)| *own = (*own).max(*other));
    }

    /// The narrowest kind that gives all texts back.
    pub fn kind(&self) -> Kind {
        let unit = self.unit.unwrap_or(Unit::Second);
        let can = |kind| self.can & kind != 0;
        match () {
            () if self.count == 0 => Kind::Any,
            () if can(BOOL) => Kind::Bool,
            () if can(DECIMAL) => self.number(),
            () if can(FLOAT) => Kind::Float(64),
            () if can(DATE) => Kind::Date,
            () if can(TIME) => Kind::Time(unit),
            () if can(LOCAL) => Kind::Timestamp { unit, utc: false },
            () if can(UTC) => Kind::Timestamp { unit, utc: true },
            () => Kind::Text,
        }
    }

    /// The narrowest integer, or decimal number.
    fn number(&self) -> Kind {
        let (scale, [low, high]) = (self.scale.unwrap_or(0), self.mantissas.unwrap_or_default());
        if scale == 0 {
            for bits in [8, 16, 32, 64] {
                if low >= -(1i128 << (bits - 1)) && high < 1i128 << (bits - 1) {
                    return Kind::Int(bits);
                }
            }
            if low >= 0 && high < 1i128 << 64 {
                return Kind::UInt(64);
            }
        }
        match self.whole + scale {
            precision @ ..=DIGITS => Kind::Decimal { precision: precision.max(1) as u8, scale: scale as i8 },
            // Never, as all have the same scale.
            _ => Kind::Text,
        }
    }

    /// The decimal number that holds values with different digits after the point, if that is why they are text.
    pub fn decimal(&self) -> Option<Kind> {
        let precision = self.whole + self.places;
        let is_one = self.count > 0 && self.can & ANY_DECIMAL != 0 && precision <= DIGITS && self.kind() == Kind::Text;
        is_one.then_some(Kind::Decimal { precision: precision as u8, scale: self.places as i8 })
    }

    /// Whether more was asked for than kinds.
    pub fn has_facts(&self) -> bool {
        self.facts
    }

    /// What is known of the values.
    pub fn facts(&self) -> Facts {
        if !self.facts {
            return Facts { values: self.count, ..Facts::default() };
        }
        let text = |end: &crate::fold::stats::texts::Beginning| String::from_utf8_lossy(&end.text()).into_owned();
        let [min, max] = match (self.kind(), self.mantissas, self.floats) {
            (Kind::Float(_), _, Some(floats)) => floats.map(|number| {
                let mut room: DigitRoom = [0; 32];
                Some(String::from_utf8_lossy(float_text(number, &mut room)).into_owned())
            }),
            (Kind::Int(_) | Kind::UInt(_) | Kind::Decimal { .. }, Some(mantissas), _) => {
                mantissas.map(|mantissa| Some(written(mantissa, self.scale.unwrap_or(0))))
            }
            _ => [self.ends.min().map(text), self.ends.max().map(text)],
        };
        Facts {
            values: self.count,
            min,
            max,
            approx_distinct: Some(estimated(&self.registers[..])),
            longest: Some(self.longest),
            ..Facts::default()
        }
    }
}

/// A number with this many digits after the point.
fn written(mantissa: i128, scale: u32) -> String {
    let sign = if mantissa < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", mantissa.unsigned_abs(), width = scale as usize + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale as usize);
    let point = if scale > 0 { "." } else { "" };
    format!("{sign}{whole}{point}{fraction}")
}
