//! `pagemill generate`.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use pagemill::audit;
use pagemill::compress::Compress;
use pagemill::config::{Raw, parse_count, parse_size};
use pagemill::error::Error;
use pagemill::format::target_format;
use pagemill::job::Settings;
use pagemill::metrics::{self, Report};
use pagemill::sample::Amount;
use pagemill::sink::{Forwards, Target};

use super::args::{Binary, CsvBoth, CsvOut, Say, format_names, number};
use super::console;
use super::exit::Exit;
use super::flags::{Commands, Given, Kinds, Line, Origin};
use super::request::file;
use super::signals;

pub const EXAMPLES: &[&str] = &[
    "pagemill generate --size 1GiB -o big.csv",
    "pagemill generate --records 1000 --seed 7 -o small.ndjson",
    "pagemill generate -t csv --out-delimiter tab --out-no-headers --records 10",
    "pagemill generate --layout 'id:u64le,price:f64be' --records 10 -o ten.fixed",
    "pagemill generate -t json --records 3",
];

pub const NOTES: &str = "\
The bytes depend on the format, its flags, the seed and the amount, and on nothing else.";

/// The arguments of `generate`.
#[derive(Args, Debug)]
pub struct Generate {
    #[command(flatten)]
    given: Given,
    /// File to write; - is standard output
    #[arg(short, long, value_name = "OUTPUT", default_value = "-", help_heading = "Input and output")]
    output: PathBuf,
    /// Format of the data [default: by the extension of the output]
    #[arg(
        short,
        long,
        alias = "format",
        value_name = "FORMAT",
        value_parser = format_names(),
        ignore_case = true,
        help_heading = "Input and output"
    )]
    to: Option<String>,
    /// Replace the output if it exists
    #[arg(long, help_heading = "Input and output")]
    force: bool,
    /// About how much to write (always whole records)
    #[arg(long, value_name = "SIZE", conflicts_with = "records", help_heading = "Values")]
    size: Option<String>,
    /// How many records to write
    #[arg(long, value_name = "N", value_parser = parse_count, help_heading = "Values")]
    records: Option<u64>,
    /// A different seed gives different data [default: 0]
    #[arg(long, value_name = "N", value_parser = parse_count, help_heading = "Values")]
    seed: Option<u64>,
    #[command(flatten)]
    csv_both: CsvBoth,
    #[command(flatten)]
    csv_out: CsvOut,
    #[command(flatten)]
    binary: Binary,
    /// Number of workers; 0 means one for each processor [default: 0]
    #[arg(short = 'j', long, value_name = "N", value_parser = number, help_heading = "Run & memory")]
    workers: Option<usize>,
    #[command(flatten)]
    say: Say,
}

impl Generate {
    /// Writes sample data.
    pub fn run(self) -> Result<Exit, Error> {
        let to = self.to.as_deref().map(str::parse).transpose()?;
        let format = match (to, file(&self.output)) {
            (Some(format), _) => format,
            (None, Some(path)) => target_format(None, Some(path), "csv".parse()?)?,
            (None, None) => {
                return Err(Error::usage(
                    "the format of the data is not known, because standard output has no extension\n  Give it with -t: pagemill generate -t csv --size 100MB",
                ));
            }
        };
        let amount = match &self.size {
            Some(size) => Amount::Bytes(parse_size("--size", size)?),
            None => match self.records {
                Some(records) => Amount::Records(records),
                None => {
                    return Err(Error::usage(
                        "how much is to be generated?\n  Give --size SIZE or --records N, for example: --size 100MB",
                    ));
                }
            },
        };
        let mut raw = Raw::default();
        self.csv_both.fill(&mut raw);
        self.csv_out.fill(&mut raw);
        self.binary.fill(&mut raw);
        let settings = Settings { options: raw.options()?, ..Settings::default() };
        let kind = Kinds::of(format, settings.options.payload);
        Line {
            command: Commands::GENERATE,
            given: &self.given,
            settings: &settings,
            sources: kind,
            targets: kind,
            origin: Origin::File,
            plain: true,
            to_file: file(&self.output).is_some(),
        }
        .check()?;
        let sample = pagemill::sample::Sample {
            format,
            options: settings.options,
            seed: self.seed.unwrap_or(0),
            amount,
            workers: self.workers.unwrap_or(0),
        };
        let started = Instant::now();
        let stop = signals::watch().map(|watch| &watch.stop);
        let target = match file(&self.output) {
            Some(path) => Target::open(path, self.force, stop)?,
            None => Target::standard(stop)?,
        };
        let target = match Compress::Auto.of(file(&self.output)) {
            Some(compression) => target.packed(&compression.packing(sample.threads()))?,
            None => target,
        };
        let mut writer = Forwards::new(&target).stop_with(stop);
        let made = match sample.write(&mut writer) {
            Ok(made) => made,
            // What the target said, where it was the target that failed.
            Err(error) => return Err(writer.error().unwrap_or(error)),
        };
        target.finish()?;
        if self.say.verbose {
            console::note(&metrics::human(&Report {
                target: file(&self.output).map(Into::into),
                to: format.name(),
                bytes_out: made.bytes,
                records_out: made.records,
                elapsed: started.elapsed(),
                workers: sample.threads(),
                peak_rss_bytes: pagemill::sys::peak_rss_bytes(),
                peak_heap_bytes: audit::counts().peak,
                ..Report::default()
            }));
        }
        Ok(Exit::Done)
    }
}
