//! The field names of a tabular source or target.

/// Field names in order. All records of a batch in columns have exactly these fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    names: Vec<Box<[u8]>>,
}

impl Schema {
    /// A schema of these names.
    pub fn new<N: AsRef<[u8]>>(names: impl IntoIterator<Item = N>) -> Schema {
        Schema { names: names.into_iter().map(|name| name.as_ref().into()).collect() }
    }

    /// How many fields.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The name of a field.
    pub fn name(&self, index: usize) -> &[u8] {
        &self.names[index]
    }

    /// All names, in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.names.iter().map(|name| &**name)
    }

    /// The first field of this name.
    pub fn position(&self, name: &[u8]) -> Option<usize> {
        self.names.iter().position(|n| **n == *name)
    }
}
