//! What is kept of a column with more different values than a table has.

use crate::error::Result;
use crate::fold::groups::given::Number;
use crate::fold::groups::held::Held;
use crate::fold::registers::{Hashed, REGISTERS, estimated, note};
use crate::fold::stats::kind::{Class, Kind, is_word, measured};
use crate::fold::stats::numbers::Numbers;
use crate::fold::stats::table::Counted;
use crate::fold::stats::texts::Texts;
use crate::scan::number::is_of_numbers;
use crate::scan::short::of_words;

/// What is kept of values, in a size that is fixed. The order in which they come does not matter.
pub(super) struct Summary {
    registers: Option<Box<[u8]>>,
    pub numbers: Numbers,
    /// What is no number, and the bytes that are no text.
    pub texts: Texts,
    pub bytes: Texts,
    /// How many values there are of each kind.
    pub kinds: [u64; Kind::ALL.len()],
    /// How many characters the longest text has.
    pub longest: usize,
}

impl Summary {
    /// Without an estimate of the different values.
    pub fn exact() -> Summary {
        let kinds = [0; Kind::ALL.len()];
        let (texts, bytes) = (Texts::default(), Texts::default());
        Summary { registers: None, numbers: Numbers::new(), texts, bytes, kinds, longest: 0 }
    }

    /// With one.
    ///
    /// # Errors
    /// There is no memory.
    pub fn estimating(held: &mut Held) -> Result<Summary> {
        held.take(REGISTERS + size_of::<Summary>())?;
        Ok(Summary { registers: Some(vec![0; REGISTERS].into()), ..Summary::exact() })
    }

    /// Takes in a value.
    #[inline(always)]
    pub fn add(&mut self, class: Class, text: &[u8], held: &mut Held) -> Result<()> {
        let hashed = Hashed::of(text);
        if let Some(registers) = &mut self.registers {
            note(registers, hashed.hash);
        }
        self.measure(text);
        if hashed.is_short
            && let Some((mantissa, scale)) = of_words(hashed.words, text.len())
            // Zero has no sign here.
            && (mantissa != 0 || text[0] != b'-')
            && matches!(class, Class::Plain | Class::Text)
        {
            let kind = if class == Class::Plain { Kind::Number } else { Kind::Text };
            self.kinds[kind as usize] += 1;
            return self.numbers.add(mantissa, scale, held);
        }
        let is_other = hashed.is_short && !is_of_numbers(hashed.words, text.len());
        if is_word(class, text) || is_other && matches!(class, Class::Plain | Class::Text) {
            self.kinds[Kind::Text as usize] += 1;
            self.texts.add(text);
            return Ok(());
        }
        self.add_other(class, text, held)
    }

    #[inline(never)]
    fn add_other(&mut self, class: Class, text: &[u8], held: &mut Held) -> Result<()> {
        self.kinds[Kind::of(class, text) as usize] += 1;
        match measured(class, text) {
            Some(Number::Short(mantissa, scale)) => self.numbers.add(mantissa, scale, held),
            Some(number) => self.numbers.add_times(number, 1, held),
            None => {
                let texts = if class == Class::Bytes { &mut self.bytes } else { &mut self.texts };
                texts.add(text);
                Ok(())
            }
        }
    }

    #[inline(always)]
    fn measure(&mut self, text: &[u8]) {
        if text.len() > self.longest {
            self.longest = self.longest.max(characters(text));
        }
    }

    /// Takes in a value that is there so often.
    ///
    /// # Errors
    /// There is no memory.
    pub fn add_times(&mut self, value: Counted<'_>, held: &mut Held) -> Result<()> {
        let Counted { class, text, hashed, times } = value;
        if let Some(registers) = &mut self.registers {
            note(registers, hashed.hash);
        }
        self.measure(text);
        self.kinds[Kind::of(class, text) as usize] += times;
        match measured(class, text) {
            Some(number) => self.numbers.add_times(number, times, held),
            None => {
                let texts = if class == Class::Bytes { &mut self.bytes } else { &mut self.texts };
                texts.add(text);
                Ok(())
            }
        }
    }

    /// Takes in what another worker kept.
    ///
    /// # Errors
    /// There is no memory.
    pub fn merge(&mut self, other: Summary, held: &mut Held) -> Result<()> {
        if let (Some(own), Some(others)) = (&mut self.registers, &other.registers) {
            own.iter_mut().zip(others).for_each(|(own, other)| *own = (*own).max(*other));
        }
        self.texts.merge(other.texts);
        self.bytes.merge(other.bytes);
        self.kinds.iter_mut().zip(other.kinds).for_each(|(own, other)| *own += other);
        self.longest = self.longest.max(other.longest);
        self.numbers.merge(other.numbers, held)
    }

    /// About how many different values there are, where that is estimated.
    pub fn different(&self) -> Option<u64> {
        self.registers.as_deref().map(estimated)
    }
}

/// How many characters a text has; of what is no text, how many bytes.
#[inline(never)]
fn characters(text: &[u8]) -> usize {
    std::str::from_utf8(text).map_or(text.len(), |text| text.chars().count())
}
