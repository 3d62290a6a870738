//! Lines of a log.

use super::make::{Draw, Make};
use super::pen::{self, Pen};
use super::pools;

const LEVELS: [[u8; 7]; 4] = [*b" INFO  ", *b" WARN  ", *b" DEBUG ", *b" ERROR "];

pub(super) struct Text {
    phrases: Vec<pen::Text>,
    line_break: &'static [u8],
}

impl Text {
    pub(super) fn new(seed: u64, crlf: bool) -> Text {
        let mut random = pools::pool_random(seed);
        let phrase = |_| pen::Text::new(pools::words(&mut random, 4, 24).as_bytes());
        Text { phrases: (0..1024).map(phrase).collect(), line_break: if crlf { b"\r\n" } else { b"\n" } }
    }

    /// Appends a line without its line ending.
    #[inline]
    pub(super) fn line(&self, draw: &mut Draw, pen: &mut Pen<'_>) {
        // One line in 32 is empty.
        if draw.random.below(32) > 0 {
            draw.push_time(pen);
            pen.put(draw.random.one(&LEVELS));
            pen.text(draw.random.one(&self.phrases));
        }
    }
}

impl Make for Text {
    fn longest(&self) -> usize {
        32 + pen::longest(&self.phrases)
    }

    #[inline]
    fn record(&self, draw: &mut Draw, pen: &mut Pen<'_>) {
        self.line(draw, pen);
        pen.bytes(self.line_break);
    }
}
