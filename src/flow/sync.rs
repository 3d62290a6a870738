//! The locks of a run. The model test uses shuttle's, which try many orders in which workers can be scheduled.

#[cfg(all(test, feature = "model"))]
pub(crate) use shuttle::sync::{Condvar, Mutex, MutexGuard};
#[cfg(not(all(test, feature = "model")))]
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};
