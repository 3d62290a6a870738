//! What a command reads: operands, and lists of paths.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};

use clap::Args;
use pagemill::error::Error;
use pagemill::sink::whole_path;
#[cfg(unix)]
use pagemill::source::place;
use pagemill::source::{Folders, Listed, expand, read_list};

use super::request::file;
use super::{commands, tips};

/// The inputs of a command.
#[derive(Args, Debug)]
#[command(next_help_heading = "Input and output")]
pub struct Inputs {
    /// Files to read; - is standard input, which is the default. Also patterns such as 'data/**/*.csv', and folders with
    /// --recursive
    #[arg(value_name = "INPUT", help_heading = None::<&str>)]
    inputs: Vec<PathBuf>,
    /// Older spelling of INPUT
    #[arg(id = "input", long, value_name = "INPUT", conflicts_with = "inputs", hide = true)]
    input_flag: Option<PathBuf>,
    /// Read the paths of more inputs from a file, one per line; - is standard input
    #[arg(long, value_name = "LIST")]
    files_from: Option<PathBuf>,
    /// The paths of --files-from end with a zero byte, as `find -print0` writes them
    #[arg(short = '0', long)]
    zero_terminated: bool,
}

impl Inputs {
    /// Of two operands the second, which is the output where no command was said; `named`: another one is named.
    pub fn in_and_out(&mut self, named: bool) -> Result<Option<PathBuf>, Error> {
        let is_command = |word: &&str| commands::named(word).is_some() && !Path::new(word).exists();
        if let Some(command) = self.inputs.iter().filter_map(|path| path.to_str()).find(is_command) {
            return Err(tips::command_first(command));
        }
        if self.inputs.len() > 2 {
            tips::no_input(&self.inputs).map_or(Ok(()), Err)?;
        }
        match self.inputs.len() {
            0 | 1 => Ok(None),
            2 if !named => Ok(self.inputs.pop()),
            count => Err(Error::usage(format!(
                "without a command there is one input and at most one output, but here are {} paths\n  To convert several inputs: pagemill convert {} …",
                count,
                self.inputs[0].display()
            ))),
        }
    }

    /// The first operand, as a shell reads it.
    pub fn shown(&self) -> String {
        let first = self.inputs.first().map(|path| path.to_string_lossy());
        first.map_or_else(|| "INPUT".to_owned(), |first| tips::quoted(&first).into_owned())
    }

    /// Whether nothing is named.
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty() && self.input_flag.is_none() && self.files_from.is_none()
    }

    /// The operands. Standard input if nothing else is there to be read.
    pub fn take(&mut self) -> Result<Vec<PathBuf>, Error> {
        if self.is_empty() {
            if io::stdin().is_terminal() {
                return Err(Error::usage(
                    "there is no input: no file is named, and standard input is a terminal\n  Name a file, or give - to type the input.",
                ));
            }
            return Ok(vec![PathBuf::from("-")]);
        }
        let mut inputs = std::mem::take(&mut self.inputs);
        inputs.extend(self.input_flag.take());
        tips::number_after_n(&inputs).map_or(Ok(inputs), Err)
    }

    /// The list of paths, or `-`.
    pub fn list_path(&self) -> Option<PathBuf> {
        self.files_from.clone()
    }

    /// All files that these operands and the list stand for, at least one.
    pub fn list(&self, inputs: &[PathBuf], folders: Folders<'_>) -> Result<Vec<Listed>, Error> {
        let mut sources = expand(inputs, folders)?;
        if let Some(list) = &self.files_from {
            for path in read_names(list, self.zero_terminated)? {
                // What a list names is never taken for a pattern.
                match folders.recursive && path.is_dir() {
                    true => sources.extend(expand(&[path], folders)?),
                    false => sources.push(Listed::file(path)),
                }
            }
        }
        let stdin = Path::new("-");
        let read = sources.iter().filter(|source| source.path == stdin).count();
        if read + usize::from(self.files_from.as_deref() == Some(stdin)) > 1 {
            return Err(Error::usage("standard input can be read only once, but it (-) is named more than once"));
        }
        if sources.is_empty() {
            return Err(Error::usage("there is no input: the list names no files"));
        }
        Ok(sources)
    }
}

/// Whether a path is that of the list of inputs.
pub fn is_list(list: &Path, path: &Path) -> bool {
    match file(list) {
        Some(list) => file(path).is_some() && whole_path(list) == whole_path(path),
        None => is_stdin(path),
    }
}

/// Whether two paths lead to the same file, by links for example.
#[cfg(unix)]
pub fn is_same(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| fs::metadata(path).ok().as_ref().and_then(place);
    place(one).is_some_and(|found| place(other) == Some(found))
}

/// Elsewhere nothing tells.
#[cfg(not(unix))]
pub fn is_same(_one: &Path, _other: &Path) -> bool {
    false
}

/// Whether standard input was redirected from this file.
#[cfg(unix)]
fn is_stdin(path: &Path) -> bool {
    let place = |found: io::Result<fs::Metadata>| found.ok().filter(fs::Metadata::is_file).as_ref().and_then(place);
    let read = place(stdin_metadata());
    read.is_some() && read == place(fs::metadata(path))
}

/// Elsewhere nothing tells.
#[cfg(not(unix))]
fn is_stdin(_path: &Path) -> bool {
    false
}

/// Refuses to write onto the list of inputs.
///
/// # Errors
/// Usage: one of these files is the list.
pub fn refuse_list<'w>(list: Option<&Path>, written: impl IntoIterator<Item = &'w Path>) -> Result<(), Error> {
    let Some(list) = list else { return Ok(()) };
    match written.into_iter().find(|path| is_list(list, path)) {
        None => Ok(()),
        Some(path) => Err(Error::usage(format!(
            "{} is the list of inputs; writing to it would destroy it\n  Write to another file.",
            path.display()
        ))),
    }
}

/// What is known of standard input.
#[cfg(unix)]
pub fn stdin_metadata() -> io::Result<fs::Metadata> {
    use std::os::fd::AsFd;
    File::from(io::stdin().as_fd().try_clone_to_owned()?).metadata()
}

/// What is known of standard input.
#[cfg(windows)]
pub fn stdin_metadata() -> io::Result<fs::Metadata> {
    use std::os::windows::io::AsHandle;
    File::from(io::stdin().as_handle().try_clone_to_owned()?).metadata()
}

/// The paths of `--files-from`.
fn read_names(list: &Path, zero_terminated: bool) -> Result<Vec<PathBuf>, Error> {
    let reader: Box<dyn BufRead> = match list == Path::new("-") {
        true => Box::new(io::stdin().lock()),
        false => Box::new(BufReader::new(File::open(list).map_err(|e| Error::io("open", list, e))?)),
    };
    read_list(list, reader, zero_terminated)
}
