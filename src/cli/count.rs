//! `pagemill count`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use pagemill::config::Raw;
use pagemill::engine::{Counted, Settings, SourceSpec, count, count_records};
use pagemill::error::{Error, ErrorClass};
use pagemill::scan::count::Counts;

use super::args::{Binary, CsvBoth, CsvIn, Encoded, JsonIn, Limits, Run, format_names};
use super::console;
use super::exit::Exit;
use super::request::{ceiling, file};
use super::signals;

pub const EXAMPLES: &str = "\
Examples:
  pagemill count trips.csv
  pagemill count *.log
  pagemill count -f csv trips.csv      (and records, as the fifth number)
  pagemill count -r trips.csv          (records alone, which is faster)
  pagemill count access.log.gz
  pagemill count --encoding utf-16 notes.txt      (as the UTF-8 text that it becomes)

Columns: lines, words, characters, bytes (as `wc -lwmc` in a UTF-8 locale), and with -f records.";

/// The arguments of `count`.
#[derive(Args, Debug)]
pub struct Count {
    /// Files to read; - or none is standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Count the records of this format too
    #[arg(short, long, value_name = "FORMAT", value_parser = format_names(), ignore_case = true, help_heading = "Formats")]
    from: Option<String>,
    /// Count records and nothing else, of the format that --from or the extension names
    #[arg(short, long)]
    records: bool,
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
    limits: Limits,
    #[command(flatten)]
    run: Run,
}

/// The numbers of a source, in the order of the columns.
fn numbers(source: SourceSpec, settings: &Settings, records_only: bool) -> Result<Vec<u64>, Error> {
    if records_only {
        return Ok(vec![count_records(source, settings)?]);
    }
    let Counted { text: Counts { lines, words, chars, bytes }, records } = count(source, settings)?;
    Ok([lines, words, chars, bytes].into_iter().chain(records).collect())
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
        let mut raw = Raw { from: self.from, ..Raw::default() };
        self.csv.fill(&mut raw);
        self.csv_both.fill(&mut raw);
        self.json.fill(&mut raw);
        self.binary.fill(&mut raw);
        self.encoded.fill(&mut raw);
        self.limits.fill(&mut raw);
        let strict_memory = self.run.strict_memory();
        self.run.fill(&mut raw);
        let mut settings = raw.validate()?;
        let only = match &self.files[..] {
            [file] => Some(&**file),
            _ => None,
        };
        signals::attach(&mut settings, only);
        if self.files.is_empty() {
            let width = width(&[PathBuf::from("-")]);
            console::print(&line(&numbers(SourceSpec::Stdin, &settings, self.records)?, width, None))?;
            return Ok(ceiling(strict_memory, false, settings.memory_limit));
        }
        let exit = count_files(&self.files, &settings, self.records)?;
        Ok(exit.or(ceiling(strict_memory, false, settings.memory_limit)))
    }
}

/// Counts files one after the other. One that can't be read is told and passed over, as `wc` does it.
fn count_files(files: &[PathBuf], settings: &Settings, records_only: bool) -> Result<Exit, Error> {
    let width = width(files);
    let columns = if records_only { 1 } else { 4 + usize::from(settings.from.is_some()) };
    let mut total = vec![0; columns];
    let mut exit = Exit::Done;
    for path in files {
        let source = file(path).map_or(SourceSpec::Stdin, |path| SourceSpec::Path(path.to_path_buf()));
        match numbers(source, settings, records_only) {
            Ok(numbers) => {
                add(&mut total, &numbers);
                console::print(&line(&numbers, width, Some(path)))?;
            }
            // The end was asked for, not that of one file only.
            Err(error) if error.class() == ErrorClass::Stopped => return Err(error),
            Err(error) => {
                console::error(&error);
                exit = exit.or(Exit::of(&error));
            }
        }
    }
    if files.len() > 1 {
        console::print(&line(&total, width, Some(Path::new("total"))))?;
    }
    Ok(exit)
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

#[cfg(unix)]
fn stdin_metadata() -> io::Result<fs::Metadata> {
    use std::os::fd::AsFd;
    fs::File::from(io::stdin().as_fd().try_clone_to_owned()?).metadata()
}

#[cfg(windows)]
fn stdin_metadata() -> io::Result<fs::Metadata> {
    use std::os::windows::io::AsHandle;
    fs::File::from(io::stdin().as_handle().try_clone_to_owned()?).metadata()
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
