//! Where memory comes from and who may have how much.

mod arena;
pub mod audit;
mod budget;

pub use arena::Arena;
#[doc(hidden)]
pub use budget::refuse_growth;
pub use budget::{Budget, Reservation};
