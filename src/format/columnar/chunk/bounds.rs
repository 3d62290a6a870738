//! The least and the greatest value of a page, and of a column.

use std::cmp::Ordering;
use std::ops::Range;

use parquet::basic::{ConvertedType, LogicalType, SortOrder, Type};
use parquet::data_type::{ByteArray, FixedLenByteArray};
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::schema::types::ColumnDescriptor;

use super::values::Values;

/// Longer bounds are cut: the least value to a lesser one, the greatest to a greater one.
const LONGEST: usize = 64;
/// Where no greater one is as short, the greatest value is told whole if it is not longer than this, or else not at all.
const WHOLE: usize = 1024;

/// How values follow each other, as Parquet's specification says for their types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Bool,
    Int32,
    UInt32,
    Int64,
    UInt64,
    /// IEEE 754, totalOrder; NaN is no bound unless there is nothing else.
    Float,
    Double,
    /// By bytes without signs. Texts may only be cut between characters.
    Bytes {
        text: bool,
    },
    /// Numbers in two's complement, the highest byte first, all equally long.
    Decimal,
}

impl Order {
    pub fn of(column: &ColumnDescriptor) -> Order {
        let unsigned = column.sort_order() == SortOrder::UNSIGNED;
        match column.physical_type() {
            Type::BOOLEAN => Order::Bool,
            Type::INT32 if unsigned => Order::UInt32,
            Type::INT32 => Order::Int32,
            Type::INT64 if unsigned => Order::UInt64,
            Type::INT64 => Order::Int64,
            Type::FLOAT => Order::Float,
            Type::DOUBLE => Order::Double,
            _ if matches!(column.logical_type_ref(), Some(LogicalType::Decimal(_))) => Order::Decimal,
            _ => Order::Bytes { text: column.converted_type() == ConvertedType::UTF8 },
        }
    }

    /// A number as another one that follows others as it does.
    #[inline(always)]
    fn key(self, bits: u64) -> i64 {
        match self {
            Order::Int32 => i64::from(bits as i32),
            Order::UInt32 => i64::from(bits as u32),
            Order::UInt64 => (bits ^ 1 << 63) as i64,
            Order::Float => {
                let bits = bits as i32;
                i64::from(bits ^ ((bits >> 31) as u32 >> 1) as i32)
            }
            Order::Double => {
                let bits = bits as i64;
                bits ^ ((bits >> 63) as u64 >> 1) as i64
            }
            _ => bits as i64,
        }
    }

    fn is_nan(self, bits: u64) -> bool {
        match self {
            Order::Float => f32::from_bits(bits as u32).is_nan(),
            Order::Double => f64::from_bits(bits).is_nan(),
            _ => false,
        }
    }

    /// How many values are NaN; none: they can't be.
    pub fn nans(self, values: &Values, range: Range<usize>) -> Option<u64> {
        let count = match values {
            Values::Narrow(values) if self == Order::Float => {
                values[range].iter().filter(|bits| self.is_nan(u64::from(**bits))).count()
            }
            Values::Wide(values) if self == Order::Double => {
                values[range].iter().filter(|bits| self.is_nan(**bits)).count()
            }
            _ => return None,
        };
        Some(count as u64)
    }

    fn compare(self, one: &[u8], other: &[u8]) -> Ordering {
        let number = |bytes: &[u8]| {
            let mut bits = [0; 8];
            bits[..bytes.len().min(8)].copy_from_slice(&bytes[..bytes.len().min(8)]);
            self.key(u64::from_le_bytes(bits))
        };
        match self {
            Order::Bytes { .. } => one.cmp(other),
            Order::Decimal => signed(one).cmp(&signed(other)).then_with(|| one.cmp(other)),
            _ => number(one).cmp(&number(other)),
        }
    }
}

/// The first byte of a number in two's complement.
fn signed(bytes: &[u8]) -> Option<i8> {
    bytes.first().map(|byte| *byte as i8)
}

/// The least value and the greatest one, in the encoding PLAIN, without lengths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub least: Vec<u8>,
    pub greatest: Vec<u8>,
}

impl Bounds {
    /// Those of some values; none: there are no values.
    pub fn of(order: Order, values: &Values, range: Range<usize>) -> Option<Bounds> {
        if range.is_empty() {
            return None;
        }
        Some(match values {
            Values::Bool(values) => {
                let values = &values[range];
                Bounds {
                    least: vec![u8::from(!values.contains(&false))],
                    greatest: vec![u8::from(values.contains(&true))],
                }
            }
            Values::Narrow(values) => {
                let [least, greatest] = ends(order, values[range].iter().map(|bits| u64::from(*bits)));
                Bounds { least: least.to_le_bytes()[..4].to_vec(), greatest: greatest.to_le_bytes()[..4].to_vec() }
            }
            Values::Wide(values) => {
                let [least, greatest] = ends(order, values[range].iter().copied());
                Bounds { least: least.to_le_bytes().to_vec(), greatest: greatest.to_le_bytes().to_vec() }
            }
            Values::Fixed(values) => extremes(order, values.iter(range)),
            Values::Bytes(values) => extremes(order, values.iter(range)),
        })
    }

    /// Those of these values and of others.
    pub fn with(self, order: Order, other: &Bounds) -> Bounds {
        // A NaN is a bound only as long as there is no number.
        let is_nan = |bytes: &[u8]| {
            let mut bits = [0; 8];
            bits[..bytes.len().min(8)].copy_from_slice(&bytes[..bytes.len().min(8)]);
            order.is_nan(u64::from_le_bytes(bits))
        };
        match (is_nan(&self.least), is_nan(&other.least)) {
            (true, false) => return other.clone(),
            (false, true) => return self,
            _ => {}
        }
        let Bounds { mut least, mut greatest } = self;
        if order.compare(&other.least, &least).is_lt() {
            least.clone_from(&other.least);
        }
        if order.compare(&other.greatest, &greatest).is_gt() {
            greatest.clone_from(&other.greatest);
        }
        Bounds { least, greatest }
    }

    /// Whether none of them is less than its counterpart.
    pub fn follow(&self, order: Order, before: &Bounds) -> bool {
        order.compare(&self.least, &before.least).is_ge() && order.compare(&self.greatest, &before.greatest).is_ge()
    }

    /// Bounds that are not longer than they have to be; none if there is no short one above all values.
    pub fn cut(&self, order: Order) -> Option<Bounds> {
        let Order::Bytes { text } = order else { return Some(self.clone()) };
        let least = match self.least.len() {
            ..=LONGEST => &self.least,
            _ => &self.least[..boundary(&self.least, text)],
        };
        let short = match self.greatest.len() {
            ..=LONGEST => None,
            _ => above(&self.greatest[..boundary(&self.greatest, text)], text),
        };
        let greatest = short.or_else(|| (self.greatest.len() <= WHOLE).then(|| self.greatest.clone()))?;
        Some(Bounds { least: least.to_vec(), greatest })
    }

    /// What is told of a column.
    pub fn statistics(bounds: Option<&Bounds>, order: Order, of: Type, nulls: u64, nans: Option<u64>) -> Statistics {
        let cut = bounds.and_then(|bounds| bounds.cut(order));
        let is_exact = bounds == cut.as_ref();
        let [least, greatest] = match cut {
            Some(Bounds { least, greatest }) => [Some(least), Some(greatest)],
            None => [None, None],
        };
        // An old pair of fields, for readers who know no other; it was for numbers with signs alone.
        let old =
            matches!(order, Order::Bool | Order::Int32 | Order::Int64 | Order::Float | Order::Double | Order::Decimal);
        macro_rules! told {
            ($read:expr) => {
                ValueStatistics::new(least.map($read), greatest.map($read), None, Some(nulls), false)
                    .with_nan_count(nans)
                    .with_min_is_exact(is_exact)
                    .with_max_is_exact(is_exact)
                    .with_backwards_compatible_min_max(old)
                    .into()
            };
        }
        match of {
            Type::BOOLEAN => told!(|bytes: Vec<u8>| bytes[0] != 0),
            Type::INT32 => told!(|bytes: Vec<u8>| i32::from_le_bytes(array(&bytes))),
            Type::FLOAT => told!(|bytes: Vec<u8>| f32::from_le_bytes(array(&bytes))),
            Type::DOUBLE => told!(|bytes: Vec<u8>| f64::from_le_bytes(array(&bytes))),
            Type::FIXED_LEN_BYTE_ARRAY => told!(|bytes: Vec<u8>| FixedLenByteArray::from(bytes)),
            Type::BYTE_ARRAY => told!(|bytes: Vec<u8>| ByteArray::from(bytes)),
            Type::INT64 | Type::INT96 => told!(|bytes: Vec<u8>| i64::from_le_bytes(array(&bytes))),
        }
    }
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.first_chunk().copied().unwrap_or([0; N])
}

/// The least and the greatest of numbers.
#[inline(always)]
fn ends(order: Order, all: impl Iterator<Item = u64> + Clone) -> [u64; 2] {
    // In a loop of its own for each order, so that each is fast.
    macro_rules! each {
        ($($order:pat => $same:expr),*) => {
            match order {
                $($order => least_and_greatest($same, all, |_| true),)*
                _ => {
                    let numbers = all.clone().any(|bits| !order.is_nan(bits));
                    least_and_greatest(order, all, |bits| numbers != order.is_nan(bits))
                }
            }
        };
    }
    each!(Order::Int32 => Order::Int32, Order::UInt32 => Order::UInt32, Order::Int64 => Order::Int64, Order::UInt64 => Order::UInt64)
}

#[inline(always)]
fn least_and_greatest(order: Order, all: impl Iterator<Item = u64>, counts: impl Fn(u64) -> bool) -> [u64; 2] {
    let (mut least, mut greatest) = ((i64::MAX, 0), (i64::MIN, 0));
    for bits in all {
        let key = order.key(bits);
        if counts(bits) {
            if key <= least.0 {
                least = (key, bits);
            }
            if key >= greatest.0 {
                greatest = (key, bits);
            }
        }
    }
    [least.1, greatest.1]
}

/// The least and the greatest of runs of bytes.
fn extremes<'v>(order: Order, mut all: impl Iterator<Item = &'v [u8]>) -> Bounds {
    let first = all.next().unwrap_or_default();
    let (mut least, mut greatest) = (first, first);
    // Most comparisons end with the first bytes.
    let start = |bytes: &[u8]| match bytes.first_chunk() {
        Some(first) => u64::from_be_bytes(*first),
        None => bytes.iter().rev().fold(0, |all, byte| all >> 8 | u64::from(*byte) << 56),
    };
    let flipped = if order == Order::Decimal { 1 << 63 } else { 0 };
    let start = |bytes: &[u8]| start(bytes) ^ flipped;
    let (mut low, mut high) = (start(least), start(greatest));
    for value in all {
        let begins = start(value);
        if begins <= low && (begins < low || order.compare(value, least).is_lt()) {
            (least, low) = (value, begins);
        }
        if begins >= high && (begins > high || order.compare(value, greatest).is_gt()) {
            (greatest, high) = (value, begins);
        }
    }
    Bounds { least: least.to_vec(), greatest: greatest.to_vec() }
}

/// Where a run of bytes may be cut.
fn boundary(bytes: &[u8], text: bool) -> usize {
    let is_inner = |at: &usize| text && bytes[*at] & 0xc0 == 0x80;
    (1..=LONGEST).rev().find(|at| !is_inner(at)).unwrap_or(LONGEST)
}

/// The least run of bytes, or text, that is not longer and greater than all that begin with this one.
fn above(bytes: &[u8], text: bool) -> Option<Vec<u8>> {
    if !text {
        let last = bytes.iter().rposition(|byte| *byte != 0xff)?;
        let mut more = bytes[..=last].to_vec();
        more[last] += 1;
        return Some(more);
    }
    let text = std::str::from_utf8(bytes).ok()?;
    for (at, last) in text.char_indices().rev() {
        let next = (last..=char::MAX).nth(1).filter(|next| next.len_utf8() == last.len_utf8());
        if let Some(next) = next {
            let mut more = text[..at].to_owned();
            more.push(next);
            return Some(more.into_bytes());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::values::{Fixed, Texts};
    use super::*;

    fn texts(all: &[&[u8]]) -> Values {
        let mut texts = Texts::default();
        all.iter().for_each(|text| texts.push(text));
        Values::Bytes(texts)
    }

    fn bounds(order: Order, values: &Values) -> [Vec<u8>; 2] {
        let Bounds { least, greatest } = Bounds::of(order, values, 0..values.len()).unwrap();
        [least, greatest]
    }

    #[test]
    fn numbers_follow_each_other_as_their_types_say() {
        let narrow = |all: &[i32]| Values::Narrow(all.iter().map(|number| *number as u32).collect());
        let wide = |all: &[i64]| Values::Wide(all.iter().map(|number| *number as u64).collect());
        let le = |least: i32, greatest: i32| [least.to_le_bytes().to_vec(), greatest.to_le_bytes().to_vec()];
        assert_eq!(bounds(Order::Int32, &narrow(&[3, -5, 0])), le(-5, 3));
        assert_eq!(bounds(Order::UInt32, &narrow(&[3, -5, 0])), le(0, -5));
        let le = |least: i64, greatest: i64| [least.to_le_bytes().to_vec(), greatest.to_le_bytes().to_vec()];
        assert_eq!(bounds(Order::Int64, &wide(&[i64::MIN, 7, i64::MAX])), le(i64::MIN, i64::MAX));
        assert_eq!(bounds(Order::UInt64, &wide(&[i64::MIN, 7, i64::MAX])), le(7, i64::MIN));
        assert_eq!(bounds(Order::Bool, &Values::Bool(vec![true, true])), [vec![1], vec![1]]);
        assert_eq!(bounds(Order::Bool, &Values::Bool(vec![true, false])), [vec![0], vec![1]]);
        assert_eq!(Bounds::of(Order::Int32, &narrow(&[1]), 1..1), None);
    }

    #[test]
    fn a_nan_is_a_bound_only_where_there_is_no_number() {
        let floats = |all: &[f32]| Values::Narrow(all.iter().map(|number| number.to_bits()).collect());
        let doubles = |all: &[f64]| Values::Wide(all.iter().map(|number| number.to_bits()).collect());
        let le = |least: f32, greatest: f32| [least.to_le_bytes().to_vec(), greatest.to_le_bytes().to_vec()];
        let some = floats(&[f32::NAN, 1.5, -0.0, 0.0, -f32::NAN]);
        assert_eq!(bounds(Order::Float, &some), le(-0.0, 1.5));
        assert_eq!(Order::Float.nans(&some, 0..5), Some(2));
        assert_eq!(bounds(Order::Float, &floats(&[f32::NAN, -f32::NAN])), le(-f32::NAN, f32::NAN));
        assert_eq!(
            bounds(Order::Double, &doubles(&[-2.5, f64::NEG_INFINITY, f64::NAN]))[0],
            f64::NEG_INFINITY.to_le_bytes()
        );
        assert_eq!(Order::Int32.nans(&some, 0..5), None);
        let [all, number] =
            [floats(&[f32::NAN]), floats(&[2.0])].map(|values| Bounds::of(Order::Float, &values, 0..1).unwrap());
        assert_eq!(all.clone().with(Order::Float, &number), number);
        assert_eq!(number.clone().with(Order::Float, &all), number);
    }

    #[test]
    fn texts_and_decimals_follow_each_other_by_their_bytes() {
        let all = texts(&[b"b", b"", b"a\xff", b"abcdefghi", b"abcdefgh"]);
        assert_eq!(bounds(Order::Bytes { text: false }, &all), [b"".to_vec(), b"b".to_vec()]);
        let mut decimals = Fixed::new(9);
        for number in [5i128, -3, 1 << 66, -(1 << 66)] {
            decimals.push(&number.to_be_bytes()[7..]);
        }
        let wanted = [-(1i128 << 66), 1 << 66].map(|number| number.to_be_bytes()[7..].to_vec());
        assert_eq!(bounds(Order::Decimal, &Values::Fixed(decimals)), wanted);
    }

    #[test]
    fn long_bounds_are_cut_and_stay_bounds() {
        let cut = |text: &[u8], is_text| {
            let Bounds { least, greatest } =
                Bounds { least: text.to_vec(), greatest: text.to_vec() }.cut(Order::Bytes { text: is_text }).unwrap();
            assert!(least.as_slice() <= text && greatest.as_slice() >= text);
            [least, greatest]
        };
        assert_eq!(cut(b"short", true), [b"short".to_vec(), b"short".to_vec()]);
        let a = "a".repeat(63);
        assert_eq!(cut(format!("{a}bc").as_bytes(), true), [format!("{a}b"), format!("{a}c")].map(String::into_bytes));
        // The 64th byte is in the middle of a character.
        assert_eq!(
            cut(format!("{a}\u{e4}").as_bytes(), true),
            [a.clone(), format!("{}b", &a[1..])].map(String::into_bytes)
        );
        // The last character has none after it that is as long.
        let last = format!("{}\u{7f}\u{7f}c", &a[1..]);
        assert_eq!(cut(last.as_bytes(), true)[1], format!("{}b", &a[2..]).into_bytes());
        assert_eq!(cut(&[0xff; 70], false), [vec![0xff; 64], vec![0xff; 70]]);
        let all = Bounds { least: vec![0xff; 2000], greatest: vec![0xff; 2000] };
        assert_eq!(all.cut(Order::Bytes { text: false }), None);
        let mut bytes = vec![7; 63];
        bytes.extend([0xff; 9]);
        let mut above = vec![7; 62];
        above.push(8);
        assert_eq!(cut(&bytes, false)[1], above);
        // Surrogates are no characters.
        let before = format!("{}\u{d7ff}z", &a[2..]);
        assert_eq!(cut(before.as_bytes(), true)[1], format!("{}\u{e000}", &a[2..]).into_bytes());
    }
}
