//! Byte classification: portable routines and vector kernels that are chosen at run time.
//!
//! Every kernel has a portable twin, and the tests run both on the same input.

pub mod ascii;
pub mod bytes;
pub mod count;
pub mod csv;
pub mod json;
pub mod lines;
pub mod number;
pub mod short;
pub mod vector;
