//! Where memory comes from and who may have how much.

mod arena;
pub mod audit;
mod budget;

pub use arena::Arena;
pub use budget::{Budget, Reservation};
