//! What all groups keep for one function.

use std::any::Any;

use crate::error::{RecordError, Result};
use crate::fold::groups::at::At;
use crate::fold::groups::chunks::Chunks;
use crate::fold::groups::given::{Given, Item};
use crate::fold::groups::held::Held;
use crate::fold::groups::joined::Joined;
use crate::fold::groups::saved::Out;
use crate::memory::Arena;
use crate::record::Value;

/// Some records of a batch: their groups and their values.
pub(super) struct Taken<'b, 'a> {
    /// The group of each.
    pub groups: &'b [u32],
    /// The values of each argument, of all records of the batch.
    pub given: &'b [Given<'a>],
    /// Where the first record of the batch is.
    pub at: At,
    /// The number in the batch of the first record whose group is here.
    pub first: usize,
}

impl Taken<'_, '_> {
    /// The groups from a record of the batch on.
    pub fn groups_from(&self, record: usize) -> &[u32] {
        &self.groups[record - self.first..]
    }

    /// Where a record of the batch is.
    #[inline(always)]
    pub fn at(&self, record: usize) -> At {
        At { record: self.at.record + record as u64, ..self.at }
    }

    /// The number of the record after the last one.
    pub fn end(&self) -> usize {
        self.first + self.groups.len()
    }
}

/// What all groups keep for one function, one state for each group.
pub(super) trait Accumulate: Send + 'static {
    /// Adds a group.
    ///
    /// # Errors
    /// There is no memory.
    fn grow(&mut self, held: &mut Held) -> Result<()>;

    /// Takes in records from the one with the number `done` in the batch on, which is then the number of the next one.
    ///
    /// # Errors
    /// There is no memory: those before `done` were taken in, and the others not.
    fn add(&mut self, taken: &Taken<'_, '_>, done: &mut usize, held: &mut Held) -> Result<()>;

    /// Takes in what another worker keeps, which is of the same type; its groups have these numbers here.
    ///
    /// # Errors
    /// There is no memory: what was taken in is no longer in the other one, so that both together are still whole.
    fn merge(&mut self, other: &mut dyn Accumulate, groups: &[u32], held: &mut Held) -> Result<()>;

    /// Gets ready to give its states.
    fn arrange(&mut self) {}

    /// Gives what it keeps for a group as bytes.
    ///
    /// # Errors
    /// Those of `out`.
    fn save(&self, group: u32, out: &mut Out<'_>) -> Result<()>;

    /// Gives what else it keeps for a group: entries in the order of their keys, each key once.
    ///
    /// # Errors
    /// Those of `put`.
    fn entries(&mut self, group: u32, put: &mut Put<'_>) -> Result<()> {
        let _ = (group, put);
        Ok(())
    }

    /// What puts the states of a group together again.
    fn joined(&self) -> Box<dyn Joined>;

    /// Forgets all groups. What that took is given back by the caller.
    fn clear(&mut self);

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
    fn as_any(&mut self) -> &mut dyn Any;
}

/// Takes an entry: its key and its body.
pub(super) type Put<'p> = dyn FnMut(&[u8], &[u8]) -> Result<()> + 'p;

/// What one group keeps for a function.
pub(super) trait State: Default + Send + 'static {
    /// What it takes.
    type Item<'a>: Item<'a>;
    /// What is the same for all groups.
    type How: Clone + Send + Sync + 'static;

    /// Takes in an item, which is not null. Items of a worker come in the order of the records.
    ///
    /// # Errors
    /// There is no memory: the item was not taken in, or it makes no difference if it is taken in again.
    fn add(&mut self, item: Self::Item<'_>, at: At, how: &Self::How, held: &mut Held) -> Result<()>;

    /// Takes in what another worker kept for the group.
    ///
    /// # Errors
    /// There is no memory: what was taken in is no longer in the other one, or makes no difference if it is taken in again.
    fn merge(&mut self, other: &mut Self, how: &Self::How, held: &mut Held) -> Result<()>;

    /// Gives the state as bytes.
    ///
    /// # Errors
    /// Those of `out`.
    fn save(&self, out: &mut Out<'_>) -> Result<()>;

    /// Gives what is not in these bytes; see [`Accumulate::entries`].
    ///
    /// # Errors
    /// Those of `put`.
    fn entries(&mut self, put: &mut Put<'_>) -> Result<()> {
        let _ = put;
        Ok(())
    }

    /// What puts states together again.
    fn joined(how: &Self::How) -> Box<dyn Joined>;

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

    fn add(&mut self, taken: &Taken<'_, '_>, done: &mut usize, held: &mut Held) -> Result<()> {
        let from = *done;
        let items = &S::Item::all(&taken.given[self.argument])[from..];
        for (index, (item, group)) in items.iter().zip(taken.groups_from(from)).enumerate() {
            if !item.is_null() {
                let added = self.states.get_mut(*group as usize).add(*item, taken.at(from + index), &self.how, held);
                if let Err(error) = added {
                    *done = from + index;
                    return Err(error);
                }
            }
        }
        *done = taken.end();
        Ok(())
    }

    fn merge(&mut self, other: &mut dyn Accumulate, groups: &[u32], held: &mut Held) -> Result<()> {
        let Some(other) = other.as_any().downcast_mut::<Column<S>>() else { return Ok(()) };
        for (state, group) in other.states.iter_mut().zip(groups) {
            self.states.get_mut(*group as usize).merge(state, &self.how, held)?;
            *state = S::default();
        }
        Ok(())
    }

    fn save(&self, group: u32, out: &mut Out<'_>) -> Result<()> {
        self.states.get(group as usize).save(out)
    }

    fn entries(&mut self, group: u32, put: &mut Put<'_>) -> Result<()> {
        self.states.get_mut(group as usize).entries(put)
    }

    fn joined(&self) -> Box<dyn Joined> {
        S::joined(&self.how)
    }

    fn clear(&mut self) {
        self.states = Chunks::new();
    }

    fn settle(&mut self, held: &mut Held) -> Result<()> {
        self.states.iter_mut().try_for_each(|state| state.settle(&self.how, held))
    }

    fn result<'a>(&self, group: u32, arena: &'a Arena) -> Result<Value<'a>, RecordError> {
        self.states.get(group as usize).result(&self.how, arena)
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
