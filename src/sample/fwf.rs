//! Fixed-width text of any layout.

use super::digits::{push_cents, push_rate, push_zip};
use super::make::{Draw, Make};
use super::pen::{Pen, Text, longest};
use super::pools::{Pools, names};
use crate::error::Error;
use crate::format::Options;
use crate::format::fwf::{self, Field, Layout, Unit};

/// The layout when none is given: the columns of CSV.
pub const WIDTHS: &str = "id:11,time:25,price:7,quantity:9,rate:10,active:7,name:30,city:20,zip:6,note:80";

pub(super) struct Fwf {
    layout: Layout,
    /// The content of each item.
    holds: Vec<Holds>,
    longest: usize,
}

/// The content of an item, judging by its name.
enum Holds {
    Id,
    Time,
    Price,
    Quantity,
    Rate,
    Active,
    Zip,
    /// One of these texts, which have their padding already.
    Texts(Vec<Text>),
    /// Spaces.
    Nothing,
}

impl Fwf {
    pub(super) fn new(options: &Options, seed: u64) -> Result<Fwf, Error> {
        let layout = fwf::layout_or(options, WIDTHS)?;
        let mut holds = Vec::new();
        for field in &layout.fields {
            let item = Holds::of(field, seed);
            let least = item.least();
            if field.width < least {
                return Err(Error::usage(format!(
                    "the field `{}` of ⟨layout⟩ has no room for its sample data, which takes {least} characters\n  Give it another width, or another name.",
                    field.name.as_deref().unwrap_or_default()
                )));
            }
            holds.push(item);
        }
        let longest = layout.fields.iter().zip(&holds).map(|(field, holds)| holds.longest(field)).sum::<usize>() + 1;
        Ok(Fwf { layout, holds, longest })
    }
}

impl Holds {
    fn of(field: &Field, seed: u64) -> Holds {
        // No line break, nor spaces around it.
        let fits = |text: Option<&str>| padded(&text.unwrap_or_default().replace('\n', " "), field);
        match field.name.as_deref() {
            None => Holds::Nothing,
            Some("id") => Holds::Id,
            Some("time") => Holds::Time,
            Some("price") => Holds::Price,
            Some("quantity") => Holds::Quantity,
            Some("rate") => Holds::Rate,
            Some("active") => Holds::Active,
            Some("zip") => Holds::Zip,
            Some("city") => Holds::Texts(Pools::new(seed, fits).cities),
            Some("note") => Holds::Texts(Pools::new(seed, fits).notes),
            Some(_) => Holds::Texts(names().map(|name| Text::new(&fits(Some(&name)))).collect()),
        }
    }

    /// The least width, in characters.
    fn least(&self) -> usize {
        match self {
            Holds::Id | Holds::Texts(_) | Holds::Nothing => 1,
            Holds::Quantity => 2,
            Holds::Active | Holds::Zip => 5,
            Holds::Price => 6,
            Holds::Rate => 9,
            Holds::Time => 24,
        }
    }

    /// The most bytes.
    fn longest(&self, field: &Field) -> usize {
        match self {
            Holds::Texts(texts) => longest(texts),
            // Digits that are cut off are written first.
            _ => field.width.max(20),
        }
    }
}

/// As much of a text as fits, with its padding.
fn padded(text: &str, field: &Field) -> Vec<u8> {
    let size = |c: char| if field.unit == Unit::Bytes { c.len_utf8() } else { 1 };
    let mut left = field.width;
    let fits = |c: &char| left.checked_sub(size(*c)).inspect(|less| left = *less).is_some();
    let kept: String = text.trim().chars().take_while(fits).collect();
    let kept = kept.trim_end();
    let spaces = field.width - kept.chars().map(size).sum::<usize>();
    [kept.as_bytes(), &vec![b' '; spaces]].concat()
}

impl Make for Fwf {
    fn longest(&self) -> usize {
        self.longest
    }

    #[inline]
    fn record(&self, draw: &mut Draw, pen: &mut Pen<'_>) {
        for (field, holds) in self.layout.fields.iter().zip(&self.holds) {
            let start = pen.at();
            match holds {
                Holds::Texts(texts) => {
                    pen.text(draw.random.one(texts));
                    continue;
                }
                Holds::Id => pen.number(draw.id() % 10u64.checked_pow(field.width as u32).unwrap_or(u64::MAX)),
                Holds::Time => draw.push_time(pen),
                Holds::Price => push_cents(pen, draw.random.below(100_000)),
                Holds::Quantity => pen.number(draw.random.below(64).into()),
                Holds::Rate => push_rate(pen, draw.random.below(1_000_000), draw.random.next() & 1 == 1),
                Holds::Active if draw.random.next() & 1 == 1 => pen.put(b"true"),
                Holds::Active => pen.put(b"false"),
                Holds::Zip => push_zip(pen, draw.random.below(100_000)),
                Holds::Nothing => {}
            }
            pen.fill(b' ', field.width - (pen.at() - start));
        }
        pen.put(b"\n");
    }
}
