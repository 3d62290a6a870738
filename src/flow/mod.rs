//! The hot path: slices are fed to workers, which decode, change and encode them, and committed in input order.

pub(crate) mod convert;
pub(crate) mod decoders;
pub(crate) mod drawn;
pub(crate) mod end;
pub(crate) mod failure;
pub(crate) mod feed;
pub(crate) mod governor;
pub(crate) mod kept;
pub(crate) mod large;
pub(crate) mod located;
#[cfg(feature = "model")]
#[cfg(test)]
mod model;
pub(crate) mod order;
pub(crate) mod pass;
pub(crate) mod place;
pub(crate) mod policy;
pub(crate) mod replay;
pub(crate) mod sayable;
pub(crate) mod shared;
pub(crate) mod skip;
pub(crate) mod sort;
pub(crate) mod split;
pub(crate) mod sync;
pub(crate) mod totals;
pub(crate) mod trial;
pub(crate) mod wanted;
pub(crate) mod worker;
