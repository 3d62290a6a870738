//! Where memory comes from and who may have how much.

mod arena;
pub mod audit;
mod budget;
mod pool;
pub mod pressure;

pub use arena::Arena;
pub(crate) use arena::{INSTEAD as ARENA_INSTEAD, Refusal, no_memory};
#[doc(hidden)]
pub use budget::refuse_growth;
pub use budget::{Budget, Reservation, Whose};
pub use pool::{Buffer, Pool};
