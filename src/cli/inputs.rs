//! What a command reads: operands, and lists of paths.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};

use pagemill::config::flags::Said;
use pagemill::error::Error;
use pagemill::source::Listed;

use super::found::{Folders, expand, read_list};
use super::paths::{is_list, is_same};
use super::{commands, tips};

/// The inputs of a command.
pub struct Inputs {
    operands: Vec<PathBuf>,
    /// The list of further inputs.
    list: Option<PathBuf>,
    zero_terminated: bool,
}

impl Inputs {
    /// The inputs typed; an older spelling has a flag for them.
    pub fn of(said: &Said, operands: Vec<OsString>) -> Inputs {
        let operands =
            operands.into_iter().chain(said.values("input").map(OsString::from)).map(PathBuf::from).collect();
        let list = said.path("files-from").map(Path::to_path_buf);
        Inputs { operands, list, zero_terminated: said.has("zero-terminated") }
    }

    /// The second of two operands, which is the output if the command was omitted. `named`: an output was also given by
    /// a flag.
    pub fn in_and_out(&mut self, named: bool) -> Result<Option<PathBuf>, Error> {
        let is_command = |word: &&str| commands::named(word).is_some() && !Path::new(word).exists();
        if let Some(command) = self.operands.iter().filter_map(|path| path.to_str()).find(is_command) {
            return Err(tips::command_first(command));
        }
        if self.operands.len() > 2 {
            tips::no_input(&self.operands).map_or(Ok(()), Err)?;
        }
        match self.operands.len() {
            0 | 1 => Ok(None),
            2 if !named => Ok(self.operands.pop()),
            count => Err(Error::usage(format!(
                "without a command there is one input and at most one output, but here are {} paths\n  To convert several inputs: pagemill convert {} …",
                count,
                self.operands[0].display()
            ))),
        }
    }

    /// The first operand, quoted for a shell.
    pub fn shown(&self) -> String {
        let first = self.operands.first().map(|path| path.to_string_lossy());
        first.map_or_else(|| "INPUT".to_owned(), |first| tips::quoted(&first).into_owned())
    }

    /// Whether a path leads to one of the operands.
    pub fn has(&self, path: &Path) -> bool {
        self.operands.iter().any(|operand| is_same(operand, path))
    }

    /// Whether there are no inputs.
    pub fn is_empty(&self) -> bool {
        self.operands.is_empty() && self.list.is_none()
    }

    /// The operands. Standard input if there is nothing else to read.
    pub fn take(&mut self) -> Result<Vec<PathBuf>, Error> {
        if self.is_empty() {
            if io::stdin().is_terminal() {
                return Err(Error::usage(
                    "there is no input: no file is named, and standard input is a terminal\n  Name a file, or give - to type the input.",
                ));
            }
            return Ok(vec![PathBuf::from("-")]);
        }
        let inputs = std::mem::take(&mut self.operands);
        tips::number_after_n(&inputs).map_or(Ok(inputs), Err)
    }

    /// The list of paths, or `-`.
    pub fn list_path(&self) -> Option<PathBuf> {
        self.list.clone()
    }

    /// All files that these operands and the list name, at least one.
    pub fn list(&self, inputs: &[PathBuf], folders: Folders<'_>) -> Result<Vec<Listed>, Error> {
        let mut sources = expand(inputs, folders)?;
        if let Some(list) = &self.list {
            for path in read_names(list, self.zero_terminated)? {
                // A name in a list is never taken for a pattern.
                match folders.recursive && path.is_dir() {
                    true => sources.extend(expand(&[path], folders)?),
                    false => sources.push(Listed::file(path)),
                }
            }
        }
        let stdin = Path::new("-");
        let read = sources.iter().filter(|source| source.path == stdin).count();
        if read + usize::from(self.list.as_deref() == Some(stdin)) > 1 {
            return Err(Error::usage("standard input can be read only once, but it (-) is named more than once"));
        }
        if sources.is_empty() {
            return Err(Error::usage("there is no input: the list names no files"));
        }
        Ok(sources)
    }
}

/// Refuses to write onto a file that the run reads beside its inputs: the `list` of them, a schema, a configuration.
///
/// # Errors
/// Usage: one of these files is written.
pub fn refuse_read<'w>(
    said: &Said,
    list: Option<&Path>,
    written: impl IntoIterator<Item = &'w Path>,
) -> Result<(), Error> {
    let read = |name, what| said.path(name).map(|path| (path, what));
    let read = [list.map(|list| (list, "list of inputs")), read("schema", "schema"), read("config", "configuration")];
    for path in written {
        let same = |(read, _): &(&Path, &str)| is_list(read, path) || is_same(read, path);
        if let Some((_, what)) = read.into_iter().flatten().find(same) {
            return Err(Error::usage(format!(
                "{} is the {what}; writing to it would destroy it\n  Write to another file.",
                path.display()
            )));
        }
    }
    Ok(())
}

/// The paths of `--files-from`.
fn read_names(list: &Path, zero_terminated: bool) -> Result<Vec<PathBuf>, Error> {
    let reader: Box<dyn BufRead> = match list == Path::new("-") {
        true => Box::new(io::stdin().lock()),
        false => Box::new(BufReader::new(File::open(list).map_err(|e| Error::io("open", list, e))?)),
    };
    read_list(list, reader, zero_terminated)
}
