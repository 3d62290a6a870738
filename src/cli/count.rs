//! `pagemill count`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use pagemill::config::Raw;
use pagemill::error::{Error, ErrorClass};
use pagemill::job::{Counted, Counting, SourceSpec, What};
use pagemill::scan::count::Counts;
use pagemill::source::Folders;
use pagemill::wording;

use super::args::{Binary, CsvBoth, CsvIn, Encoded, Errors, JsonIn, Run, Source};
use super::console;
use super::exit::Exit;
use super::flags::{Commands, Given, Kinds, Line, Origin, kinds};
use super::inputs::{Inputs, refuse_list, stdin_metadata};
use super::request::{ceiling, file, source};
use super::{signals, tips};

pub const EXAMPLES: &[&str] = &[
    "pagemill count trips.csv",
    "pagemill count *.log",
    "pagemill count -f csv trips.csv      (also counts records, the fifth number)",
    "pagemill count -r trips.csv          (only records, which is faster)",
    "pagemill count access.log.gz",
    "pagemill count --encoding utf-16 notes.txt      (counts the text after converting it to UTF-8)",
];

pub const NOTES: &str = "\
The columns are lines, words, characters and bytes (as `wc -lwmc` in a UTF-8 locale); with -f, records too.";

/// The arguments of `count`.
#[derive(Args, Debug)]
pub struct Count {
    #[command(flatten)]
    given: Given,
    #[command(flatten)]
    inputs: Inputs,
    /// Take all files below folders, apart from hidden ones
    #[arg(long, help_heading = "Input and output")]
    recursive: bool,
    /// Count only records, in the format that --from or the extension names
    #[arg(short, long, help_heading = "Input and output")]
    records: bool,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    csv: CsvIn,
    #[command(flatten)]
    csv_both: CsvBoth,
    #[command(flatten)]
    json: JsonIn,
    #[command(flatten)]
    binary: Binary,
    #[command(flatten)]
    encoded: Encoded,
    #[command(flatten)]
    errors: Errors,
    #[command(flatten)]
    run: Run,
    /// Replace the quarantine if it exists
    #[arg(long, help_heading = "Errors")]
    force: bool,
    /// Print no warnings
    #[arg(short, long, help_heading = "See")]
    quiet: bool,
}

/// The numbers of a source, in the order of the columns.
fn numbers(counted: &Counted, what: What) -> Vec<u64> {
    let Counts { lines, words, chars, bytes } = counted.text;
    let text = if what == What::Text { &[lines, words, chars, bytes][..] } else { &[] };
    text.iter().copied().chain(counted.records).collect()
}

/// Adds the numbers of another file.
fn add(total: &mut [u64], other: &[u64]) {
    total.iter_mut().zip(other).for_each(|(total, other)| *total += other);
}

/// One line of output: numbers of `width` with a space between, and the name.
fn line(numbers: &[u64], width: usize, name: Option<&Path>) -> String {
    let numbers: Vec<String> = numbers.iter().map(|n| format!("{n:>width$}")).collect();
    match name {
        Some(name) => format!("{} {}\n", numbers.join(" "), name.display()),
        None => format!("{}\n", numbers.join(" ")),
    }
}

impl Count {
    /// Counts and prints.
    pub fn run(self) -> Result<Exit, Error> {
        let mut raw = Raw { force: self.force, ..Raw::default() };
        self.source.fill(&mut raw);
        self.csv.fill(&mut raw);
        self.csv_both.fill(&mut raw);
        self.json.fill(&mut raw);
        self.binary.fill(&mut raw);
        self.encoded.fill(&mut raw);
        self.errors.fill(&mut raw);
        let strict_memory = self.run.strict_memory();
        self.run.fill(&mut raw);
        let mut settings = raw.validate()?;
        let mut inputs = self.inputs;
        let nameless = inputs.is_empty();
        let operands = inputs.take()?;
        tips::no_input(&operands).map_or(Ok(()), Err)?;
        let listed = inputs.list(&operands, Folders { recursive: self.recursive, without: None })?;
        let files: Vec<PathBuf> = listed.into_iter().map(|listed| listed.path).collect();
        let origin = match &files[..] {
            [file] if file == Path::new("-") => Origin::Stdin,
            [_] => Origin::File,
            _ => Origin::Each,
        };
        Line {
            command: Commands::COUNT,
            given: &self.given,
            settings: &settings,
            sources: kinds(&settings, files.iter().map(|path| &**path)),
            targets: Kinds::NONE,
            origin,
            plain: files.len() == 1 && operands.first() == files.first(),
            to_file: false,
        }
        .check()?;
        refuse_list(inputs.list_path().as_deref(), settings.quarantine.as_deref())?;
        let only = match &files[..] {
            [file] => Some(&**file),
            _ => None,
        };
        signals::attach(&mut settings, only);
        let sources: Vec<SourceSpec> = files.iter().map(|path| source(path)).collect();
        let mut files = Files {
            what: if self.records { What::Records } else { What::Text },
            width: width(&files),
            counting: Counting::new(&settings, &sources)?.checking(self.given.has("on-error")),
            failed: 0,
            bytes_failed: 0,
            exit: Exit::Done,
            paths: files,
        };
        if nameless {
            let counted = files.count(Path::new("-"))?;
            console::print(&line(&numbers(&counted, files.what), files.width, None))?;
        } else {
            files.count_all(4 + usize::from(settings.from.is_some()))?;
        }
        let exit = files.finish(self.quiet)?;
        Ok(exit.or(ceiling(strict_memory, self.quiet, settings.memory_limit)))
    }
}

/// The files that are counted.
struct Files {
    paths: Vec<PathBuf>,
    what: What,
    /// Of a number.
    width: usize,
    counting: Counting,
    /// How many records were bad, and how many bytes they have.
    failed: u64,
    bytes_failed: u64,
    exit: Exit,
}

impl Files {
    fn count(&mut self, path: &Path) -> Result<Counted, Error> {
        let counted = self.counting.count(source(path), self.what)?;
        self.failed += counted.failed;
        self.bytes_failed += counted.bytes_failed;
        if counted.failed > 0 && counted.records == Some(0) {
            console::error(format_args!("{}: every record is bad", wording::input(path)));
            self.exit = self.exit.or(Exit::BadData);
        }
        Ok(counted)
    }

    /// Counts one after the other. A file that can't be counted is reported and passed over, as `wc` does it.
    fn count_all(&mut self, columns: usize) -> Result<(), Error> {
        let mut total = vec![0; if self.what == What::Records { 1 } else { columns }];
        for path in std::mem::take(&mut self.paths) {
            match self.count(&path) {
                Ok(counted) => {
                    let numbers = numbers(&counted, self.what);
                    add(&mut total, &numbers);
                    console::print(&line(&numbers, self.width, Some(&path)))?;
                    self.paths.push(path);
                }
                // The end was asked for, not that of one file only; too many bad records are too many of all files.
                Err(error) if error.class() == ErrorClass::Stopped || error.is_too_many() => return Err(error),
                Err(error) => {
                    console::error(&error);
                    self.exit = self.exit.or(Exit::of(&error));
                    self.paths.push(path);
                }
            }
        }
        if self.paths.len() > 1 {
            console::print(&line(&total, self.width, Some(Path::new("total"))))?;
        }
        Ok(())
    }

    /// Says how many records were bad, and how the command ends.
    fn finish(self, quiet: bool) -> Result<Exit, Error> {
        let quarantine = self.counting.finish()?;
        if !quiet {
            console::left_out(self.failed, self.bytes_failed, quarantine.as_deref(), 0);
        }
        Ok(self.exit)
    }
}

/// The width of a number as GNU `wc` chooses it: that of the sizes' sum, and at least 7 when one of the
/// files is not a regular one.
fn width(files: &[PathBuf]) -> usize {
    let mut least = 1;
    let mut sum = 0u64;
    for path in files {
        match size(path) {
            Some(Some(bytes)) => sum = sum.saturating_add(bytes),
            Some(None) => least = 7,
            None => {}
        }
    }
    least.max(sum.checked_ilog10().unwrap_or(0) as usize + 1)
}

/// The size of a regular file; none inside: not a regular one; none: not to be had.
fn size(path: &Path) -> Option<Option<u64>> {
    let metadata = match file(path) {
        Some(path) => fs::metadata(path).ok()?,
        None => stdin_metadata().ok()?,
    };
    Some(metadata.is_file().then_some(metadata.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_look_like_those_of_wc() {
        assert_eq!(line(&[2, 10, 99, 100], 3, Some(Path::new("a.txt"))), "  2  10  99 100 a.txt\n");
        assert_eq!(line(&[2, 10, 99, 100, 1], 3, None), "  2  10  99 100   1\n");
    }

    #[test]
    fn totals_add() {
        let mut total = [0; 2];
        add(&mut total, &[2, 10]);
        add(&mut total, &[3, 4]);
        assert_eq!(total, [5, 14]);
    }

    #[test]
    fn the_width_is_that_of_the_sum() {
        let folder = tempfile::tempdir().unwrap();
        let [one, other] = ["one", "other"].map(|name| folder.path().join(name));
        fs::write(&one, vec![b'x'; 60]).unwrap();
        fs::write(&other, vec![b'x'; 60]).unwrap();
        let missing = folder.path().join("missing");
        assert_eq!(width(std::slice::from_ref(&one)), 2);
        assert_eq!(width(&[one.clone(), missing.clone(), other]), 3);
        assert_eq!(width(&[missing]), 1);
        assert_eq!(width(&[one, folder.path().to_path_buf()]), 7);
    }
}
