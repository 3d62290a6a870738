//! Values as nodes of a keyed batch, or only checked.

use super::build::{Build, Fault};
use super::strings::unescape;
use crate::record::{Batch, Value};

/// Checks only.
pub(super) struct Skip;

impl Build<'_> for Skip {
    const SKIP: bool = true;
    #[inline(always)]
    fn key(&mut self, _: &[u8], _: bool, _: usize) -> Result<(), Fault> {
        Ok(())
    }
    #[inline(always)]
    fn item(&mut self) {}
    #[inline(always)]
    fn scalar(&mut self, _: Value<'_>, _: usize) -> Result<(), Fault> {
        Ok(())
    }
    #[inline(always)]
    fn text(&mut self, _: &[u8], _: bool, _: usize) -> Result<(), Fault> {
        Ok(())
    }
    #[inline(always)]
    fn open(&mut self, _: bool, _: usize) -> Result<bool, Fault> {
        Ok(true)
    }
    #[inline(always)]
    fn close(&mut self, _: bool, _: usize) {}
    #[inline(always)]
    fn raw(&mut self, _: &[u8], _: usize) -> Result<(), Fault> {
        Ok(())
    }
}

/// Adds nodes to a batch. `DEEP` is 0 for the fields of the record, 1 for maps outside lists too, 2 for everything.
pub(super) struct Nodes<'b, 'a, const DEEP: u8> {
    batch: &'b mut Batch<'a>,
    key: &'a [u8],
    /// The nodes of the open lists and maps.
    open: Vec<u32>,
}

impl<'b, 'a, const DEEP: u8> Nodes<'b, 'a, DEEP> {
    pub fn new(batch: &'b mut Batch<'a>, mut scratch: Vec<u32>) -> Nodes<'b, 'a, DEEP> {
        scratch.clear();
        Nodes { batch, key: b"", open: scratch }
    }

    pub fn into_scratch(self) -> Vec<u32> {
        self.open
    }

    /// The index of the next node in the batch.
    #[inline(always)]
    pub fn next_node(&self) -> usize {
        self.batch.next_node()
    }

    /// How many lists and maps are open.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// The values of the whole batch.
    #[inline(always)]
    pub fn values(&self) -> &[Value<'a>] {
        self.batch.values()
    }

    /// The key of the next node.
    #[inline(always)]
    pub fn set_key(&mut self, key: &'a [u8]) {
        self.key = key;
    }

    /// Closes a list or map; returns its node.
    #[inline(always)]
    pub fn close_one(&mut self, is_map: bool) -> Option<(usize, Value<'a>)> {
        let node = self.open.pop()? as usize;
        match is_map {
            true => self.batch.close_map(node),
            false => self.batch.close_list(node),
        }
        Some((node, self.batch.values()[node]))
    }

    #[inline(always)]
    fn push(&mut self, value: Value<'a>, offset: usize) -> Result<(), Fault> {
        Ok(self.batch.push_keyed(self.key, value, offset)?)
    }
}

/// Whether a list or map within a record remains text at this `DEEP`.
#[inline(always)]
pub(super) fn is_leaf<const DEEP: u8>(is_map: bool) -> bool {
    if is_map { DEEP == 0 } else { DEEP < 2 }
}

impl<'a, const DEEP: u8> Build<'a> for Nodes<'_, 'a, DEEP> {
    const SKIP: bool = false;

    #[inline(always)]
    fn key(&mut self, key: &'a [u8], escaped: bool, offset: usize) -> Result<(), Fault> {
        self.key = if escaped { unescape(key, self.batch.slice(), self.batch.arena(), offset)? } else { key };
        Ok(())
    }
    #[inline(always)]
    fn item(&mut self) {
        self.key = b"";
    }
    #[inline(always)]
    fn scalar(&mut self, value: Value<'a>, offset: usize) -> Result<(), Fault> {
        self.push(value, offset)
    }
    #[inline(always)]
    fn text(&mut self, text: &'a [u8], escaped: bool, offset: usize) -> Result<(), Fault> {
        let text = if escaped { unescape(text, self.batch.slice(), self.batch.arena(), offset)? } else { text };
        self.push(Value::Text(text), offset)
    }
    #[inline(always)]
    fn open(&mut self, is_map: bool, offset: usize) -> Result<bool, Fault> {
        let apart = !is_leaf::<DEEP>(is_map) || (is_map && self.open.is_empty());
        if apart {
            self.open.push(self.batch.next_node() as u32);
            // Its size is filled in at the end.
            self.push(if is_map { Value::Map(0) } else { Value::List(0) }, offset)?;
        }
        Ok(apart)
    }
    #[inline(always)]
    fn close(&mut self, is_map: bool, _: usize) {
        self.close_one(is_map);
    }
    #[inline(always)]
    fn raw(&mut self, text: &'a [u8], offset: usize) -> Result<(), Fault> {
        self.push(Value::Raw(text), offset)
    }
}
