//! Everything that can fail does, once at each place. The doubles are for the whole process: a test that uses one runs
//! while no other test does.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)] // A test that can't go on fails.

mod each_place;
mod groups;
#[path = "../support/mod.rs"]
mod support;
mod writes;

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

static DOUBLES: RwLock<()> = RwLock::new(());

/// For a test that uses the double of the budget, or those of the C library's functions.
fn alone() -> RwLockWriteGuard<'static, ()> {
    DOUBLES.write().unwrap_or_else(PoisonError::into_inner)
}

/// For every other test here.
fn beside_others() -> RwLockReadGuard<'static, ()> {
    DOUBLES.read().unwrap_or_else(PoisonError::into_inner)
}
