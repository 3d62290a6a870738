//! Lines of a log.

use super::make::{Draw, Make};
use super::pools;
use super::random::Random;

const LEVELS: [&[u8]; 4] = [b" INFO ", b" WARN ", b" DEBUG ", b" ERROR "];

pub(super) struct Text {
    phrases: Vec<Vec<u8>>,
}

impl Text {
    pub(super) fn new(seed: u64) -> Text {
        let mut random = Random::new(seed, u64::MAX);
        Text { phrases: (0..1024).map(|_| pools::words(&mut random, 4, 24).into_bytes()).collect() }
    }

    /// Appends a line without its end.
    #[inline]
    pub(super) fn line(&self, draw: &mut Draw, out: &mut Vec<u8>) {
        // One line of 32 is empty.
        if draw.random.below(32) > 0 {
            draw.push_time(out);
            out.extend_from_slice(draw.random.text(&LEVELS));
            out.extend_from_slice(draw.random.text(&self.phrases));
        }
    }
}

impl Make for Text {
    #[inline]
    fn record(&self, draw: &mut Draw, out: &mut Vec<u8>) {
        self.line(draw, out);
        out.push(b'\n');
    }
}
