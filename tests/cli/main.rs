//! The command, run as its users run it; the shape of the source too.
#![allow(clippy::unwrap_used)] // A test that can't go on fails.

mod advice;
mod aggregate;
mod aggregate_spill;
mod alerts;
mod audit;
mod avro;
mod basics;
mod bench;
mod broken_arrays;
mod broken_json;
mod broken_json5;
mod circles;
mod columns;
mod config;
mod convert;
mod corpora;
mod count;
#[cfg(feature = "dashboard")]
mod dashboard;
mod dedupe;
mod encoding;
mod examples;
mod expressions;
mod flag_table;
mod foreign;
mod found;
mod history;
mod hostile;
mod jobs;
mod list_items;
mod live;
mod long_quotes;
mod many;
mod messages;
mod nested;
#[cfg(feature = "otlp")]
mod otlp;
mod packaging;
mod packed;
mod parts;
mod places;
mod profiles;
mod protobuf;
mod protobuf_reflect;
mod public_api;
mod quarantine;
mod reports;
mod rows;
mod rows_bad;
mod schema;
mod sort;
mod split;
mod stats;
mod strict;
mod structure;
#[path = "../support/mod.rs"]
mod support;
mod surface;
mod text_ops;
mod tune;
mod two_arrays;
mod values;
mod windows;
mod words;
mod wrong_files;
