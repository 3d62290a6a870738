//! Fuzz targets of pagemill. Each is a plain function of bytes that panics where something is wrong; the fuzzers
//! (`fuzz_targets/`) and the replay of the kept corpus (`src/corpus.rs`) call the same ones.
//!
//! The first bytes of an input choose dialects, flags and sizes; see [`Choices`].
#![allow(clippy::unwrap_used)] // What can't go on is a finding.
#![allow(missing_docs)] // Every target is the same function, of its name.

pub mod avro;
pub mod columns;
pub mod convert;
pub mod corpus;
pub mod count;
pub mod csv;
pub mod expr;
pub mod fixed;
pub mod frames;
pub mod json;
pub mod kernels;
pub mod ndjson;
pub mod ops;
pub mod pack;
pub mod packed;
pub mod protobuf;
pub mod round;
pub mod seeds;
pub mod text;
pub mod unpack;

mod shared;

pub use shared::Choices;

/// A target by its name.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 20] = [
    ("csv", csv::target),
    ("ndjson", ndjson::target),
    ("json", json::target),
    ("text", text::target),
    ("ops", ops::target),
    ("expr", expr::target),
    ("fixed", fixed::target),
    ("frames", frames::target),
    ("convert", convert::target),
    ("kernels", kernels::target),
    ("count", count::target),
    ("unpack", unpack::target),
    ("pack", pack::target),
    ("round", round::target),
    ("msgpack", packed::target_msgpack),
    ("cbor", packed::target_cbor),
    ("avro", avro::target),
    ("protobuf", protobuf::target),
    ("parquet", columns::target_parquet),
    ("arrow", columns::target_arrow),
];
