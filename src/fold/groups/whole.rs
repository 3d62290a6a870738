//! States that are put together from the bytes of several tables.

use crate::error::{Error, Result};
use crate::fold::groups::column::State;
use crate::fold::groups::held::Held;
use crate::fold::groups::joined::Joined;
use crate::fold::groups::saved::Saved;
use crate::memory::Arena;
use crate::record::Value;

/// A state that its bytes are all of.
pub(super) trait Whole: State {
    /// Reads a state that was saved.
    ///
    /// # Errors
    /// Io: it is not whole. There is no memory.
    fn load(from: &mut Saved<'_>, held: &mut Held) -> Result<Self>;
}

/// Joins such states.
pub(super) struct Join<S: Whole> {
    state: S,
    how: S::How,
    /// What is taken for the state.
    size: usize,
}

impl<S: Whole> Join<S> {
    pub fn boxed(how: &S::How) -> Box<dyn Joined> {
        Box::new(Join { state: S::default(), how: how.clone(), size: 0 })
    }
}

impl<S: Whole> Joined for Join<S> {
    fn head(&mut self, from: &mut Saved<'_>, held: &mut Held) -> Result<()> {
        let before = held.size();
        let mut other = S::load(from, held)?;
        let loaded = held.size().saturating_sub(before);
        self.state.merge(&mut other, &self.how, held)?;
        // One of both is gone.
        held.give(loaded.min(self.size));
        self.size = self.size.max(loaded);
        Ok(())
    }

    fn result<'a>(&mut self, arena: &'a Arena, held: &mut Held) -> Result<Value<'a>> {
        let mut state = std::mem::take(&mut self.state);
        self.size = 0;
        state.settle(&self.how, held)?;
        state.result(&self.how, arena).map_err(|error| Error::memory(error.reason))
    }
}
