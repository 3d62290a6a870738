//! What is counted.

/// The longest sequence that glibc takes for a character.
pub const LONGEST: usize = 6;

/// Lines, words, characters and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Line feeds.
    pub lines: u64,
    /// Words.
    pub words: u64,
    /// Characters.
    pub chars: u64,
    /// Bytes.
    pub bytes: u64,
}

impl Counts {
    /// Adds the counts of another text.
    pub fn add(&mut self, other: &Counts) {
        self.lines += other.lines;
        self.words += other.words;
        self.chars += other.chars;
        self.bytes += other.bytes;
    }
}
