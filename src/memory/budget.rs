//! The memory ceiling, and the named parts of it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::error::Error;

/// The memory ceiling of a run. Every large consumer holds a [`Reservation`] of it.
pub struct Budget {
    limit: usize,
    held: Mutex<Vec<(&'static str, usize)>>,
}

/// A named part of a [`Budget`], given back when dropped.
pub struct Reservation<'b> {
    budget: &'b Budget,
    name: &'static str,
    bytes: usize,
}

/// How many growths, of any budget, pass until one is refused; 0: none is.
static REFUSE: AtomicU64 = AtomicU64::new(0);

/// A double for tests: the `nth` growth of any budget from now on is refused; 0 refuses none. Tells how many of the
/// growths that were asked for before are left.
#[doc(hidden)]
pub fn refuse_growth(nth: u64) -> u64 {
    REFUSE.swap(nth, Relaxed)
}

fn is_refused() -> bool {
    REFUSE.load(Relaxed) > 0 && REFUSE.fetch_sub(1, Relaxed) == 1
}

impl Budget {
    /// A ceiling of `limit` bytes.
    pub fn new(limit: usize) -> Budget {
        Budget { limit, held: Mutex::new(Vec::with_capacity(32)) }
    }

    /// The ceiling in bytes.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// A reservation of `bytes` under `name`, or an error that tells who holds what.
    pub fn reserve(&self, name: &'static str, bytes: usize) -> Result<Reservation<'_>, Error> {
        let mut reservation = Reservation { budget: self, name, bytes: 0 };
        reservation.try_grow(bytes)?;
        Ok(reservation)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(&'static str, usize)>> {
        self.held.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Reservation<'_> {
    /// How much is reserved, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes `more` bytes, or says who asked, how much, who holds what, and what is left.
    pub fn try_grow(&mut self, more: usize) -> Result<(), Error> {
        let mut held = self.budget.lock();
        let used: usize = held.iter().map(|(_, bytes)| bytes).sum();
        let left = self.budget.limit.saturating_sub(used);
        if more > left || is_refused() {
            let holders: Vec<String> =
                held.iter().filter(|(_, bytes)| *bytes > 0).map(|(name, bytes)| format!("{name} {bytes}")).collect();
            return Err(Error::memory(format!(
                "the memory limit of {} bytes is too low: {} asks for {more} bytes, {left} are left (held: {})\n  Raise --memory-limit, or lower --workers or --slice-size.",
                self.budget.limit,
                self.name,
                holders.join(", "),
            )));
        }
        match held.iter_mut().find(|(name, _)| *name == self.name) {
            Some((_, bytes)) => *bytes += more,
            None => held.push((self.name, more)),
        }
        self.bytes += more;
        Ok(())
    }

    /// Gives `less` bytes back.
    pub fn shrink(&mut self, less: usize) {
        let less = less.min(self.bytes);
        self.bytes -= less;
        if let Some((_, bytes)) = self.budget.lock().iter_mut().find(|(name, _)| *name == self.name) {
            *bytes -= less;
        }
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        self.shrink(self.bytes);
    }
}
