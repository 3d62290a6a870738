//! The locks of a run. The model test takes shuttle's, which tries many orders in which workers can come by.

#[cfg(all(test, feature = "model"))]
pub(crate) use shuttle::sync::{Condvar, Mutex, MutexGuard};
#[cfg(not(all(test, feature = "model")))]
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};
