//! `pagemill count`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use pagemill::config::flags::{self, Commands, Kinds, Line, Origin, kinds};
use pagemill::error::{Error, ErrorClass};
use pagemill::job::{Counted, Counting, Settings, SourceSpec, What, explain_count};
use pagemill::metrics::{self, Report};
use pagemill::scan::count::Counts;
use pagemill::sys;
use pagemill::wording;

use super::ceiling::ceiling;
use super::configured::{decided, passed_over};
use super::console;
use super::dashboard;
use super::exit::Exit;
use super::found::{Folders, include};
use super::inputs::{Inputs, refuse_read};
use super::live::Shown;
use super::parser::Typed;
use super::past::{self, Past};
use super::paths::{file, source, stdin_metadata};
use super::report_file::{Ended, ReportFile, failed, refuse_clashes, refuse_standard_output};
use super::request::See;
use super::settings::settings as meaning;
use super::worded::{flag, worded};
use super::{signals, tips};

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

/// One line of output: numbers of `width` separated by spaces, and the name.
fn line(numbers: &[u64], width: usize, name: Option<&Path>) -> String {
    let numbers: Vec<String> = numbers.iter().map(|n| format!("{n:>width$}")).collect();
    match name {
        Some(name) => format!("{} {}\n", numbers.join(" "), name.display()),
        None => format!("{}\n", numbers.join(" ")),
    }
}

/// Counts and prints.
pub fn run(Typed { mut said, operands }: Typed) -> Result<Exit, Error> {
    let (mut settings, mut see) = (meaning(&said)?, See::of(&said)?);
    let mut inputs = Inputs::of(&said, operands);
    let nameless = inputs.is_empty();
    let operands = inputs.take()?;
    tips::no_input(&operands).map_or(Ok(()), Err)?;
    let include = include(&said)?;
    let folders = Folders { recursive: said.has("recursive"), include: &include, without: None };
    let listed = inputs.list(&operands, folders)?;
    let files: Vec<PathBuf> = listed.into_iter().map(|listed| listed.path).collect();
    let origin = match &files[..] {
        [file] if file == Path::new("-") => Origin::Stdin,
        [_] => Origin::File,
        _ => Origin::Each,
    };
    loop {
        let given = Line {
            command: Commands::COUNT,
            said: &said,
            settings: &settings,
            sources: kinds(&settings, files.iter().map(|path| &**path)),
            targets: Kinds::NONE,
            origin,
            plain: files.len() == 1 && operands.first() == files.first(),
            to_file: false,
        };
        let passed = flags::check(&given)?;
        if passed.is_empty() {
            break;
        }
        passed.into_iter().for_each(|passed| said.pass_over(passed));
        (settings, see) = (meaning(&said)?, See::of(&said)?);
    }
    let what = if said.has("records") { What::Records } else { What::Text };
    if see.explain {
        explain(&files, what, &settings)?;
        if !said.has("from") && said.has("records") {
            console::print(&decided(&said, files.iter().map(PathBuf::as_path).take(1)))?;
        }
        console::print(&passed_over(&said))?;
        return Ok(Exit::Done);
    }
    let (list, quarantine) = (inputs.list_path(), settings.quarantine.as_deref());
    refuse_read(&said, list.as_deref(), quarantine)?;
    let config = said.path("config");
    let others: Vec<&Path> = files.iter().map(PathBuf::as_path).chain(quarantine).chain(config).collect();
    refuse_clashes(&[("--quarantine", quarantine)], None, &[])?;
    refuse_clashes(&see.files(), list.as_deref(), &others)?;
    let read = [("--files-from", list.as_deref()), ("--config", config)];
    let beside = see.files().into_iter().chain([("--quarantine", quarantine)]).chain(read);
    refuse_standard_output(beside, "counts", "Give")?;
    let only = match &files[..] {
        [file] => Some(&**file),
        _ => None,
    };
    signals::attach(&mut settings, only, see.live.is_wanted() || see.report.is_some());
    let sources: Vec<SourceSpec> = files.iter().map(|path| source(path)).collect();
    let counting = Counting::new(&settings, &sources)?.checking(said.has("on-error"));
    let port = see.live.prepare()?;
    let report = ReportFile::open(see.report.as_deref(), settings.force, Some(COUNTS_GO_THERE))?;
    let profiling = see.profiles.start(settings.force)?;
    let started = Instant::now();
    let watching = see.live.start(Shown::all(files.iter().map(PathBuf::as_path), None), &settings, true, port);
    let mut files = Files { what, width: width(&files), counting, exit: Exit::Done, paths: files };
    let counted = files.count_as(nameless, 4 + usize::from(settings.from.is_some()));
    let done = counted.and_then(|()| files.counting.finish());
    let seen = watching.end(done.as_ref().err());
    let keep =
        |seen, report: &Report, ended| past::keep(Past { seen, report, ended, settings: &settings, said: &said });
    let strict = said.has("strict-memory");
    let ends = |done: &Report| {
        let is_over = strict && done.peak_rss_bytes > settings.memory_limit as u64;
        files.exit.or(if is_over { Exit::MemoryCeiling } else { Exit::Done })
    };
    let mut done = match done {
        Ok(done) => done,
        Err(error) => {
            let source = files.paths.first().map(PathBuf::as_path).and_then(file);
            let counted = failed(&settings, source, None, started);
            keep(seen, &counted, Ended::Failed(&error));
            if let Some(report) = report {
                // The error of the run matters more than one of its report.
                let _ = report.write(&counted, &settings, &said, Ended::Failed(&error));
            }
            return Err(profiling.end_failed(error));
        }
    };
    if keep(seen, &done, Ended::Well(ends(&done))) {
        // That takes memory too.
        done.peak_rss_bytes = done.peak_rss_bytes.max(sys::peak_rss_bytes());
    }
    let exit = ends(&done);
    if !see.quiet {
        done.warnings.iter().for_each(|warning| console::warning(warning.with_names(&flag)));
        done.names_never_seen.iter().for_each(|name| console::warning(name.with_names(&flag)));
        console::left_out(done.records_failed, done.bytes_failed, done.quarantine.as_deref(), 0);
    }
    if see.verbose {
        console::note(&done.to_string());
    }
    dashboard::report(|| metrics::json(&done, &Ended::Well(exit).of(&said), &flags::shown(&settings), &flag));
    let written = report.map_or(Ok(()), |report| report.write(&done, &settings, &said, Ended::Well(exit)));
    if let Err(error) = written {
        return Err(profiling.end_failed(error));
    }
    // It says so where it is not an error.
    ceiling(strict, see.quiet, done.peak_rss_bytes, settings.memory_limit);
    profiling.end(Some(&done))?;
    Ok(exit)
}

const COUNTS_GO_THERE: &str = "the counts already go to standard output\n  Give a file for the report.";

/// Explains how the first file would be counted.
fn explain(files: &[PathBuf], what: What, settings: &Settings) -> Result<(), Error> {
    let text = explain_count(source(&files[0]), what, settings)?;
    if files.len() > 1 {
        console::print(&format!("inputs           the first of {}\n", files.len()))?;
    }
    console::print(&text)
}

/// The files to count.
struct Files {
    paths: Vec<PathBuf>,
    what: What,
    /// The width of a number.
    width: usize,
    counting: Counting,
    exit: Exit,
}

impl Files {
    /// Counts the files, or standard input without a name, and prints the numbers.
    fn count_as(&mut self, nameless: bool, columns: usize) -> Result<(), Error> {
        if !nameless {
            return self.count_all(columns);
        }
        let counted = self.count(Path::new("-"))?;
        console::print(&line(&numbers(&counted, self.what), self.width, None))
    }

    fn count(&mut self, path: &Path) -> Result<Counted, Error> {
        let counted = self.counting.count(source(path), self.what)?;
        if counted.failed > 0 && counted.records == Some(0) {
            console::error(format_args!("{}: every record is bad", wording::input(path)));
            self.exit = self.exit.or(Exit::BadData);
        }
        Ok(counted)
    }

    /// Counts one file after another. A file that can't be counted is reported and skipped, as `wc` does.
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
                // A stop ends everything, not just this file; and the limit for bad records is for all files together.
                Err(error) if error.class() == ErrorClass::Stopped || error.is_too_many() => return Err(error),
                Err(error) => {
                    console::error(worded(&error));
                    self.exit = self.exit.or(Exit::of(&error));
                    self.counting.fail(path.clone(), error);
                    self.paths.push(path);
                }
            }
        }
        if self.paths.len() > 1 {
            console::print(&line(&total, self.width, Some(Path::new("total"))))?;
        }
        Ok(())
    }
}

/// The width of a number, chosen as in GNU `wc`: that of the sum of the sizes, and at least 7 if one of the files is
/// not a regular one.
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

/// The size of a regular file; `Some(None)`: not a regular file; `None`: not available.
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
