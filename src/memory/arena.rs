//! A worker's bump arena.

use std::cell::RefCell;

use bumpalo::Bump;

use super::Reservation;
use crate::error::{Fault, RecordError};

/// What to do about an arena that is too small, if its ceiling can't be raised.
pub(crate) const INSTEAD: &str = "lower ⟨workers⟩ so that each gets more of it";

/// A bump arena with a limit. It is reset after each batch and then keeps its memory.
pub struct Arena {
    bump: Bump,
    start: usize,
    /// The most it may hold at present.
    limit: usize,
    /// What it takes beyond its start is asked for; none: that is reserved already.
    reserved: Option<RefCell<Reservation>>,
}

impl Arena {
    /// An arena that never holds more than `limit` bytes, of which `start` are taken at once.
    ///
    /// The system gives a page its memory when it is first touched, so a generous `start` costs little.
    pub fn new(start: usize, limit: usize) -> Arena {
        // Without memory it begins empty: then the first value that needs some is refused.
        let (bump, limit) = (Bump::try_with_capacity(start).unwrap_or_default(), limit.max(start));
        limit_to(&bump, limit);
        Arena { bump, start, limit, reserved: None }
    }

    /// An arena of `start` bytes that are reserved already, and asks `reserved` before it takes more, up to `limit`.
    pub fn asking(start: usize, limit: usize, reserved: Reservation) -> Arena {
        let arena = Arena::new(start, start);
        Arena { limit: limit.max(start), reserved: Some(RefCell::new(reserved)), ..arena }
    }

    /// The most it may hold, in bytes.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Sets the most it may hold from now on; what it holds already stays.
    pub fn allow(&mut self, limit: usize) {
        self.limit = limit.max(self.start);
    }

    pub(crate) fn bump(&self) -> &Bump {
        &self.bump
    }

    /// Bytes handed out since the last reset, rounded up by at most a chunk's unused rest.
    pub fn used(&self) -> usize {
        self.bump.allocated_bytes() - self.bump.chunk_capacity()
    }

    /// Bytes it holds, handed out or not.
    pub fn held(&self) -> usize {
        self.bump.allocated_bytes()
    }

    /// Bytes it has reserved beyond its start, held or not.
    pub(crate) fn beyond(&self) -> usize {
        self.reserved.as_ref().map_or(0, |reserved| reserved.borrow().bytes())
    }

    /// `len` zeroed bytes, or an error at `offset` of the slice when the limit does not allow them.
    pub fn bytes(&self, len: usize, offset: usize) -> Result<&mut [u8], RecordError> {
        let taken = self.with_room(len, || self.bump.try_alloc_slice_fill_copy(len, 0u8));
        taken.map_err(|why| {
            let text = format!("a value of {len} bytes does not fit into a worker's arena of {} bytes", self.limit);
            no_memory(offset, text, why)
        })
    }

    /// `len` numbers, all zero. Errors as for [`bytes`](Self::bytes).
    pub(crate) fn numbers(&self, len: usize, offset: usize) -> Result<&mut [u32], RecordError> {
        let taken = self.with_room(len * 4, || self.bump.try_alloc_slice_fill_copy(len, 0u32));
        taken.map_err(|why| {
            let text = format!("{len} fields do not fit into a worker's arena of {} bytes", self.limit);
            no_memory(offset, text, why)
        })
    }

    /// Takes something from the bump arena of at most `bytes` bytes; where it lacks room, more is asked for.
    ///
    /// # Errors
    /// Why there is no more.
    pub(crate) fn with_room<T, E>(&self, bytes: usize, mut take: impl FnMut() -> Result<T, E>) -> Result<T, Refusal> {
        // The bump arena wants chunks of twice the size of the last one, so what is needed may not be enough.
        loop {
            match take() {
                Ok(taken) => return Ok(taken),
                Err(_) => self.grow(bytes)?,
            }
        }
    }

    #[cold]
    fn grow(&self, bytes: usize) -> Result<(), Refusal> {
        // What a chunk has beside its contents.
        const CHUNK: usize = 4096;
        let held = self.bump.allocated_bytes();
        let granted = self.bump.allocation_limit().unwrap_or(held);
        // The bump arena tries chunks of half the size each time, down to one of less than twice what is needed.
        if granted - held >= bytes.saturating_add(2 * CHUNK).saturating_mul(2) {
            return Err(Refusal::System);
        }
        let Some(reserved) = &self.reserved else { return Err(Refusal::Limit(None)) };
        let least = held.saturating_add(bytes).saturating_add(CHUNK);
        // Twice as much each time, so that it is asked for seldom.
        let wanted = least.max(granted.saturating_mul(2)).min(self.limit);
        if wanted < least || wanted <= granted {
            return Err(Refusal::Limit(Some(reserved.borrow().remedy())));
        }
        reserved.borrow_mut().try_grow(wanted - granted).map_err(|error| Refusal::Asked(error.to_string()))?;
        self.bump.set_allocation_limit(Some(wanted));
        Ok(())
    }

    /// Gives everything back at once; the memory stays for the next batch.
    pub fn reset(&mut self) {
        self.bump.reset();
    }

    /// Gives everything back, also what it took beyond its start: then the next record has all that an arena may take.
    pub(crate) fn clear(&mut self) {
        if !self.trim() {
            self.reset();
        }
    }

    /// Gives everything back, and what it took beyond its start to the system. Whether that was anything.
    pub fn trim(&mut self) -> bool {
        let Some(reserved) = &mut self.reserved else { return false };
        let reserved = reserved.get_mut();
        if reserved.bytes() == 0 {
            return false;
        }
        // The old one goes first.
        self.bump = Bump::new();
        self.bump = Bump::with_capacity(self.start);
        limit_to(&self.bump, self.start);
        reserved.shrink(reserved.bytes());
        true
    }
}

/// Sets a limit. A bump arena that holds more than its limit has none, and its first chunk is a little larger than what
/// was asked for.
fn limit_to(bump: &Bump, limit: usize) {
    bump.set_allocation_limit(Some(limit.max(bump.allocated_bytes())));
}

/// Why there is no memory.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It was asked for: what the error says, remedy included.
    Asked(String),
    /// It would be more than it may be; what to do about that, if anything.
    Limit(Option<String>),
    /// It may have it, but the system has none.
    System,
}

/// The error of a record for which there is not enough memory.
pub(crate) fn no_memory(offset: usize, text: String, why: Refusal) -> RecordError {
    let error = match why {
        Refusal::Asked(why) => RecordError::new(offset, format!("{text}: {why}")),
        Refusal::Limit(remedy) => RecordError { hint: remedy.map(Into::into), ..RecordError::new(offset, text) },
        Refusal::System => RecordError::new(offset, "the system has no memory for a worker's arena")
            .hint("Lower ⟨workers⟩, or raise the limit of the address space."),
    };
    error.fault(Fault::NoMemory)
}

#[cfg(test)]
mod tests {
    use super::super::Budget;
    use super::*;

    #[test]
    fn what_is_beyond_the_start_is_asked_for() {
        let budget = Budget::new(1 << 20);
        let mut arena = Arena::asking(4096, 600_000, budget.open("arenas", INSTEAD));
        assert_eq!(arena.bytes(1000, 0).unwrap().len(), 1000);
        assert_eq!(budget.reserved(), 0);
        assert_eq!(arena.bytes(300_000, 0).unwrap().len(), 300_000);
        assert!(budget.reserved() >= 300_000, "{}", budget.reserved());
        // It was given a chunk that is a little larger than what it asked for at the start.
        assert!(arena.held() <= budget.reserved() + 8192, "{} {}", arena.held(), budget.reserved());
        let error = arena.bytes(400_000, 7).unwrap_err();
        assert!(error.reason.contains("400000 bytes does not fit into a worker's arena of 600000"), "{error:?}");
        // The budget may have less left than the arena may take.
        let _others = budget.reserve("others", (1 << 20) - budget.reserved()).unwrap();
        arena.allow(usize::MAX);
        let error = arena.bytes(400_000, 7).unwrap_err();
        assert!(error.reason.contains("are needed for arenas") && error.reason.contains("held: "), "{error:?}");
        assert_eq!((error.offset, error.fault), (7, Fault::NoMemory));
        arena.reset();
        assert!(arena.trim() && !arena.trim());
        assert!(budget.reserved() < 1 << 20 && arena.held() <= 8192);
        assert_eq!(arena.bytes(1000, 0).unwrap().len(), 1000);
    }

    #[test]
    fn a_little_more_than_there_is() {
        let budget = Budget::new(10 << 20);
        let arena = Arena::asking(256 << 10, 4 << 20, budget.open("arenas", INSTEAD));
        // More than the chunk there is, and less than the next one would be.
        assert_eq!(arena.bytes(290_000, 0).unwrap().len(), 290_000);
        assert_eq!(arena.bytes(300_000, 0).unwrap().len(), 300_000);
        assert!(arena.bytes(4 << 20, 0).is_err());
        assert!(budget.reserved() <= 4 << 20 && arena.held() <= budget.reserved() + (260 << 10));
    }
}
