//! `pagemill sample`.

use std::path::PathBuf;

use clap::Args;
use pagemill::config::{Raw, parse_size};
use pagemill::error::Error;
use pagemill::format::Format;
use pagemill::sample::Amount;
use pagemill::target::{Forwards, Target};

use super::args::{Binary, CsvBoth, CsvOut, format_names};
use super::exit::Exit;
use super::request::file;
use super::signals;

pub const EXAMPLES: &str = "\
Examples:
  pagemill sample --format csv --size 1GiB -o big.csv
  pagemill sample --format ndjson --records 1000 --seed 7 -o small.ndjson
  pagemill sample --format csv --out-delimiter tab --out-no-headers --records 10
  pagemill sample --format fixed --layout 'id:u64le,price:f64be' --records 10 -o ten.fixed

The bytes depend on the format, its flags, the seed and the amount, and on nothing else.";

/// The arguments of `sample`.
#[derive(Args, Debug)]
pub struct Sample {
    /// Format of the data
    #[arg(long, value_name = "FORMAT", value_parser = format_names(), ignore_case = true, help_heading = "Formats")]
    format: String,
    /// About how much to write, in whole records
    #[arg(
        long,
        value_name = "SIZE",
        required_unless_present = "records",
        conflicts_with = "records",
        help_heading = "Values"
    )]
    size: Option<String>,
    /// How many records to write
    #[arg(long, value_name = "N", help_heading = "Values")]
    records: Option<u64>,
    /// Another seed gives other data
    #[arg(long, value_name = "S", default_value_t = 0, help_heading = "Values")]
    seed: u64,
    #[command(flatten)]
    csv_both: CsvBoth,
    #[command(flatten)]
    csv_out: CsvOut,
    #[command(flatten)]
    binary: Binary,
    /// Workers; 0: one for each processor
    #[arg(short = 'j', long, value_name = "N", default_value_t = 0, help_heading = "Run")]
    workers: usize,
    /// File to write; - is standard output
    #[arg(short, long, value_name = "OUTPUT", default_value = "-", help_heading = "Output")]
    output: PathBuf,
    /// Replace the output if it exists
    #[arg(long, help_heading = "Output")]
    force: bool,
}

impl Sample {
    /// Writes sample data.
    pub fn run(self) -> Result<Exit, Error> {
        let format: Format = self.format.parse()?;
        let amount = match (self.size, self.records) {
            (Some(size), _) => Amount::Bytes(parse_size("--size", &size)?),
            // One of the two is there: clap asks for it.
            (None, records) => Amount::Records(records.unwrap_or(0)),
        };
        let mut raw = Raw::default();
        self.csv_both.fill(&mut raw);
        self.csv_out.fill(&mut raw);
        self.binary.fill(&mut raw);
        let sample = pagemill::sample::Sample {
            format,
            options: raw.options()?,
            seed: self.seed,
            amount,
            workers: self.workers,
        };
        let stop = signals::watch().map(|watch| &watch.stop);
        let target = match file(&self.output) {
            Some(path) => Target::open(path, self.force, stop)?,
            None => Target::standard(stop)?,
        };
        let mut writer = Forwards::new(&target).stop_with(stop);
        if let Err(error) = sample.write(&mut writer) {
            // What the target said, where it was the target that failed.
            return Err(writer.error().unwrap_or(error));
        }
        target.finish()?;
        Ok(Exit::Done)
    }
}
