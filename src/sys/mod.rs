//! The operating system. All `unsafe` code that is no vector kernel lies here.

pub mod alloc;
pub mod memory;
