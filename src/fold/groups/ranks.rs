//! A value by its rank, found in what several tables wrote.

use crate::error::{Error, Result};
use crate::expr::decimal::{Decimal, SHORT, Small};
use crate::flow::sort::{KeyKind, SortKey, append_key};
use crate::fold::groups::column::Put;
use crate::fold::groups::given::Number;
use crate::fold::groups::held::Held;
use crate::fold::groups::joined::Joined;
use crate::fold::groups::kept::copied;
use crate::fold::groups::number::Packed;
use crate::fold::groups::saved::Saved;
use crate::fold::groups::share::Share;
use crate::memory::Arena;
use crate::record::Value;

/// Where a short number has how many digits come after its point: this one is long.
const LONG: u8 = u8::MAX;

/// Writes numbers as entries.
pub(super) struct Writing {
    key: Vec<u8>,
    body: Vec<u8>,
    by: SortKey,
}

impl Writing {
    pub fn new() -> Writing {
        Writing { key: Vec::new(), body: Vec::new(), by: SortKey::new("").as_kind(KeyKind::Number) }
    }

    /// Gives the entry of a number that is there so often. In the order of the keys, numbers are in the order of their
    /// values, and of one value those with fewer digits after the point come first, and long ones last.
    ///
    /// # Errors
    /// Those of `put`.
    pub fn number(&mut self, number: Number<'_>, times: u64, put: &mut Put<'_>) -> Result<()> {
        let Writing { key, body, by } = self;
        key.clear();
        body.clear();
        body.extend_from_slice(&times.to_le_bytes());
        match number {
            Number::Short(mantissa, scale) => {
                let (small, mut room) = (Small { mantissa: mantissa.into(), scale }, [0; SHORT]);
                let decimal = Decimal::Small(small);
                let text = decimal.short_text(&mut room).unwrap_or_default();
                append_key(key, Value::Number(text), text, by);
                key.push(scale as u8);
                body.push(scale as u8);
                body.extend_from_slice(&mantissa.to_le_bytes());
            }
            Number::Long(text) => {
                append_key(key, Value::Number(text), text, by);
                key.push(LONG);
                key.extend_from_slice(&(text.len() as u32).to_be_bytes());
                key.extend_from_slice(text);
                body.push(LONG);
                body.extend_from_slice(text);
            }
            Number::Null => return Ok(()),
        }
        put(key, body)
    }
}

/// The number with a rank among those of a group.
pub(super) struct Ranks {
    share: Share,
    /// How many numbers there are.
    count: u64,
    /// The rank that is looked for, less the numbers that came.
    left: Option<u128>,
    found: Option<Found>,
}

enum Found {
    Short(Packed),
    Long(Vec<u8>),
}

impl Ranks {
    pub fn boxed(share: Share) -> Box<dyn Joined> {
        Box::new(Ranks { share, count: 0, left: None, found: None })
    }
}

impl Joined for Ranks {
    fn head(&mut self, from: &mut Saved<'_>, _: &mut Held) -> Result<()> {
        self.count += from.number()?;
        Ok(())
    }

    fn entry(&mut self, _: &[u8], body: &mut Saved<'_>, held: &mut Held) -> Result<()> {
        if self.found.is_some() {
            return Ok(());
        }
        let times = u128::from(body.number()?);
        let left = self.left.get_or_insert_with(|| self.share.rank(self.count));
        if *left > times {
            *left -= times;
            return Ok(());
        }
        self.found = Some(match body.byte()? {
            LONG => {
                held.take(body.0.len())?;
                Found::Long(body.0.to_vec())
            }
            scale => Found::Short(Packed::new(i64::from_le_bytes(body.array()?), scale.into())),
        });
        Ok(())
    }

    fn result<'a>(&mut self, arena: &'a Arena, _: &mut Held) -> Result<Value<'a>> {
        (self.count, self.left) = (0, None);
        let value = match self.found.take() {
            None => Ok(Value::Null),
            Some(Found::Short(packed)) => packed.value(arena),
            Some(Found::Long(text)) => copied(&text, arena).map(Value::Number),
        };
        value.map_err(|error| Error::memory(error.reason))
    }
}
