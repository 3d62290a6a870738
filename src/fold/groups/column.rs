//! What all groups keep for one function.

use std::any::Any;

use crate::error::{RecordError, Result};
use crate::fold::groups::chunks::Chunks;
use crate::fold::groups::given::{Given, Item};
use crate::fold::groups::held::Held;
use crate::memory::Arena;
use crate::record::Value;

/// Where a record is among all records: they are in this order, whoever takes them in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct At {
    /// The number of its slice; the number of the source is in the first bits.
    pub slice: u64,
    /// Its number among those of the slice.
    pub record: u64,
}

/// Some records of a batch: their groups and their values.
pub(super) struct Taken<'b, 'a> {
    /// The group of each.
    pub groups: &'b [u32],
    /// The values of each argument.
    pub given: &'b [Given<'a>],
    /// The number of the first one among those that have values.
    pub first: usize,
    /// Where the first one is.
    pub at: At,
}

/// What all groups keep for one function, one state for each group.
pub(super) trait Accumulate: Send + 'static {
    /// Adds a group.
    ///
    /// # Errors
    /// There is no memory.
    fn grow(&mut self, held: &mut Held) -> Result<()>;

    /// Takes in records.
    ///
    /// # Errors
    /// There is no memory.
    fn add(&mut self, taken: &Taken<'_, '_>, held: &mut Held) -> Result<()>;

    /// Takes in what another worker keeps, which is of the same type; its groups have these numbers here.
    ///
    /// # Errors
    /// There is no memory.
    fn merge(&mut self, other: Box<dyn Any>, groups: &[u32], held: &mut Held) -> Result<()>;

    /// All was taken in.
    ///
    /// # Errors
    /// There is no memory.
    fn settle(&mut self, held: &mut Held) -> Result<()> {
        let _ = held;
        Ok(())
    }

    /// The result for a group.
    ///
    /// # Errors
    /// There is no memory.
    fn result<'a>(&self, group: u32, arena: &'a Arena) -> Result<Value<'a>, RecordError>;

    /// The same as `Any`, for [`merge`](Self::merge).
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

/// What one group keeps for a function.
pub(super) trait State: Default + Send + 'static {
    /// What it takes.
    type Item<'a>: Item<'a>;
    /// What is the same for all groups.
    type How: Clone + Send + Sync + 'static;

    /// Takes in an item, which is not null. Items of a worker come in the order of the records.
    ///
    /// # Errors
    /// There is no memory.
    fn add(&mut self, item: Self::Item<'_>, at: At, how: &Self::How, held: &mut Held) -> Result<()>;

    /// Takes in what another worker kept for the group.
    ///
    /// # Errors
    /// There is no memory.
    fn merge(&mut self, other: Self, how: &Self::How, held: &mut Held) -> Result<()>;

    /// All was taken in.
    ///
    /// # Errors
    /// There is no memory.
    fn settle(&mut self, how: &Self::How, held: &mut Held) -> Result<()> {
        let _ = (how, held);
        Ok(())
    }

    /// The result.
    ///
    /// # Errors
    /// There is no memory.
    fn result<'a>(&self, how: &Self::How, arena: &'a Arena) -> Result<Value<'a>, RecordError>;
}

/// The states of all groups.
pub(super) struct Column<S: State> {
    /// The number of the argument.
    argument: usize,
    states: Chunks<S>,
    how: S::How,
}

impl<S: State> Column<S> {
    /// Without groups; `argument`: the number of its argument.
    pub fn boxed(argument: usize, how: S::How) -> Box<dyn Accumulate> {
        Box::new(Column::<S> { argument, states: Chunks::new(), how })
    }
}

impl<S: State> Accumulate for Column<S> {
    fn grow(&mut self, held: &mut Held) -> Result<()> {
        self.states.push(S::default(), held)
    }

    fn add(&mut self, taken: &Taken<'_, '_>, held: &mut Held) -> Result<()> {
        let items = &S::Item::all(&taken.given[self.argument])[taken.first..];
        for (index, (item, group)) in items.iter().zip(taken.groups).enumerate() {
            if !item.is_null() {
                let at = At { record: taken.at.record + index as u64, ..taken.at };
                self.states.get_mut(*group as usize).add(*item, at, &self.how, held)?;
            }
        }
        Ok(())
    }

    fn merge(&mut self, other: Box<dyn Any>, groups: &[u32], held: &mut Held) -> Result<()> {
        let Ok(other) = other.downcast::<Column<S>>() else { return Ok(()) };
        for (state, group) in other.states.into_items().zip(groups) {
            self.states.get_mut(*group as usize).merge(state, &self.how, held)?;
        }
        Ok(())
    }

    fn settle(&mut self, held: &mut Held) -> Result<()> {
        self.states.iter_mut().try_for_each(|state| state.settle(&self.how, held))
    }

    fn result<'a>(&self, group: u32, arena: &'a Arena) -> Result<Value<'a>, RecordError> {
        self.states.get(group as usize).result(&self.how, arena)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}
