//! The memory ceiling, and the named parts of it.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::error::Error;
use crate::wording::megabytes;

/// The memory ceiling of a run. Every large consumer holds a [`Reservation`] of it. Clones are the same ceiling.
///
/// ```
/// use pagemill::memory::Budget;
///
/// let budget = Budget::new(1_000_000);
/// let mut tables = budget.reserve("key tables", 600_000)?;
/// let error = budget.reserve("arenas", 500_000).map(drop).unwrap_err().to_string();
/// assert!(error.contains("500000 bytes are needed for arenas, but 400000 are left (held: key tables 600000)"));
/// tables.shrink(100_000);
/// assert!(budget.reserve("arenas", 500_000).is_ok());
/// # Ok::<(), pagemill::Error>(())
/// ```
#[derive(Clone)]
pub struct Budget(Arc<Ceiling>);

struct Ceiling {
    limit: usize,
    whose: Whose,
    /// What others take of what the user allows, so that the ceiling is that much lower, in bytes.
    outside: usize,
    held: Mutex<Vec<(&'static str, usize)>>,
}

/// Who set a ceiling: its errors say what to raise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Whose {
    /// The user.
    #[default]
    User,
    /// The control group of the process, which leaves less than the user allows.
    Group,
}

/// A named part of a [`Budget`], given back when dropped.
pub struct Reservation {
    budget: Budget,
    name: &'static str,
    instead: &'static str,
    bytes: usize,
}

/// What else to do about a ceiling that is too low, where nothing better is known.
const INSTEAD: &str = "lower ⟨workers⟩ or ⟨slice_size⟩";

/// What others take: the coders of a target of many sources, and the paths of those.
const OUTSIDE: &str = "compression and names of inputs";

/// This number of names is noted without an allocation.
const NAMES: usize = 32;
/// How many growths, of any budget, pass until one is refused; 0: none is.
static REFUSE: AtomicU64 = AtomicU64::new(0);

/// For tests: the `nth` growth of any budget from now on is refused; 0 refuses none. Returns how many of the
/// growths that were asked for before are left.
#[doc(hidden)]
pub fn refuse_growth(nth: u64) -> u64 {
    REFUSE.swap(nth, Relaxed)
}

fn is_refused() -> bool {
    REFUSE.load(Relaxed) > 0 && REFUSE.fetch_sub(1, Relaxed) == 1
}

impl std::fmt::Debug for Budget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.ceiling())
    }
}

impl Budget {
    /// A ceiling of `limit` bytes, set by the user.
    pub fn new(limit: usize) -> Budget {
        Budget::of(limit, Whose::User)
    }

    /// A ceiling of `limit` bytes that somebody set.
    pub fn of(limit: usize, whose: Whose) -> Budget {
        Budget::beside(limit, whose, 0)
    }

    /// The same; `outside` bytes of what the user allows are taken by others already. Messages name the user's limit.
    pub(crate) fn beside(limit: usize, whose: Whose, outside: usize) -> Budget {
        Budget(Arc::new(Ceiling { limit, whose, outside, held: Mutex::new(Vec::with_capacity(NAMES)) }))
    }

    /// The ceiling in bytes.
    pub fn limit(&self) -> usize {
        self.0.limit
    }

    /// How much is reserved, in bytes.
    pub fn reserved(&self) -> usize {
        self.lock().iter().map(|(_, bytes)| bytes).sum()
    }

    /// A reservation of `bytes` under `name`.
    ///
    /// # Errors
    /// As [`Reservation::try_grow`].
    pub fn reserve(&self, name: &'static str, bytes: usize) -> Result<Reservation, Error> {
        let mut reservation = self.open(name, INSTEAD);
        reservation.try_grow(bytes)?;
        Ok(reservation)
    }

    /// A reservation of nothing that is going to grow; its errors say to raise the ceiling or to do something
    /// `instead`: a phrase in the imperative.
    pub fn open(&self, name: &'static str, instead: &'static str) -> Reservation {
        Reservation { budget: self.clone(), name, instead, bytes: 0 }
    }

    /// The ceiling for people.
    pub fn ceiling(&self) -> String {
        let limit = self.0.limit;
        match self.0.whose {
            Whose::User => format!("the memory limit of {}", megabytes(limit.saturating_add(self.0.outside))),
            Whose::Group => format!("the limit of {} that the control group of this process leaves", megabytes(limit)),
        }
    }

    /// What to do about a ceiling that is too low: raise it, or something `instead`.
    pub fn remedy(&self, instead: &str) -> String {
        match self.0.whose {
            Whose::User => format!("Raise ⟨memory_limit⟩, or {instead}."),
            Whose::Group => format!("Raise the limit of the control group, or {instead}."),
        }
    }

    /// Who holds how much, for people.
    pub fn holders(&self) -> String {
        self.named(&self.lock())
    }

    /// The same, of what is locked.
    fn named(&self, held: &[(&'static str, usize)]) -> String {
        let outside = (self.0.whose == Whose::User).then_some((OUTSIDE, self.0.outside));
        let all = held.iter().copied().chain(outside).filter(|(_, bytes)| *bytes > 0);
        all.map(|(name, bytes)| format!("{name} {bytes}")).collect::<Vec<_>>().join(", ")
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(&'static str, usize)>> {
        self.0.held.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Reservation {
    /// How much is reserved, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes `more` bytes. Allocates nothing unless it fails.
    ///
    /// # Errors
    /// Of the class [`Memory`](crate::error::ErrorClass::Memory): there is less left. The message says who asked, how
    /// much, who holds what, what is left, and what to change.
    pub fn try_grow(&mut self, more: usize) -> Result<(), Error> {
        let mut held = self.budget.lock();
        let used: usize = held.iter().map(|(_, bytes)| bytes).sum();
        let left = self.budget.limit().saturating_sub(used);
        if more > left || is_refused() {
            let needed = used.saturating_add(more);
            return Err(Error::needs_memory(
                needed,
                format!(
                    "{} is too low: {more} bytes are needed for {}, but {left} are left (held: {})\n  {}",
                    self.budget.ceiling(),
                    self.name,
                    self.budget.named(&held),
                    self.remedy(),
                ),
            ));
        }
        match held.iter_mut().find(|(name, _)| *name == self.name) {
            Some((_, bytes)) => *bytes += more,
            None => held.push((self.name, more)),
        }
        self.bytes += more;
        Ok(())
    }

    /// What to do when there is no more.
    pub fn remedy(&self) -> String {
        self.budget.remedy(self.instead)
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

impl Drop for Reservation {
    fn drop(&mut self) {
        self.shrink(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_everybody() {
        let budget = Budget::new(1000);
        let _buffers = budget.reserve("output buffers", 600).unwrap();
        let windows = budget.reserve("windows", 100).unwrap();
        let mut keys = budget.open("key tables", "name the columns");
        keys.try_grow(50).unwrap();
        let error = keys.try_grow(251).unwrap_err().to_string();
        for part in [
            "limit of 1,000 bytes",
            "251 bytes are needed for key tables, but 250 are left",
            "output buffers 600, windows 100, key tables 50",
            "\n  Raise `memory_limit`, or name the columns.",
        ] {
            assert!(error.contains(part), "{part}: {error}");
        }
        drop(windows);
        keys.try_grow(251).unwrap();
        assert_eq!((keys.bytes(), budget.reserved()), (301, 901));
        keys.shrink(1000);
        assert_eq!(budget.reserved(), 600);
        // Where the control group is the ceiling, to raise the limit would not help.
        let group = Budget::of(500, Whose::Group);
        let error = group.reserve("windows", 501).map(drop).unwrap_err().to_string();
        for part in ["limit of 500 bytes that the control group", "Raise the limit of the control group, or lower"] {
            assert!(error.contains(part) && !error.contains("memory_limit"), "{part}: {error}");
        }
        // What others take is part of what the user has set.
        let lower = Budget::beside(900, Whose::User, 100);
        let error = lower.reserve("windows", 901).map(drop).unwrap_err().to_string();
        for part in ["memory limit of 1,000 bytes", "but 900 are left (held: compression and names of inputs 100)"] {
            assert!(error.contains(part), "{part}: {error}");
        }
        // A failed request takes nothing.
        assert!(keys.try_grow(usize::MAX).is_err());
        assert_eq!((keys.bytes(), budget.reserved()), (0, 600));
    }
}
