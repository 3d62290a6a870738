//! What goes wrong around a run: signals, pauses, kills, files that change, disks that are full, memory that is short.
#![allow(clippy::unwrap_used)] // A test that can't go on fails.

mod column_names;
mod copies;
mod files;
mod leftovers;
mod pauses;
mod pressure;
mod resume;
mod signals;
mod sorts;
#[path = "../support/mod.rs"]
mod support;
mod watched;
