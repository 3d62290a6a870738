//! pagemill converts files larger than memory.
#![deny(unsafe_code)]

pub mod config;
pub mod engine;
pub mod error;
pub mod format;
pub mod memory;
pub mod metrics;
pub mod op;
pub mod record;
pub mod sample;
#[allow(unsafe_code)]
pub mod scan;
pub mod source;
#[allow(unsafe_code)]
pub mod sys;
pub mod target;

pub use memory::audit;
