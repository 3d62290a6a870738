//! Lists as cells: their items, with a text between them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use memchr::memmem::Finder;

use crate::error::{Cause, RecordError};
use crate::memory::Arena;
use crate::record::json::Items;
use crate::record::line_form::{ScalarRoom, ScalarText};
use crate::record::{Batch, LossyKind, Tree, Value};

/// Where a record is, and where there is room for what is made of it.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    pub arena: &'a Arena,
    pub offset: usize,
}

impl<'a> At<'a> {
    pub fn of(batch: &Batch<'a>, record: usize) -> At<'a> {
        At { arena: batch.arena(), offset: batch.span(record).start }
    }
}

/// Joins the items of lists.
pub(crate) struct Joiner {
    between: Finder<'static>,
    /// Bytes become Base64.
    base64: bool,
}

/// A list that was joined.
pub(crate) struct Joined<'a> {
    pub text: &'a [u8],
    /// How many of its items are null, and became empty texts.
    pub nulls: u64,
}

impl Joiner {
    /// A joiner with this text between items.
    pub fn new(between: &str, base64: bool) -> Joiner {
        Joiner { between: Finder::new(between).into_owned(), base64 }
    }

    /// Joins a list of plain values; none if it holds lists or maps.
    ///
    /// # Errors
    /// The items can't be told apart afterwards, or there is no room in the arena.
    pub fn join<'a>(
        &self,
        value: Value<'a>,
        node: Option<Tree<'_, 'a>>,
        At { arena, offset }: At<'a>,
    ) -> Result<Option<Joined<'a>>, RecordError> {
        let items = || match (value, node) {
            (Value::Raw(text), _) => Items::of_text(text, arena, offset),
            (_, Some(node)) => Items::of_node(node),
            (_, None) => Items::Nodes(&[]),
        };
        let between = self.between.needle();
        // Texts with escapes are taken apart only once: the first pass sees how long the rest is at most.
        let mut most = 0;
        match (value, node) {
            (Value::Raw(text), _) => most = text.len(),
            _ => items().filter_map(Result::ok).for_each(|item| most += self.most(item)),
        }
        let mut count = 0;
        for item in items() {
            if matches!(item?, Value::Raw(_) | Value::List(_) | Value::Map(_)) {
                return Ok(None);
            }
            count += 1;
        }
        let to = arena.bytes(most + count * between.len(), offset)?;
        let (mut at, mut nulls) = (0, 0);
        for (index, item) in items().enumerate() {
            let start = at;
            let (mut room, base64) = (ScalarRoom::default(), self.base64);
            let text =
                ScalarText::of(item?, base64, &mut room, |kind| nulls += u64::from(kind == LossyKind::NullAsText));
            at += match text {
                ScalarText::Plain(text) => {
                    to[at..at + text.len()].copy_from_slice(text);
                    text.len()
                }
                ScalarText::Base64(bytes) => STANDARD.encode_slice(bytes, &mut to[at..]).unwrap_or(0),
            };
            let (len, more) = (at - start, index + 1 < count);
            if more {
                to[at..at + between.len()].copy_from_slice(between);
                at += between.len();
            }
            // Whoever splits the cell finds the first place from the left.
            if self.between.find(&to[start..at]) != more.then_some(len) {
                return Err(self.inside(&to[start..start + len], offset));
            }
        }
        Ok(Some(Joined { text: &to[..at], nulls }))
    }

    /// The most bytes that an item becomes.
    fn most(&self, item: Value<'_>) -> usize {
        match item {
            Value::Text(text) | Value::Number(text) | Value::Untyped(text) => text.len(),
            Value::Bytes(bytes) => bytes.len().div_ceil(3) * 4,
            _ => 32,
        }
    }

    #[cold]
    fn inside(&self, item: &[u8], offset: usize) -> RecordError {
        let shown: String = String::from_utf8_lossy(item).chars().take(40).collect();
        let between = String::from_utf8_lossy(self.between.needle());
        RecordError::new(
            offset,
            format!("an item of a list, `{shown}`, can't be told from the `{between}` between items"),
        )
        .cause(Cause::Target)
        .hint("Choose another text for ⟨join_lists⟩ that no item has, or leave it out to get JSON text.")
    }
}
