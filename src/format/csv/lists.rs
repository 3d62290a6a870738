//! Lists as cells of a table.

use super::encode::{Bad, Style};
use crate::format::joined::At;
use crate::record::{LossyKind, Output, Tree, Value};

impl Style {
    /// A list as its items with a text between them, or as JSON text if it holds lists or maps.
    #[cold]
    pub(super) fn list<'a>(
        &mut self,
        value: Value<'a>,
        node: Option<Tree<'_, 'a>>,
        single: bool,
        at: At<'a>,
        output: &mut Output<'_>,
    ) -> Result<(), Bad> {
        let joined = self.joiner.as_ref().map_or(Ok(None), |joiner| joiner.join(value, node, at));
        let Some(joined) = joined.map_err(Bad::Record)? else { return self.json(value, node, at.offset, output) };
        output.lose(LossyKind::ListJoined);
        (0..joined.nulls).for_each(|_| output.lose(LossyKind::NullAsText));
        self.field(Value::Text(joined.text), None, single, at, output)
    }
}
