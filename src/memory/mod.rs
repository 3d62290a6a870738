//! Where memory comes from and who may have how much.

mod arena;
pub mod audit;
mod budget;
mod pool;
pub mod pressure;

pub use arena::Arena;
pub(crate) use arena::{HINT as ARENA_HINT, Refusal, no_memory};
#[doc(hidden)]
pub use budget::refuse_growth;
pub use budget::{Budget, Reservation};
pub use pool::{Buffer, Pool};
