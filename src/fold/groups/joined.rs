//! What is put together from what several tables wrote.

use crate::error::Result;
use crate::fold::groups::held::Held;
use crate::fold::groups::saved::Saved;
use crate::memory::Arena;
use crate::record::Value;

/// What is known of one group for a function, from all runs.
pub(super) trait Joined {
    /// Takes in what a table kept for the group.
    ///
    /// # Errors
    /// There is no memory.
    fn head(&mut self, from: &mut Saved<'_>, held: &mut Held) -> Result<()>;

    /// Takes in an entry of the group. All heads came before, and entries come in the order of their keys: those of
    /// several tables with the same key one after the other.
    ///
    /// # Errors
    /// There is no memory.
    fn entry(&mut self, key: &[u8], body: &mut Saved<'_>, held: &mut Held) -> Result<()> {
        let _ = (key, body, held);
        Ok(())
    }

    /// The result, after which the next group comes.
    ///
    /// # Errors
    /// There is no memory.
    fn result<'a>(&mut self, arena: &'a Arena, held: &mut Held) -> Result<Value<'a>>;
}
