//! `pagemill convert`.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use clap::Args;
use pagemill::config::Raw;
use pagemill::engine::Checkpoint;
use pagemill::error::Error;
use pagemill::source::{Folders, Listed, expand, read_list};

use super::args::{
    Binary, Columns, CsvBoth, CsvIn, CsvOut, Fields, JsonIn, JsonOut, Limits, Run, Values, format_names,
};
use super::exit::Exit;
use super::request::{Batch, Request};
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
  pagemill convert 2023.csv 2024.csv -o both.ndjson
  pagemill convert data --recursive --out-dir converted -t ndjson --keep-going
  pagemill convert dirty.csv -o clean.ndjson --on-error quarantine --max-errors 1%

Exit codes: 0 done, 1 bad data, 2 usage, 3 input or output, 4 memory ceiling, 5 stopped (can be resumed),
130 ended by SIGINT, 143 by SIGTERM. SIGUSR1 prints how far it is.";

/// The arguments of `convert` and `audit`.
#[derive(Args, Debug)]
pub struct Convert {
    /// Files to read; - is standard input. Also patterns such as 'data/**/*.csv', and folders with --recursive
    #[arg(value_name = "INPUT", required_unless_present_any = ["input_flag", "files_from"])]
    inputs: Vec<PathBuf>,
    #[command(flatten)]
    many: ManyInputs,
    #[command(flatten)]
    how: How,
    /// Older spelling of INPUT
    #[arg(long = "input", value_name = "INPUT", conflicts_with = "inputs", help_heading = "Output")]
    input_flag: Option<PathBuf>,
}

/// How an input is converted.
#[derive(Args, Debug)]
pub struct How {
    #[command(flatten)]
    formats: Formats,
    #[command(flatten)]
    csv_in: CsvIn,
    #[command(flatten)]
    csv_both: CsvBoth,
    #[command(flatten)]
    csv_out: CsvOut,
    #[command(flatten)]
    columns: Columns,
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
    limits: Limits,
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

/// Several inputs.
#[derive(Args, Debug)]
#[command(next_help_heading = "Many inputs")]
struct ManyInputs {
    /// Take all files below folders, apart from hidden ones
    #[arg(short, long)]
    recursive: bool,
    /// Read paths of further inputs from a file, one a line; - is standard input
    #[arg(long, value_name = "LIST")]
    files_from: Option<PathBuf>,
    /// The paths of --files-from end with a zero byte, as `find -print0` writes them
    #[arg(short = '0', long, requires = "files_from")]
    null: bool,
    /// Convert each input to a file of its own in this folder, with the suffix of the output's format
    #[arg(long, value_name = "DIR", conflicts_with = "output")]
    out_dir: Option<PathBuf>,
    /// Tell of an input that fails, leave all of it out, and go on with the others
    #[arg(long)]
    keep_going: bool,
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
}

impl ManyInputs {
    /// The inputs, if they are many: one plain path is not.
    fn batch(self, inputs: &[PathBuf]) -> Result<Option<Batch>, Error> {
        let folders = Folders { recursive: self.recursive, without: self.out_dir.as_deref() };
        let mut sources = expand(inputs, folders)?;
        if let Some(list) = &self.files_from {
            for path in read_names(list, self.null)? {
                // What a list names is never taken for a pattern.
                match self.recursive && path.is_dir() {
                    true => sources.extend(expand(&[path], folders)?),
                    false => sources.push(Listed::file(path)),
                }
            }
        }
        let stdin = Path::new("-");
        let read = sources.iter().filter(|source| source.path == stdin).count();
        if read + usize::from(self.files_from.as_deref() == Some(stdin)) > 1 {
            return Err(Error::usage("standard input can be read only once, but - is named several times"));
        }
        if sources.is_empty() {
            return Err(Error::usage("there is no input: the list names no file"));
        }
        let plain = sources.len() == 1 && inputs.first() == Some(&sources[0].path);
        if plain && self.out_dir.is_none() && !self.keep_going {
            return Ok(None);
        }
        Ok(Some(Batch { sources, out_dir: self.out_dir, keep_going: self.keep_going }))
    }
}

/// The paths of `--files-from`.
fn read_names(list: &Path, null: bool) -> Result<Vec<PathBuf>, Error> {
    let reader: Box<dyn BufRead> = match list == Path::new("-") {
        true => Box::new(io::stdin().lock()),
        false => Box::new(BufReader::new(File::open(list).map_err(|e| Error::io("open", list, e))?)),
    };
    read_list(list, reader, null)
}

impl How {
    /// Checks the arguments, of a job that reads `source`.
    pub fn request(self, source: PathBuf) -> Result<Request, Error> {
        let mut raw = Raw { from: self.formats.from, to: self.formats.to, force: self.output.force, ..Raw::default() };
        self.csv_in.fill(&mut raw);
        self.csv_both.fill(&mut raw);
        self.csv_out.fill(&mut raw);
        self.columns.fill(&mut raw);
        self.json_in.fill(&mut raw);
        self.json_out.fill(&mut raw);
        self.binary.fill(&mut raw);
        self.values.fill(&mut raw);
        self.fields.fill(&mut raw);
        self.limits.fill(&mut raw);
        let strict_memory = self.run.strict_memory();
        self.run.fill(&mut raw);
        self.resume.fill(&mut raw);
        raw.compress = self.output.compress;
        let settings = raw.validate()?;
        Ok(Request {
            source,
            batch: None,
            target: self.output.output,
            settings,
            report: self.output.report,
            strict_memory,
            explain: self.output.explain,
            quiet: self.output.quiet,
            verbose: self.output.verbose,
        })
    }
}

impl Convert {
    /// Checks the arguments.
    pub fn request(self) -> Result<Request, Error> {
        let mut inputs = self.inputs;
        inputs.extend(self.input_flag);
        // One of the two is there: clap asks for it.
        let first = inputs.first().cloned().unwrap_or_else(|| PathBuf::from("-"));
        let mut request = self.how.request(first)?;
        request.batch = self.many.batch(&inputs)?;
        signals::attach(&mut request.settings, request.batch.is_none().then_some(&request.source));
        let Some(batch) = &request.batch else { return Ok(request) };
        request.source = batch.sources[0].path.clone();
        match request.settings.resume || request.settings.checkpoint == Checkpoint::On {
            false => Ok(request),
            true => Err(Error::usage(
                "--checkpoint and --resume are for one input\n  Leave them out, or convert the inputs one by one.",
            )),
        }
    }

    /// Converts.
    pub fn run(self) -> Result<Exit, Error> {
        self.request()?.convert()
    }
}
