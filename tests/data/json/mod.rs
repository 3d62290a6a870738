//! Reading JSON: the JSONTestSuite, serde_json and simd-json as oracles, and every way of cutting.

mod cutting;
pub mod generate;
mod oracle;
mod read;
mod select;
mod suite;
