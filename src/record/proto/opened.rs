//! Messages that are open while one is read.

use super::scan::Begun;

/// A message of which not all fields have been added.
#[derive(Clone, Copy, Debug)]
pub struct Opened {
    /// Its kind.
    pub message: u32,
    pub begun: Begun,
    /// What is forgotten when it ends.
    pub end: Begun,
    /// The node of its map, or of the list or map that it is.
    pub node: usize,
    /// The next field.
    pub field: usize,
    /// In the values of this field: the next one; 0: there is none.
    pub next: u32,
    /// In values of the field.
    pub inside: bool,
    /// The node of their list or map.
    pub list: usize,
    /// The message is its only field.
    pub only: bool,
}
