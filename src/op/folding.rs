//! What a pipeline may end in, instead of records.

/// A result over all records, which a job writes instead of the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Folding {
    /// The numbers of lines, words, characters and bytes in all texts, and of records.
    WordCount,
    /// What there is to say about every field: counts, kinds, sums, ends, quantiles, the most frequent values.
    Stats,
    /// The narrowest schema that holds every value and gives its text back.
    Schema,
}

impl Folding {
    /// The name in the flag `--op`, or of the command, and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Folding::WordCount => "wordcount",
            Folding::Stats => "stats",
            Folding::Schema => "schema",
        }
    }
}
