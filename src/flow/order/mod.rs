//! The output of the workers is written in the order of the input.

pub(crate) mod behind;
pub(crate) mod commit;
pub(crate) mod reached;
