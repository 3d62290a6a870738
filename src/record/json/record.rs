//! A whole record as one JSON text, for targets that have no fields of their own.

use super::{Refusal, Sink, Writer};
use crate::record::Batch;

impl Writer {
    /// Writes a record of a batch of either shape; one in columns as a map. Absent fields are left out.
    pub fn record<S: Sink>(&mut self, batch: &Batch<'_>, index: usize, sink: &mut S) -> Result<(), Refusal> {
        let Some(schema) = batch.schema() else {
            return self.tree(batch.tree(index), sink);
        };
        let mut separator: &[u8] = b"{";
        for (name, value) in schema.names().zip(batch.columns(index)) {
            if self.leaves_out(*value, sink) {
                continue;
            }
            sink.put(separator)?;
            separator = b",";
            sink.text(name)?;
            sink.put(b":")?;
            self.leaf(*value, sink)?;
        }
        if separator == b"{" {
            sink.put(separator)?;
        }
        Ok(sink.put(b"}")?)
    }
}
