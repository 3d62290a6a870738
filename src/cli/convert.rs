//! `pagemill convert`.

use std::path::PathBuf;

use clap::Args;
use pagemill::config::Raw;
use pagemill::error::Error;

use super::args::{Binary, CsvIn, CsvOut, Fields, JsonIn, JsonOut, Run, Values, format_names};
use super::exit::Exit;
use super::request::Request;
use super::signals;

pub const EXAMPLES: &str = "\
Examples:
  pagemill convert trips.csv -o trips.ndjson
  pagemill convert trips.csv -t ndjson --select id,fare --op trim | head
  pagemill convert export.json -o export.csv --records-at /data/items
  pagemill convert -f csv -d ';' -t csv - < european.csv > plain.csv
  pagemill convert trips.csv.gz -o trips.ndjson.zst --compress zstd:9
  pagemill convert log.txt -o log.upper.txt --op upper --memory-limit 32MB -v
  pagemill convert huge.csv -o huge.ndjson --resume      (after an interruption)
  pagemill convert ticks.fixed -o ticks.csv --layout 'id:u64le,price:f64be,name:text16'

Exit codes: 0 done, 1 bad data, 2 usage, 3 input or output, 4 memory ceiling, 5 stopped (can be resumed),
130 ended by SIGINT, 143 by SIGTERM. SIGUSR1 prints how far it is.";

/// The arguments of `convert` and `audit`.
#[derive(Args, Debug)]
pub struct Convert {
    /// File to read; - is standard input
    #[arg(value_name = "INPUT", required_unless_present = "input_flag")]
    input: Option<PathBuf>,
    #[command(flatten)]
    formats: Formats,
    #[command(flatten)]
    csv_in: CsvIn,
    #[command(flatten)]
    csv_out: CsvOut,
    #[command(flatten)]
    json_in: JsonIn,
    #[command(flatten)]
    json_out: JsonOut,
    #[command(flatten)]
    binary: Binary,
    #[command(flatten)]
    values: Values,
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    run: Run,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    resume: Resume,
}

/// Going on after an interruption.
#[derive(Args, Debug)]
#[command(next_help_heading = "Interruption")]
struct Resume {
    /// Go on where an interrupted run of the same command stopped; begin anew if there was none
    #[arg(long)]
    resume: bool,
    /// Write checkpoints beside the output [default: from 2 GiB of input on, from a file into a file]
    #[arg(long, overrides_with = "no_checkpoint")]
    checkpoint: bool,
    /// Write no checkpoints
    #[arg(long, conflicts_with = "resume")]
    no_checkpoint: bool,
    /// How much input lies between two checkpoints [default: 64MiB]
    #[arg(long, value_name = "SIZE")]
    checkpoint_every: Option<String>,
    /// Sync the output before every checkpoint, against power failures
    #[arg(long)]
    durable: bool,
}

impl Resume {
    fn fill(self, raw: &mut Raw) {
        raw.checkpoint = match (self.checkpoint, self.no_checkpoint) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
        raw.checkpoint_every = self.checkpoint_every;
        raw.resume = self.resume;
        raw.durable = self.durable;
    }
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Formats")]
struct Formats {
    /// Format of the input [default: by its extension]
    #[arg(short, long, value_name = "FORMAT", value_parser = format_names(), ignore_case = true)]
    from: Option<String>,
    /// Format of the output [default: by its extension; that of the input on standard output]
    #[arg(short, long, value_name = "FORMAT", value_parser = format_names(), ignore_case = true)]
    to: Option<String>,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Output")]
struct Output {
    /// File to write; - is standard output [default: -]
    #[arg(short, long, value_name = "OUTPUT")]
    output: Option<PathBuf>,
    /// Replace the output if it exists
    #[arg(long)]
    force: bool,
    /// Compress the output: auto (by its extension), none, or gzip, zstd, bzip2, xz, lz4, with a level if you like:
    /// zstd:9 [default: auto]
    #[arg(long, value_name = "CODEC[:LEVEL]")]
    compress: Option<String>,
    /// Write a report of the run as one JSON object
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Say how the job would run, and don't run it
    #[arg(long)]
    explain: bool,
    /// No warnings
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// Say at the end what the run did and used
    #[arg(short, long)]
    verbose: bool,
    /// Older spelling of INPUT
    #[arg(long = "input", value_name = "INPUT", conflicts_with = "input")]
    input_flag: Option<PathBuf>,
}

impl Convert {
    /// Checks the arguments.
    pub fn request(self) -> Result<Request, Error> {
        let mut raw = Raw { from: self.formats.from, to: self.formats.to, force: self.output.force, ..Raw::default() };
        self.csv_in.fill(&mut raw);
        self.csv_out.fill(&mut raw);
        self.json_in.fill(&mut raw);
        self.json_out.fill(&mut raw);
        self.binary.fill(&mut raw);
        self.values.fill(&mut raw);
        self.fields.fill(&mut raw);
        self.run.fill(&mut raw);
        self.resume.fill(&mut raw);
        raw.compress = self.output.compress;
        // One of the two is there: clap asks for it.
        let source = self.input.or(self.output.input_flag).unwrap_or_else(|| PathBuf::from("-"));
        let mut settings = raw.validate()?;
        signals::attach(&mut settings);
        Ok(Request {
            source,
            target: self.output.output,
            settings,
            report: self.output.report,
            explain: self.output.explain,
            quiet: self.output.quiet,
            verbose: self.output.verbose,
        })
    }

    /// Converts.
    pub fn run(self) -> Result<Exit, Error> {
        self.request()?.convert()
    }
}
