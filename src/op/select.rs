//! Stand-in until the ops land.
use crate::error::Error;
use crate::record::Schema;
/// Projection.
pub struct Projection {
    /// Source columns.
    pub source: Vec<usize>,
    /// New names.
    pub names: Schema,
}
/// Projects.
pub fn project(schema: &Schema, _s: &[String], _d: &[String], _r: &[(String, String)]) -> Result<Projection, Error> {
    Ok(Projection { source: (0..schema.len()).collect(), names: schema.clone() })
}

/// Filter.
pub struct KeyedFilter;
impl KeyedFilter {
    /// New.
    pub fn new(_s: &[String], _d: &[String], _r: &[(String, String)]) -> Result<KeyedFilter, Error> {
        Ok(KeyedFilter)
    }
}
impl super::Op for KeyedFilter {
    fn name(&self) -> &str {
        "select"
    }
    fn apply(&self, _batch: &mut crate::record::Batch<'_>) {}
}
