//! Settings and a source become choices: how much memory goes where, and which route records take.

mod aim;
pub(crate) mod inside;
pub(crate) mod memory;
pub(crate) mod named;
pub(crate) mod needs;
pub(crate) mod outside;
pub(crate) mod route;
pub(crate) mod sizes;
