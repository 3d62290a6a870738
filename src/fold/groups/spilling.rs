//! Groups that do not fit into memory: a table is written as a sorted run.
//!
//! ```text
//! hash (u64) · length of the key (u32) · key                                    → first record · kinds · states
//! hash (u64) · length of the key (u32) · key · number of a function (u32) · …   → what else it keeps: values, numbers
//! ```
//!
//! The hash comes first, so that most keys differ in their first bytes. What a function keeps of each value has entries
//! of its own: however many values a group has, they are merged one by one.

use std::path::Path;
use std::sync::Arc;

use crate::error::{Error, ErrorClass, Result};
use crate::fold::groups::at::At;
use crate::fold::groups::chunks::Chunks;
use crate::fold::groups::column::Accumulate;
use crate::fold::groups::keys::Keys;
use crate::fold::groups::saved::Out;
use crate::memory::Budget;
use crate::spill::{Run, RunWriter, SpillFile, block_size};

/// What precedes the key of a group: its hash, and how long it is.
pub(super) const HEAD: usize = size_of::<u64>() + size_of::<u32>();
/// What follows it in the keys of other entries: the number of the function.
pub(super) const NUMBER: usize = size_of::<u32>();

/// Of the memory, blocks are sized for this share: runs are merged in a half of it, and there may be many.
const BLOCKS: usize = 4;

/// Where groups go that do not fit into memory, and what went there.
pub(super) struct Spilling {
    pub folder: Arc<Path>,
    /// The size of blocks there.
    pub block: usize,
    /// What there was for groups before there were any, in bytes.
    pub room: usize,
    writer: Option<RunWriter>,
    pub runs: Vec<Run>,
    /// How many bytes were written.
    pub bytes: u64,
}

impl Spilling {
    /// Nothing written yet.
    pub fn new(folder: Arc<Path>, budget: &Budget) -> Spilling {
        let room = budget.limit().saturating_sub(budget.reserved());
        Spilling { folder, block: block_size(room / BLOCKS), room, writer: None, runs: Vec::new(), bytes: 0 }
    }

    /// The same for another worker.
    pub fn another(&self) -> Spilling {
        Spilling { folder: Arc::clone(&self.folder), writer: None, runs: Vec::new(), bytes: 0, ..*self }
    }

    /// Takes over what another worker has written.
    pub fn append(&mut self, mut other: Spilling) {
        self.runs.append(&mut other.runs);
        self.bytes += other.bytes;
        self.room = self.room.min(other.room);
    }

    /// Writes a table, and forgets it. Only the first `count` groups are whole.
    ///
    /// # Errors
    /// Io: it can't be written.
    pub fn write(&mut self, table: Table<'_>, count: usize) -> Result<()> {
        let Table { keys, firsts, columns } = table;
        let writer = match &mut self.writer {
            Some(writer) => writer,
            none => none.insert(RunWriter::new(SpillFile::create(&self.folder)?, self.block)),
        };
        columns.iter_mut().for_each(|column| column.arrange());
        let mut order: Vec<u32> = (0..count as u32).collect();
        let place = |group: &u32| (keys.hash_of(*group), keys.key(*group).len(), keys.key(*group));
        order.sort_unstable_by(|one, two| {
            keys.hash_of(*one).cmp(&keys.hash_of(*two)).then_with(|| place(one).cmp(&place(two)))
        });
        for group in order {
            let (key, kinds, at) = (keys.key(group), keys.more(group), *firsts.get(group as usize));
            let (hash, len) = (keys.hash_of(group).to_be_bytes(), (key.len() as u32).to_be_bytes());
            let save = |out: &mut Out<'_>| {
                out.at(at)?;
                out.put(kinds)?;
                columns.iter().try_for_each(|column| column.save(group, out))
            };
            let mut counted = Out::counting();
            save(&mut counted)?;
            writer.begin(&[&hash, &len, key], counted.len)?;
            save(&mut Out::writing(writer))?;
            for (number, column) in columns.iter_mut().enumerate() {
                let number = (number as u32).to_be_bytes();
                column.entries(group, &mut |rest, body| {
                    writer.begin(&[&hash, &len, key, &number, rest], body.len())?;
                    writer.put(body)
                })?;
            }
        }
        let run = writer.end()?;
        self.bytes += run.bytes();
        self.runs.push(run);
        (*keys, *firsts) = (Keys::new(), Chunks::new());
        columns.iter_mut().for_each(|column| column.clear());
        Ok(())
    }
}

/// The groups of a worker in memory.
pub(super) struct Table<'t> {
    pub keys: &'t mut Keys,
    pub firsts: &'t mut Chunks<At>,
    pub columns: &'t mut [Box<dyn Accumulate>],
}

/// Whether there was no memory.
pub(super) fn is_memory(error: &Error) -> bool {
    error.class() == ErrorClass::Memory
}
