//! The memory plan: computed from named maxima before the first byte is read.

use std::sync::Arc;

use crate::compress::{Blocking, Blocks, Compression, Packed, Packing, Unpacking};
use crate::error::{Error, Result};
use crate::format::MAX_RECORD;
use crate::memory::{Budget, Reservation, Whose};
use crate::metrics::Planned;
use crate::plan::outside::Outside;
use crate::plan::sizes::{self, BASE, FEW, FILES, HEAD, NOTED, SLACK, SLICE, SLICE_MIN};
use crate::record::Value;
use crate::sys::processors;
use crate::wording::megabytes;

/// What a decoder and an encoder need besides the arena.
const SCRATCH: usize = 128 << 10;
/// An arena before any unusually large record.
const ARENA: usize = 256 << 10;
/// What another batch takes there.
const ANOTHER: usize = 160 << 10;
/// The smallest output buffer.
const BUFFER_MIN: usize = 64 << 10;

/// The part that is given back before the end.
const BEGINNING: &str = "beginning of a stream";

/// The part that is for blocks of a container.
const BLOCKS: &str = "blocks";

/// The part that groups take when they need it.
const GROUPS: &str = "groups, at least";

/// The part that the files of an output take when they need it.
const PARTS: &str = "parts of the output, at least";

/// One part in this many of what is left is not bound to any worker.
const SPARE: usize = 4;
/// What each worker should have besides the plan for unusually large records: having fewer workers is better than less
/// of this.
const SHARE: usize = 256 << 10;

/// The sizes decided for a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub workers: usize,
    /// The bytes of input that a slice should have.
    pub slice_size: usize,
    /// Capacity of an output buffer.
    pub buffer: usize,
    /// Buffers in which early slices can wait, besides one for each worker.
    pub ring: usize,
    /// The smallest part of an output buffer that can be used as one.
    pub piece: usize,
    /// An arena's memory at the start.
    pub arena: usize,
    /// What each worker may take besides that for unusually large records, and what one worker at a time may take in
    /// addition.
    pub share: usize,
    pub spare: usize,
    /// A stream's bytes are read into windows; for a mapped source, the pages of slices count instead.
    pub streamed: bool,
    /// What a dashboard takes, in bytes.
    pub dashboard: usize,
    /// What recording a profile takes, in bytes.
    pub profile: usize,
    /// What sorted records take, in bytes.
    pub sorted: usize,
    /// What groups take at least, and what the table of a worker takes at least besides, in bytes.
    pub groups: usize,
    pub table: usize,
    /// What is kept of records that are compared, in bytes, at least.
    pub deduped: usize,
    /// What ops keep for each worker, in bytes.
    pub ops: usize,
    /// Bad records are noted on their way to the committer.
    pub noting: bool,
    pub max_record: usize,
    /// How large a header may be: as large as a record, if there is room for one.
    header: usize,
    pub memory_limit: usize,
    /// Where that limit comes from.
    pub whose: Whose,
    /// What others take of what the user allows, in bytes.
    pub outside: usize,
    /// What the files of an output that is split take at least, in bytes.
    pub files: usize,
    /// What the names of columns take at once.
    pub names: usize,
    /// How a compressed source is read.
    pub unpacking: Option<Unpacking>,
    /// How the target is compressed.
    pub packing: Option<Packing>,
    /// How records of the target are put into blocks.
    pub blocking: Option<Blocking>,
    /// What lines take that are held back, in bytes.
    pub held_back: usize,
    /// What reading columns takes, in bytes.
    pub unrolled: usize,
}

/// What the user asked for; 0 means: decide.
#[derive(Default)]
pub(crate) struct Wishes {
    pub workers: usize,
    pub slice_size: usize,
    pub memory_limit: usize,
    /// What a control group leaves free, if it has a limit.
    pub group: Option<usize>,
    pub max_record: usize,
    pub streamed: bool,
    /// It may need to look at as many bytes as a record may have to tell where the next one ends: quotes of CSV.
    pub lookahead: bool,
    /// The size of the input, if known.
    pub input: Option<u64>,
    /// What the names of the source's columns take at once.
    pub names: usize,
    /// How many columns the source has; 0 if not known.
    pub columns: usize,
    /// The smallest buffer that a target needs (for a whole fixed record).
    pub buffer_min: usize,
    /// How the source is compressed.
    pub packed: Option<Packed>,
    /// How to compress the target.
    pub compression: Option<Compression>,
    /// What puts records of the target into blocks.
    pub blocks: Option<Arc<dyn Blocks>>,
    /// Bad records are noted.
    pub noting: bool,
    /// What a dashboard takes, in bytes.
    pub dashboard: usize,
    /// What recording a profile takes, in bytes.
    pub profile: usize,
    /// What others take of the limit that was given.
    pub outside: Outside,
    /// What sorted records take, in bytes.
    pub sorted: usize,
    /// What groups take at least, and what the table of a worker takes at least besides, in bytes.
    pub groups: usize,
    pub table: usize,
    /// What is kept of records that are compared, in bytes, at least.
    pub deduped: usize,
    /// Nothing is written through output buffers.
    pub split: bool,
    /// What lines of a stream may take that are held back, in bytes.
    pub held_back: usize,
    /// What reading columns takes, in bytes.
    pub unrolled: usize,
    /// What ops keep for each worker, in bytes.
    pub ops: usize,
    /// How many of them replace batches by others.
    pub batches: usize,
}

impl Plan {
    /// Shrinks slices, then the ring, then the number of workers, until the sum is below the limit.
    pub fn new(wishes: &Wishes) -> Result<Plan> {
        let (limit, whose) = match wishes.group {
            Some(group) if group < wishes.memory_limit => (group, Whose::Group),
            _ => (wishes.memory_limit, Whose::User),
        };
        // A batch holds at least one record.
        let arena = ARENA.max(wishes.columns.saturating_mul(size_of::<Value<'_>>()).saturating_add(ARENA / 2));
        // There is room for the first of these already.
        let arena = arena + wishes.batches.saturating_sub(1) * ANOTHER;
        // Which records are bad must not depend on the memory limit.
        let max_record = if wishes.max_record > 0 { wishes.max_record } else { MAX_RECORD };
        let header = if wishes.max_record > 0 { max_record } else { max_record.min(limit / 4) };
        // If the user sets the size of records, there is room for one, and for a copy of its text.
        let room = wishes.max_record.saturating_mul(2);
        let mut slice_size = if wishes.slice_size > 0 { wishes.slice_size } else { SLICE };
        // No more workers than slices: a small file is converted by the calling thread.
        let slices = wishes.input.map_or(usize::MAX, |input| (input / slice_size as u64 + 1) as usize);
        let mut workers = if wishes.workers > 0 { wishes.workers.min(slices) } else { at_most(slices) };
        // A lone worker's slices never wait for another's.
        let mut ring = if workers == 1 { 1 } else { workers };
        let mut unpacking = wishes.packed.map(|packed| Unpacking::new(packed, workers, limit));
        let mut packing = wishes.compression.map(|compression| compression.packing(workers));
        let mut blocking = wishes.blocks.as_deref().map(|blocks| Blocking::new(blocks, workers, limit));
        loop {
            // A record over the limit is refused by its target.
            let piece = if wishes.buffer_min > max_record { BUFFER_MIN } else { BUFFER_MIN.max(wishes.buffer_min) };
            let buffer = if wishes.split { BUFFER_MIN } else { (slice_size * 4).clamp(BUFFER_MIN, 2 << 20) }.max(piece);
            let mut plan = Plan {
                workers,
                slice_size,
                buffer,
                ring,
                piece,
                names: wishes.names,
                arena,
                share: 0,
                spare: 0,
                streamed: wishes.streamed,
                noting: wishes.noting,
                dashboard: wishes.dashboard,
                profile: wishes.profile,
                sorted: wishes.sorted,
                groups: wishes.groups,
                table: wishes.table,
                deduped: wishes.deduped,
                ops: wishes.ops,
                max_record,
                header,
                memory_limit: limit,
                whose,
                outside: wishes.outside.bytes(),
                files: if wishes.split { FILES + piece } else { 0 },
                unpacking,
                packing,
                blocking,
                // They are read into a buffer twice as large.
                held_back: if wishes.streamed { 2 * wishes.held_back } else { 0 },
                unrolled: wishes.unrolled,
            };
            let sum = plan.parts().iter().fold(0, |sum: usize, (_, bytes)| sum.saturating_add(*bytes));
            let least = sum.saturating_add(room);
            if least <= limit {
                let left = limit - sum;
                // A lone worker needs no turn to take everything.
                plan.spare = if workers > 1 { room.max(left / SPARE) } else { 0 };
                let look = plan.lookahead();
                if wishes.lookahead && wishes.streamed && look.saturating_add(workers * SHARE) <= left {
                    plan.spare = plan.spare.max(look);
                }
                plan.share = (left - plan.spare) / workers;
                if workers == 1 || plan.share >= SHARE {
                    return Ok(plan);
                }
            }
            if let Some(less) = unpacking.and_then(|unpacking| unpacking.less()) {
                unpacking = Some(less);
            } else if let Some(less) = packing.and_then(|packing| packing.less()) {
                packing = Some(less);
            } else if let Some(less) = blocking.and_then(|blocking| blocking.less()) {
                blocking = Some(less);
            } else if wishes.slice_size == 0 && slice_size > SLICE_MIN {
                slice_size /= 2;
            } else if ring > 1 {
                ring /= 2;
            } else if workers > 1 {
                workers /= 2;
            } else if slice_size > SLICE_MIN {
                slice_size = (slice_size / 2).max(SLICE_MIN);
            } else {
                return Err(too_low(wishes, &plan, least));
            }
        }
    }

    /// What is read of a stream to find its header, and kept until the run has read it again.
    pub fn beginning(&self) -> usize {
        if self.streamed { HEAD } else { 0 }
    }

    /// A window for the slices of a stream: a quarter larger than a slice.
    pub fn window(&self) -> usize {
        (self.slice_size + self.slice_size / 4).max(SLICE_MIN)
    }

    /// The number of windows: one for each worker, and one for the rest that is carried over.
    pub fn windows(&self) -> usize {
        self.workers + 1
    }

    /// The memory for compressing and decompressing, in bytes.
    pub fn codec(&self) -> usize {
        self.unpacking.map_or(0, |unpacking| unpacking.bytes())
            + self.packing.map_or(0, |packing| packing.bytes())
            + self.blocking.map_or(0, |blocking| blocking.bytes())
    }

    /// What output buffers and the windows of a stream have room for, in bytes.
    pub fn buffers(&self) -> usize {
        let windows = if self.streamed { self.windows() * self.window() } else { 0 };
        (self.workers + self.ring).saturating_mul(self.buffer).saturating_add(windows)
    }

    /// The named parts, in bytes; arenas at their size at the start.
    pub fn parts(&self) -> Vec<(&'static str, usize)> {
        let slices = match self.streamed {
            true => self.windows() * self.window(),
            // The slices being converted and cut, those waiting for one of them, what the system reads around them, and
            // what is finished but not yet released.
            false => self.workers * 2 * self.slice_size + sizes::most(self.slice_size),
        };
        vec![
            ("code, stacks and tables", BASE),
            (BEGINNING, self.beginning()),
            ("arenas", self.workers * self.arena),
            ("scratch of decoders and encoders", self.workers * SCRATCH),
            ("output buffers", (self.workers + self.ring).saturating_mul(self.buffer)),
            (if self.streamed { "windows of the stream" } else { "mapped slices" }, slices),
            ("names of columns", self.names.saturating_mul(2 + self.workers)),
            // Notes grow by doubling. One more is for what is being written.
            ("bad records", if self.noting { (self.workers + self.ring + 1) * 2 * NOTED } else { 0 }),
            ("decompression", self.unpacking.map_or(0, |unpacking| unpacking.bytes())),
            ("dashboard", self.dashboard),
            ("profile", self.profile),
            ("sorted records", self.sorted),
            (GROUPS, self.groups.saturating_add(self.workers.saturating_mul(self.table))),
            (PARTS, self.files),
            ("compared records", self.deduped),
            ("lines held back", self.held_back),
            ("columns of the source", self.unrolled),
            ("regexes", self.workers.saturating_mul(self.ops)),
            ("compression", self.packing.map_or(0, |packing| packing.bytes())),
            (BLOCKS, self.blocking.map_or(0, |blocking| blocking.bytes())),
        ]
    }

    /// The same for those who look at the run.
    pub fn planned(&self) -> Planned {
        let (mut base, mut mapped) = (0, 0);
        for (name, bytes) in self.parts() {
            match name {
                "mapped slices" => mapped = bytes as u64,
                "arenas"
                | "scratch of decoders and encoders"
                | "output buffers"
                | "windows of the stream"
                | "decompression"
                | "compression"
                | BLOCKS => {}
                _ => base += bytes as u64,
            }
        }
        let mut planned = Planned::default();
        (planned.workers, planned.slice_size) = (self.workers, self.slice_size as u64);
        (planned.base, planned.mapped) = (base, mapped);
        planned.arenas = (self.workers * (self.arena + SCRATCH)) as u64;
        (planned.buffers, planned.codec) = (self.buffers() as u64, self.codec() as u64);
        planned
    }

    /// What the names of columns may take while they are read. Only the source is held then, and the plan is made again
    /// afterwards.
    pub fn room_for_names(&self) -> usize {
        let head = if self.streamed { HEAD + self.room_for_header() } else { 0 };
        let held = BASE
            + self.dashboard
            + self.profile
            + self.sorted
            + self.deduped
            + head
            + self.unpacking.map_or(0, |unpacking| unpacking.bytes());
        self.memory_limit.saturating_sub(held) + FEW
    }

    /// What a window takes beyond the plan if it has to hold the largest record and the slice before it.
    fn lookahead(&self) -> usize {
        let most = self.max_record.saturating_add(self.slice_size);
        most.saturating_add(most / SLACK)
    }

    /// How much of a source may be read to find its header.
    pub fn room_for_header(&self) -> usize {
        self.header
    }

    /// Reserves every part: those held until the end, and the beginning of a stream.
    pub fn reserve(&self, budget: &Budget) -> Result<(Vec<Reservation>, Reservation)> {
        let parts = self.parts().into_iter().filter(|(name, _)| ![BEGINNING, GROUPS, PARTS].contains(name));
        let held = parts.map(|(name, bytes)| budget.reserve(name, bytes)).collect::<Result<_>>()?;
        Ok((held, budget.reserve(BEGINNING, self.beginning())?))
    }

    /// The plan in words.
    pub fn explain(&self) -> String {
        let mut text = format!(
            "workers          {}\nslice size       {} bytes\nlargest record   {} bytes\nmemory limit     {} bytes\n",
            self.workers, self.slice_size, self.max_record, self.memory_limit
        );
        for (name, bytes) in self.parts().into_iter().filter(|(_, bytes)| *bytes > 0) {
            text += &format!("  {bytes:>12}  {name}\n");
        }
        let sum: usize = self.parts().iter().map(|(_, bytes)| bytes).sum();
        text += &format!("  {sum:>12}  together\n");
        let left = self.memory_limit - sum;
        text += &format!("  {left:>12}  left for large records, key tables and headers, taken when needed\n");
        text += &match self.spare {
            0 => format!("  {:>12}  of that for the worker's slice and arena\n", self.share),
            spare => format!(
                "  {:>12}  of that for the slice and arena of each worker, and {spare} for one worker at a time\n",
                self.share
            ),
        };
        text
    }
}

/// The error for a limit that is too low for anything: it names the minimum.
fn too_low(wishes: &Wishes, plan: &Plan, least: usize) -> Error {
    let limit = plan.memory_limit;
    let least = plan.blocking.map_or(least, |blocking| blocking.limit(least));
    let parts = plan
        .parts()
        .into_iter()
        .filter(|(_, bytes)| *bytes > 0)
        .map(|(name, bytes)| format!("{name} {}", megabytes(bytes)));
    let room = (wishes.max_record > 0)
        .then(|| format!("the largest record {}", megabytes(wishes.max_record.saturating_mul(2))));
    let Outside { names, target, .. } = wishes.outside;
    let names = (names > 0).then(|| format!("names of inputs {}", megabytes(names)));
    let coders = target.below(wishes.outside.limit(least));
    let packing = coders
        .packing
        .map(|packing| format!("compression with {} {}", packing.compression, megabytes(packing.bytes())));
    let blocks = coders.blocking.map(|blocking| format!("{BLOCKS} {}", megabytes(blocking.bytes())));
    let parts = parts.chain(room).chain(names).chain(packing).chain(blocks).collect::<Vec<_>>().join(", ");
    match plan.whose {
        Whose::Group => {
            let (limit, needed) = (megabytes(limit), megabytes(least));
            let message = format!(
                "the control group of this process has {limit} of memory left; this job needs at least {needed} ({parts})\n  Raise the group's limit."
            );
            Error::needs_memory(least, message)
        }
        Whose::User => {
            let (given, needed) = (limit.saturating_add(wishes.outside.bytes()), wishes.outside.limit(least));
            limit_too_low(given, needed, &format!(" ({parts})"))
        }
    }
}

/// The error for a limit of the user's that is too low; `why` follows the minimum.
pub(crate) fn limit_too_low(limit: usize, needed: usize, why: &str) -> Error {
    // The unit may have been forgotten.
    let meant = if limit < 10_000 { format!(" (did you mean {limit}MB?)") } else { String::new() };
    let (limit, least) = (megabytes(limit), megabytes(needed));
    let message = format!(
        "the memory limit of {limit} is too low{meant}; this job needs at least {least}{why}\n  Give ⟨memory_limit {least}⟩ or more."
    );
    Error::needs_memory(needed, message)
}

/// One worker for each processor, but not more than `most`.
fn at_most(most: usize) -> usize {
    if most == 1 { 1 } else { processors().min(most) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wishes(memory_limit: usize) -> Wishes {
        Wishes { workers: 2, memory_limit, ..Wishes::default() }
    }

    #[test]
    fn sum_is_below_the_limit() {
        for limit in [10_000_000, 12_000_000, 16_000_000, 32_000_000, 100_000_000, 1_000_000_000] {
            let plan = Plan::new(&wishes(limit)).unwrap();
            let sum: usize = plan.parts().iter().map(|(_, bytes)| bytes).sum();
            assert!(sum + plan.workers * plan.share + plan.spare <= limit, "{limit}: {plan:?}");
            assert!(plan.workers == 1 || plan.spare > 0 || limit - sum < SPARE, "{limit}: {plan:?}");
        }
        assert_eq!(Plan::new(&wishes(100_000_000)).unwrap().slice_size, SLICE);
        assert_eq!(Plan::new(&wishes(100_000_000)).unwrap().workers, 2);
    }

    #[test]
    fn what_is_shown_is_all_of_it() {
        for streamed in [false, true] {
            let plan = Plan::new(&Wishes { streamed, noting: true, dashboard: 1000, ..wishes(32_000_000) }).unwrap();
            let sum: usize = plan.parts().iter().map(|(_, bytes)| bytes).sum();
            assert_eq!(plan.planned().total(), sum as u64);
        }
    }

    /// The limit that an error names as enough, in megabytes with one decimal.
    fn least(error: &str) -> usize {
        let size = error.rsplit_once("memory_limit: ").unwrap().1.split("MB").next().unwrap();
        (size.parse::<f64>().unwrap() * 10.0).round() as usize * 100_000
    }

    #[test]
    fn there_is_room_for_a_record_of_the_size_that_was_asked_for() {
        for (workers, max_record) in [(1, 8_000_000), (2, 8_000_000), (7, 8_000_000), (2, 40_000_000)] {
            let plan = Plan::new(&Wishes { workers, max_record, ..wishes(100_000_000) }).unwrap();
            assert!(plan.share + plan.spare >= 2 * max_record, "{plan:?}");
        }
        let error = Plan::new(&Wishes { max_record: 50_000_000, ..wishes(100_000_000) }).unwrap_err().to_string();
        let least = least(&error);
        assert!(Plan::new(&Wishes { max_record: 50_000_000, ..wishes(least) }).is_ok(), "{error}");
    }

    #[test]
    fn a_buffer_has_room_for_a_whole_record() {
        let wide = |buffer_min, memory_limit| Wishes { buffer_min, ..wishes(memory_limit) };
        assert_eq!(Plan::new(&wide(3_000_000, 100_000_000)).unwrap().buffer, 3_000_000);
        assert!(Plan::new(&wide(100, 100_000_000)).unwrap().buffer > 100);
        // Fewer workers and a smaller ring make room for it.
        let plan = Plan::new(&wide(3_000_000, 16_000_000)).unwrap();
        assert_eq!((plan.buffer, plan.workers, plan.ring), (3_000_000, 1, 1));
        // Impossible sizes must not overflow.
        for max_record in [0, usize::MAX] {
            let wishes = Wishes { max_record, ..wide(usize::MAX, 100_000_000) };
            let plan = Plan::new(&wishes);
            assert_eq!(plan.is_ok(), max_record == 0, "{plan:?}");
        }
    }

    #[test]
    fn a_control_group_may_be_the_tighter_limit() {
        let within = |group| Plan::new(&Wishes { group: Some(group), ..wishes(100_000_000) });
        let alike = Plan { whose: Whose::Group, ..Plan::new(&wishes(20_000_000)).unwrap() };
        assert_eq!(within(20_000_000).unwrap(), alike);
        assert_eq!(within(200_000_000).unwrap(), Plan::new(&wishes(100_000_000)).unwrap());
        assert_eq!(within(20_000_000).unwrap().whose, Whose::Group);
        let error = within(1_000_000).unwrap_err().to_string();
        assert!(error.contains("control group") && error.contains("has 1MB of memory left"), "{error}");
        assert!(!error.contains("memory_limit"), "{error}");
    }

    #[test]
    fn rather_fewer_workers_than_none_that_can_take_a_large_record() {
        for columns in [0, 1, 3_000, 10_000, 100_000] {
            for limit in (12_000_000..60_000_000).step_by(99_991) {
                let wide = Wishes { workers: 8, columns, names: columns * 70, ..wishes(limit) };
                let Ok(plan) = Plan::new(&wide) else { continue };
                assert!(plan.workers == 1 || plan.share >= SHARE, "{limit}: {plan:?}");
                // The values of a record, and room for others of its batch.
                assert!(plan.arena >= columns * 24 + (64 << 10), "{limit}: {plan:?}");
            }
        }
        assert_eq!(Plan::new(&Wishes { columns: 3_000, ..wishes(100_000_000) }).unwrap().arena, ARENA);
    }

    #[test]
    fn a_limit_that_cannot_work_names_the_minimum_that_does() {
        let error = Plan::new(&wishes(1_000_000)).unwrap_err().to_string();
        let minimum = least(&error);
        assert!(Plan::new(&wishes(minimum)).is_ok());
        // It is rounded up.
        assert!(Plan::new(&wishes(minimum - 100_000)).is_err());
    }
}
