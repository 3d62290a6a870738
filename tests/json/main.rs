//! Reading JSON: the JSONTestSuite, serde_json and simd-json as oracles, and every way of cutting.

#![allow(clippy::unwrap_used)]
mod cutting;
#[path = "../support/drive.rs"]
mod drive;
mod generate;
mod oracle;
mod read;
mod select;
mod suite;
