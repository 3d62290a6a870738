//! What jobs make of their data: expectations written by hand, oracles, and every path compared with every other.
#![allow(clippy::unwrap_used)] // A test that can't go on fails.

mod columns;
mod compression;
mod counted;
mod dialects;
mod foreign;
mod json;
mod limits;
mod matrix;
mod mutants;
mod one_answer;
mod oracle;
mod parts;
mod quotes;
#[path = "../support/mod.rs"]
mod support;
