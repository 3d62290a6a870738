//! What targets share with each other, and with the tests of pagemill itself.

#[path = "../../../support/drive.rs"]
pub mod drive;
#[allow(dead_code)]
#[path = "../../../support/flags.rs"]
pub mod flags;
#[allow(dead_code)]
#[path = "../../../support/inputs.rs"]
pub mod inputs;
#[allow(dead_code)]
#[path = "../../../support/paths.rs"]
pub mod paths;
#[path = "../../../support/quotes.rs"]
pub mod quotes;
#[allow(dead_code)]
#[path = "../../../support/raw.rs"]
pub mod raw;
#[allow(dead_code)]
#[path = "../../../support/values.rs"]
pub mod values;

mod choices;
mod same;

pub use choices::Choices;
pub use same::{leaves, same, simd_agrees, tree};

/// No input is longer than this; oracles are slow.
pub const LONGEST: usize = 1 << 16;

/// Text of an input in messages.
pub fn shown(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}
