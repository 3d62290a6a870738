//! Sample data in every format: the same bytes for the same seed, on any machine, with any number of workers.
//!
//! Records are made in blocks of a fixed number; each block has its own random stream, so workers can make blocks in
//! parallel while earlier blocks are written, in order.
//!
//! ```
//! use pagemill::format::{Format, Options};
//! use pagemill::sample::{Amount, Sample};
//!
//! let sample = Sample {
//!     format: Format::Csv,
//!     options: Options::default(),
//!     seed: 1,
//!     amount: Amount::Records(3),
//!     workers: 2,
//! };
//! let mut bytes = Vec::new();
//! let report = sample.write(&mut bytes)?;
//! assert_eq!((report.records, report.bytes), (3, bytes.len() as u64));
//! assert!(bytes.starts_with(b"id,time,price,"));
//! # Ok::<(), pagemill::error::Error>(())
//! ```

mod avro;
mod csv;
mod digits;
mod fixed;
mod frames;
mod fwf;
mod json;
mod make;
mod packed;
mod pen;
mod pools;
mod random;
#[cfg(test)]
mod tests;
mod text;

pub use fixed::LAYOUT;
pub use fwf::WIDTHS;

use std::io::Write;

use crate::error::Error;
use crate::format::{Format, Options};
use crate::record::binary::{Cbor, MessagePack};
use make::{Block, MakeBlock};
use random::Random;

/// How much sample data to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// Whole records until there are at least this many bytes; the excess is less than one record.
    Bytes(u64),
    /// This many records.
    Records(u64),
}

/// Sample data that is ready to be written.
///
/// The records have identifiers, times, decimals such as `1.10`, numbers with leading zeros, and text with commas,
/// quotes, tabs, line breaks and several scripts if the format can hold it; null and empty text; nested values in JSON, MessagePack and CBOR.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The format.
    pub format: Format,
    /// Options of the format: delimiter, quote, escapes and header of CSV and TSV, line ends of these and of text, the
    /// layout of fixed records ([`LAYOUT`] if there is none) and of fixed-width text ([`WIDTHS`]), prefix and payload of frames.
    pub options: Options,
    /// Different seeds give different data.
    pub seed: u64,
    /// How much.
    pub amount: Amount,
    /// How many workers make records; 0: one for each processor. The data does not depend on it.
    pub workers: usize,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SampleReport {
    /// Records, not counting a header.
    pub records: u64,
    /// Bytes.
    pub bytes: u64,
}

/// About how many bytes a block has.
const BLOCK: usize = 128 << 10;

impl Sample {
    /// The number of workers.
    pub fn threads(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            workers => workers,
        }
    }

    /// Writes the sample, in pieces of about 128 KiB; holds a few of these for each worker.
    ///
    /// Fails if `target` does, and with a usage error if the layout can't be understood.
    pub fn write(&self, target: &mut dyn Write) -> Result<SampleReport, Error> {
        let Plan { maker, head, tail, records_a_block } = self.plan()?;
        let workers = self.threads();
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(workers)
            .build()
            .map_err(|error| Error::io("start", "the workers", std::io::Error::other(error)))?;
        let mut tally = Tally { target, amount: self.amount, report: SampleReport::default() };
        tally.put(&head)?;
        let (mut ready, mut filling) = (Vec::new(), Vec::new());
        let mut next = 0;
        loop {
            filling.resize_with(workers + 1, Block::default);
            let written = pool.in_place_scope(|scope| {
                for (number, block) in (next..).zip(filling.iter_mut()) {
                    let (maker, sample) = (&*maker, &self);
                    scope.spawn(move |_| sample.fill(maker, block, number, records_a_block));
                }
                tally.blocks(&ready)
            })?;
            if !written {
                break;
            }
            next += filling.len() as u64;
            std::mem::swap(&mut ready, &mut filling);
        }
        // Without records, the line feed at the start of an array's end has nothing to end.
        tally.put(if tally.report.records == 0 { tail.trim_ascii_start() } else { tail })?;
        tally.target.flush().map_err(failed)?;
        Ok(tally.report)
    }

    fn fill(&self, maker: &dyn MakeBlock, block: &mut Block, number: u64, records: u64) {
        let first = number.saturating_mul(records);
        let count = match self.amount {
            Amount::Records(all) => all.saturating_sub(first).min(records),
            Amount::Bytes(_) => records,
        };
        maker.block(block, Random::new(self.seed, number), first, count);
    }

    fn plan(&self) -> Result<Plan, Error> {
        let (mut head, mut tail, mut records_a_block) = (Vec::new(), &[][..], 512);
        let maker: Box<dyn MakeBlock> = match self.format {
            Format::Csv | Format::Tsv => {
                let csv = csv::Csv::new(self.format == Format::Tsv, &self.options, self.seed);
                head = csv.head().to_vec();
                records_a_block = 1024;
                Box::new(csv)
            }
            Format::Ndjson => Box::new(json::Json::new(false, self.seed)),
            Format::Json | Format::Json5 => {
                (head, tail) = (json::ARRAY.0.to_vec(), json::ARRAY.1);
                Box::new(json::Json::new(true, self.seed))
            }
            Format::Text => {
                records_a_block = 1024;
                Box::new(text::Text::new(self.seed, self.options.out_dialect.crlf))
            }
            Format::Fixed => {
                let fixed = fixed::Fixed::new(&self.options)?;
                records_a_block = (BLOCK / fixed.width()).max(1) as u64;
                Box::new(fixed)
            }
            Format::Frames => Box::new(frames::Frames::new(&self.options, self.seed)?),
            Format::Fwf => {
                records_a_block = 1024;
                Box::new(fwf::Fwf::new(&self.options, self.seed)?)
            }
            Format::Msgpack => Box::new(packed::Packed::<MessagePack>::new(self.seed)),
            Format::Cbor => Box::new(packed::Packed::<Cbor>::new(self.seed)),
            Format::Avro => {
                head = avro::Avro::head();
                Box::new(avro::Avro::new(self.seed))
            }
            Format::Protobuf => return Err(frames::no_protobuf()),
            format => return Err(no_columns(format)),
        };
        Ok(Plan { maker, head, tail, records_a_block })
    }
}

fn no_columns(format: Format) -> Error {
    Error::usage(format!(
        "there is no sample of {format}\n  Make one of another format, such as ndjson, and convert it."
    ))
}

/// What to make, and how.
struct Plan {
    maker: Box<dyn MakeBlock>,
    head: Vec<u8>,
    tail: &'static [u8],
    records_a_block: u64,
}

/// Writes, and stops when there is enough.
struct Tally<'w> {
    target: &'w mut dyn Write,
    amount: Amount,
    report: SampleReport,
}

fn failed(error: std::io::Error) -> Error {
    Error::io("write", "the sample", error)
}

impl Tally<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.target.write_all(bytes).map_err(failed)?;
        self.report.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Writes blocks; false once there is enough.
    fn blocks(&mut self, blocks: &[Block]) -> Result<bool, Error> {
        for block in blocks {
            let (bytes, records) = self.part(block);
            self.put(&block.bytes[..bytes])?;
            self.report.records += records as u64;
            if records < block.ends.len() {
                break;
            }
        }
        Ok(match self.amount {
            Amount::Bytes(size) => self.report.bytes < size,
            Amount::Records(records) => self.report.records < records,
        })
    }

    /// How many bytes and records of a block are still needed.
    fn part(&self, block: &Block) -> (usize, usize) {
        let records = match self.amount {
            Amount::Records(_) => block.ends.len(),
            Amount::Bytes(size) => {
                let left = size.saturating_sub(self.report.bytes);
                let short = block.ends.partition_point(|end| (*end as u64) < left);
                if left == 0 { 0 } else { block.ends.len().min(short + 1) }
            }
        };
        (records.checked_sub(1).map_or(0, |last| block.ends[last]), records)
    }
}
