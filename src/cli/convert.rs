//! `pagemill convert`.

use std::path::{Path, PathBuf};

use clap::Args;
use pagemill::config::Raw;
use pagemill::error::Error;
use pagemill::format::Format;
use pagemill::source::Folders;

use super::args::{
    Binary, Columns, CsvBoth, CsvIn, CsvOut, Errors, Fields, JsonIn, JsonOut, Run, See, Source, Values, format_names,
};
use super::exit::Exit;
use super::flags::{Commands, Given};
use super::inputs::Inputs;
use super::request::{Batch, Request};
use super::{signals, tips};

pub const EXAMPLES: &[&str] = &[
    "pagemill convert trips.csv -o trips.ndjson",
    "pagemill convert trips.csv -t ndjson --select id,fare --op trim | head",
    "pagemill convert -f csv -d ';' -t csv < european.csv > plain.csv",
    "pagemill convert dirty.csv -o clean.ndjson --on-error quarantine --max-errors 1%",
    "pagemill convert export.json -o export.csv --records-at /data/items",
    "pagemill convert trips.csv.gz -o trips.ndjson.zst --compress zstd:9",
    "pagemill convert log.txt -o log.upper.txt --op upper --memory-limit 32MB -v",
    "pagemill convert huge.csv -o huge.ndjson --resume      (after an interruption)",
    "pagemill convert ticks.fixed -o ticks.csv --layout 'id:u64le,price:f64be,name:text16'",
    "pagemill convert 2023.csv 2024.csv -o both.ndjson",
    "pagemill convert data --recursive --out-dir converted -t ndjson --keep-going",
];

pub const NOTES: &str = "\
Steps come in this order, whatever the order of the flags: --op, --select and --drop, --rename, --columns. So --op and \
--select use the names of the input, --columns the new ones.

In lists of names a comma separates names, and a repeated flag adds to the list; the fields of an op are joined with +. \
A backslash makes the next character part of a name, as in a\\,b.

Sizes are written as 4096, 512KiB, 100MB or 1GiB; kB, MB and GB are decimal, KiB, MiB, GiB and bare letters binary. \
A flag that can't have any effect is refused.

The dialect of CSV and TSV output never comes from the input; only --no-headers and --tsv-escapes apply to both.

The signal SIGUSR1 makes a running job print its progress.";

/// The arguments of `convert` and `audit`.
#[derive(Args, Debug)]
pub struct Convert {
    #[command(flatten)]
    given: Given,
    #[command(flatten)]
    many: ManyInputs,
    #[command(flatten)]
    how: How,
    #[command(flatten)]
    failing: Failing,
}

/// Several inputs.
#[derive(Args, Debug)]
#[command(next_help_heading = "Input and output")]
struct ManyInputs {
    #[command(flatten)]
    inputs: Inputs,
    /// Take all files below folders, apart from hidden ones
    #[arg(short, long)]
    recursive: bool,
    /// Write one output for each input into this folder, named after the input and the output's format
    #[arg(long, value_name = "DIR", conflicts_with = "output")]
    out_dir: Option<PathBuf>,
}

/// What a failing input does.
#[derive(Args, Debug)]
#[command(next_help_heading = "Errors")]
struct Failing {
    /// Leave out an input that fails, continue with the others, and report it at the end
    #[arg(long)]
    keep_going: bool,
}

/// How an input is converted.
#[derive(Args, Debug)]
pub struct How {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    output: Output,
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
    fields: Fields,
    #[command(flatten)]
    values: Values,
    #[command(flatten)]
    errors: Errors,
    #[command(flatten)]
    run: Run,
    #[command(flatten)]
    resume: Resume,
    #[command(flatten)]
    see: See,
}

/// Where records go.
#[derive(Args, Debug)]
#[command(next_help_heading = "Input and output")]
struct Output {
    /// File to write; - is standard output, which is the default
    #[arg(short, long, value_name = "OUTPUT")]
    output: Option<PathBuf>,
    /// Format of the output [default: from its extension; for standard output, the input's format]
    #[arg(short, long, value_name = "FORMAT", value_parser = format_names(), ignore_case = true)]
    to: Option<String>,
    /// Replace the output, the quarantine and the report if they exist
    #[arg(long)]
    force: bool,
    /// Compress the output: auto (by its extension), none, or gzip, zstd, bzip2, xz, lz4, with an optional level:
    /// zstd:9 [default: auto]
    #[arg(long, value_name = "CODEC[:LEVEL]")]
    compress: Option<String>,
}

/// Going on after an interruption.
#[derive(Args, Debug)]
#[command(next_help_heading = "Resume")]
struct Resume {
    /// Continue where an interrupted run of the same command stopped; start from the beginning if there was none
    #[arg(long)]
    resume: bool,
    /// Write checkpoints next to the output [default: if the input is a file of 2 GiB or more and the output is a file]
    #[arg(long, overrides_with = "no_checkpoint")]
    checkpoint: bool,
    /// Write no checkpoints
    #[arg(long, conflicts_with = "resume")]
    no_checkpoint: bool,
    /// How much input is converted between two checkpoints [default: 64MiB]
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

impl ManyInputs {
    /// The inputs, if they are many: one plain path is not.
    fn batch(self, inputs: &[PathBuf], keep_going: bool) -> Result<Option<Batch>, Error> {
        let folders = Folders { recursive: self.recursive, without: self.out_dir.as_deref() };
        let sources = self.inputs.list(inputs, folders)?;
        let plain = sources.len() == 1 && inputs.first() == Some(&sources[0].path);
        if plain && self.out_dir.is_none() && !keep_going {
            return Ok(None);
        }
        Ok(Some(Batch { sources, out_dir: self.out_dir, keep_going }))
    }
}

impl How {
    /// The output that was named.
    pub fn output(&self) -> Option<&Path> {
        self.output.output.as_deref()
    }

    /// Checks the arguments, of a job that reads `source`.
    pub fn request(self, source: PathBuf) -> Result<Request, Error> {
        let mut raw = Raw { to: self.output.to, force: self.output.force, ..Raw::default() };
        raw.compress = self.output.compress;
        self.source.fill(&mut raw);
        self.csv_in.fill(&mut raw);
        self.csv_both.fill(&mut raw);
        self.csv_out.fill(&mut raw);
        self.columns.fill(&mut raw);
        self.json_in.fill(&mut raw);
        self.json_out.fill(&mut raw);
        self.binary.fill(&mut raw);
        self.fields.fill(&mut raw);
        self.values.fill(&mut raw);
        self.errors.fill(&mut raw);
        let strict_memory = self.run.strict_memory();
        self.run.fill(&mut raw);
        self.resume.fill(&mut raw);
        let settings = raw.validate()?;
        Ok(Request {
            source,
            batch: None,
            list: None,
            target: self.output.output,
            settings,
            strict_memory,
            see: self.see,
        })
    }
}

/// Whether a path is that of a folder, or can be nothing else.
fn is_folder(path: &Path) -> bool {
    path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/")
}

/// An output is a file.
pub fn refuse_folder(output: Option<&Path>, command: Commands) -> Result<(), Error> {
    let Some(folder) = output.filter(|path| is_folder(path)) else { return Ok(()) };
    let folder = folder.display();
    let instead = match command {
        Commands::REPLAY => "Name a file in it.".to_owned(),
        _ => format!("Name a file in it, or use --out-dir {folder} to write one file for each input into it."),
    };
    Err(Error::usage(format!("{folder} is a folder, and the output is a file\n  {instead}")))
}

impl Convert {
    /// Two operands without a command are an input and an output.
    pub fn in_and_out(&mut self) -> Result<(), Error> {
        let Output { output, force, to, .. } = &mut self.how.output;
        match self.many.inputs.in_and_out(output.is_some() || self.many.out_dir.is_some())? {
            Some(_) if *force => Err(Error::usage(
                "`--force` has no effect: without -o, pagemill never replaces a file\n  Name the output with -o: pagemill INPUT -o OUTPUT --force",
            )),
            Some(path) if is_folder(&path) => refuse_folder(Some(&path), Commands::CONVERT),
            Some(path) if path.exists() => Err(Error::usage(format!(
                "{} exists already, and without -o pagemill never replaces a file\n  To replace it: pagemill {input} -o {output} --force\n  To combine both: pagemill convert {input} {output} -o OUTPUT",
                path.display(),
                input = self.many.inputs.shown(),
                output = tips::quoted(&path.to_string_lossy())
            ))),
            Some(path)
                if to.is_none() && Format::from_path(&path).is_none() && tips::part_of_a_list(&path).is_some() =>
            {
                tips::part_of_a_list(&path).map_or(Ok(()), Err)
            }
            Some(path) => {
                *output = Some(path);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Checks the arguments.
    pub fn request(self, command: Commands) -> Result<Request, Error> {
        let mut many = self.many;
        let inputs = many.inputs.take()?;
        if let (Some(output), None) = (&self.how.output.output, &self.how.output.to)
            && let Some(tip) = output.to_str().and_then(tips::format_as_output)
        {
            return Err(tip);
        }
        let file = many.out_dir.iter().flat_map(|folder| folder.ancestors()).find(|path| path.is_file());
        if let Some(file) = file {
            return Err(Error::usage(format!("--out-dir: {} is a file, not a folder", file.display())));
        }
        // With a list alone the first path is known when it was read.
        let first = inputs.first().cloned().unwrap_or_else(|| PathBuf::from("-"));
        refuse_folder(self.how.output.output.as_deref(), command)?;
        tips::no_input(&inputs).map_or(Ok(()), Err)?;
        if self.how.output.output.is_none() && many.out_dir.is_none() && !self.failing.keep_going {
            tips::output_as_input(&inputs).map_or(Ok(()), Err)?;
        }
        let mut request = self.how.request(first)?;
        request.list = many.inputs.list_path();
        request.batch = many.batch(&inputs, self.failing.keep_going)?;
        request.check_flags(command, &self.given)?;
        signals::attach(&mut request.settings, request.batch.is_none().then_some(&request.source));
        let Some(batch) = &request.batch else { return Ok(request) };
        request.source = batch.sources[0].path.clone();
        Ok(request)
    }

    /// Converts.
    pub fn run(self) -> Result<Exit, Error> {
        self.request(Commands::CONVERT)?.convert()
    }
}
