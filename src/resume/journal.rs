//! The file of checkpoints: one JSON text a line, each with its checksum before it. A line that was not written
//! to its end ends the journal.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::resume::entry::{Entry, Reached};
use crate::resume::identity::Identity;
use crate::resume::runs::whole_folder;
use crate::resume::whole::Whole;
use crate::sink::open_left;
use crate::source::place;

/// The present format of journals. One of another format is not continued.
const FORMAT: u32 = 3;

/// What a journal begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Begin {
    /// Of pagemill: another one may write other bytes.
    version: String,
    /// Of the journal itself: which settings it names, and how.
    #[serde(default)]
    format: u32,
    #[serde(default)]
    sources: Vec<Identity>,
    settings: BTreeMap<String, String>,
    /// Where the runs of a sort are, if that is not the folder of the target.
    #[serde(default)]
    folder: Option<String>,
    /// The columns that were found in the data.
    pub columns: Option<Vec<String>>,
}

/// What is in a journal.
pub(crate) struct Found {
    pub begin: Begin,
    pub entries: Vec<Entry>,
    /// The checkpoints of a sort.
    pub sorted: Vec<Reached>,
    /// The quarantine was going to get its name.
    pub named: Option<Named>,
    /// The target was going to get its name.
    pub whole: Option<Whole>,
}

/// The quarantine gets its name: its length and CRC-32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Named {
    pub named: u64,
    pub crc: u32,
}

/// A line after the beginning.
#[derive(Deserialize)]
#[serde(untagged)]
enum Behind {
    Entry(Box<Entry>),
    Sorted(Box<Reached>),
    Named(Named),
    Whole(Box<Whole>),
}

impl Begin {
    pub fn new(source: Identity, settings: BTreeMap<String, String>) -> Begin {
        Begin::of(vec![source], settings, None)
    }

    /// That of a sort, whose runs are in this folder.
    pub fn sorting(sources: Vec<Identity>, settings: BTreeMap<String, String>, folder: Option<String>) -> Begin {
        Begin::of(sources, settings, folder)
    }

    fn of(sources: Vec<Identity>, settings: BTreeMap<String, String>, folder: Option<String>) -> Begin {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Begin { version, format: FORMAT, sources, settings, folder, columns: None }
    }

    /// Refuses to go on with another job.
    pub fn check(&self, before: &Begin, target: &Path) -> Result<()> {
        let changed = if self.version != before.version {
            Some(format!("the earlier run was made by pagemill {}", before.version))
        } else if self.format != before.format {
            Some("another build of pagemill made the earlier run".to_owned())
        } else if self.sources != before.sources {
            Some("its input has changed".to_owned())
        } else {
            let other = |(name, text): &(&String, &String)| before.settings.get(*name) != Some(*text);
            let gone = || before.settings.iter().find(|(name, _)| !self.settings.contains_key(*name));
            self.settings.iter().find(other).or_else(gone).map(|(name, _)| match name.as_str() {
                "options" => "the settings of the formats have changed".to_owned(),
                name => format!("the settings ⟨{name}⟩ have changed"),
            })
        };
        match changed {
            None => Ok(()),
            Some(reason) => Err(Error::usage(format!(
                "{} can't be resumed: {reason}\n  Leave out ⟨resume⟩ to start from the beginning.",
                target.display()
            ))),
        }
    }
}

impl Found {
    /// What is in the text of a journal; none if it has no beginning.
    pub fn of(text: &[u8]) -> Option<Found> {
        let mut lines = text.split_inclusive(|byte| *byte == b'\n').map_while(content);
        let begin = lines.next().and_then(|line| serde_json::from_slice(line).ok())?;
        let mut found = Found { begin, entries: Vec::new(), sorted: Vec::new(), named: None, whole: None };
        for line in lines.map_while(|line| serde_json::from_slice(line).ok()) {
            match line {
                Behind::Entry(entry) => found.entries.push(*entry),
                Behind::Sorted(reached) => found.sorted.push(*reached),
                Behind::Named(named) => found.named = Some(named),
                Behind::Whole(whole) => found.whole = Some(*whole),
            }
        }
        Some(found)
    }

    /// The folders in which a sort of `target` has its runs.
    pub fn folders(&self, target: &Path) -> Vec<PathBuf> {
        let entries = self.sorted.iter().map(|entry| &entry.folder);
        let mut folders: Vec<_> = entries.chain([&self.begin.folder]).map(|name| whole_folder(name, target)).collect();
        folders.sort_unstable();
        folders.dedup();
        folders
    }
}

/// What a journal says of `target`, if that is whole and the file that the journal speaks of.
///
/// # Errors
/// Usage: the run before was another one than this, or is still there. Io.
pub(crate) fn whole(target: &Path, journal: &Path, begin: &Begin) -> Result<Option<Whole>> {
    let Ok(there) = fs::metadata(target) else { return Ok(None) };
    let Some(mut file) = open_left(journal)? else { return Ok(None) };
    lock(&file, target)?;
    let mut text = Vec::new();
    file.read_to_end(&mut text).map_err(|e| Error::io("read", journal, e))?;
    match Found::of(&text) {
        Some(Found { whole: Some(whole), begin: before, .. }) if whole.is(&there) => {
            begin.check(&before, target).map(|()| Some(whole))
        }
        _ => Ok(None),
    }
}

/// An open journal, which no other run has.
pub(crate) struct Journal {
    path: PathBuf,
    paper: Mutex<Paper>,
    has_entries: AtomicBool,
    /// Data reaches the disk before a checkpoint speaks of it.
    pub durable: bool,
}

/// The file, and room for a line of it, so that a checkpoint allocates nothing.
struct Paper {
    file: File,
    line: Vec<u8>,
}

/// How often another run may be faster in making or removing the file.
const TRIES: usize = 10;

/// An entry is never longer, in bytes.
const LINE: usize = 1024;

impl Journal {
    /// Opens the journal at `path`, of the run that writes `target`.
    pub fn open(path: &Path, target: &Path, durable: bool) -> Result<Journal> {
        let mut file = open_or_make(path)?;
        lock(&file, target)?;
        // The run that had it until now may have removed it. (Not every filesystem shows that for sure.)
        let is_named =
            |file: &File| Ok::<_, io::Error>(place(&fs::symlink_metadata(path)?) == place(&file.metadata()?));
        for _ in 0..TRIES {
            if is_named(&file).unwrap_or(false) {
                break;
            }
            file = open_or_make(path)?;
            lock(&file, target)?;
        }
        let paper = Mutex::new(Paper { file, line: Vec::with_capacity(LINE) });
        Ok(Journal { path: path.to_path_buf(), paper, has_entries: false.into(), durable })
    }

    fn failed(&self, error: io::Error) -> Error {
        Error::io("write to", &self.path, error)
    }

    fn file(&mut self) -> &mut File {
        &mut self.paper.get_mut().unwrap_or_else(|poisoned| poisoned.into_inner()).file
    }

    /// What is in it; none if it has no beginning.
    pub(crate) fn read(&mut self) -> Result<Option<Found>> {
        let mut text = Vec::new();
        let read = self.file().seek(SeekFrom::Start(0)).and_then(|_| self.file().read_to_end(&mut text));
        read.map_err(|e| Error::io("read", &self.path, e))?;
        Ok(Found::of(&text))
    }

    /// Goes on after the first `count` checkpoints of a sort: what follows them is cut off.
    pub fn keep_sorted(&mut self, count: usize) -> Result<()> {
        let mut kept = Vec::new();
        if let Some(found) = self.read()?.filter(|_| count > 0) {
            write_line(&found.begin, &mut kept);
            found.sorted.iter().take(count).for_each(|entry| write_line(entry, &mut kept));
        }
        *self.has_entries.get_mut() = count > 0;
        self.cut(kept.len())
    }

    /// Goes on after `entry`: what follows it is cut off. Without one, everything is.
    pub fn keep(&mut self, entry: Option<&Entry>) -> Result<()> {
        let mut kept = Vec::new();
        if let Some(entry) = entry
            && let Some(found) = self.read()?
        {
            write_line(&found.begin, &mut kept);
            for other in &found.entries {
                write_line(other, &mut kept);
                if other == entry {
                    break;
                }
            }
        }
        *self.has_entries.get_mut() = entry.is_some();
        self.cut(kept.len())
    }

    fn cut(&mut self, len: usize) -> Result<()> {
        let file = self.file();
        let cut = file.set_len(len as u64).and_then(|()| file.seek(SeekFrom::End(0)));
        cut.map(drop).map_err(|e| self.failed(e))
    }

    /// Writes the beginning, and takes away what was there.
    pub(crate) fn begin(&mut self, begin: &Begin) -> Result<()> {
        self.keep(None)?;
        let mut line = Vec::new();
        write_line(begin, &mut line);
        let written = self.file().write_all(&line);
        written.map_err(|e| self.failed(e))
    }

    /// Adds a checkpoint.
    pub fn append(&self, entry: &Entry) -> Result<()> {
        self.write(entry)?;
        self.has_entries.store(true, Relaxed);
        Ok(())
    }

    /// Adds a checkpoint of a sort.
    pub fn append_sorted(&self, reached: &Reached) -> Result<()> {
        self.write(reached)?;
        self.has_entries.store(true, Relaxed);
        Ok(())
    }

    /// Says that the quarantine gets its name.
    pub fn name(&self, named: u64, crc: u32) -> Result<()> {
        self.write(&Named { named, crc })
    }

    /// Says that the target gets its name. A run that is to go on after the end of this one knows it by that.
    pub fn whole(&self, whole: &Whole) -> Result<()> {
        self.write(whole)
    }

    fn write(&self, content: &impl Serialize) -> Result<()> {
        let mut paper = self.paper.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let Paper { file, line } = &mut *paper;
        line.clear();
        write_line(content, line);
        file.write_all(line).map_err(|e| self.failed(e))?;
        if self.durable {
            file.sync_data().map_err(|e| self.failed(e))?;
        }
        Ok(())
    }

    /// Whether a run could go on somewhere.
    pub fn has_entries(&self) -> bool {
        self.has_entries.load(Relaxed)
    }

    /// Removes the file. One that can't be removed does no harm: the next run empties it.
    pub fn remove(&self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Takes the journal for this run alone.
pub(crate) fn lock(journal: &File, target: &Path) -> Result<()> {
    match journal.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            Err(Error::usage(format!("another run is writing {} right now", target.display())))
        }
        // Not every filesystem has locks.
        Err(TryLockError::Error(_)) => Ok(()),
    }
}

/// Opens what an earlier run left, or makes a new one.
fn open_or_make(path: &Path) -> Result<File> {
    let make = || OpenOptions::new().read(true).write(true).create_new(true).open(path);
    let mut made = Err(io::ErrorKind::AlreadyExists.into());
    for _ in 0..TRIES {
        if let Some(file) = open_left(path)? {
            return Ok(file);
        }
        made = make();
        // Unless another run was faster.
        if !made.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::AlreadyExists) {
            break;
        }
    }
    made.map_err(|e| Error::io("create", path, e))
}

/// Appends a line: a checksum in eight hexadecimal digits, a space, JSON.
fn write_line(content: &impl Serialize, to: &mut Vec<u8>) {
    let start = to.len();
    to.extend_from_slice(b"00000000 ");
    // Memory takes everything, and these types have nothing that JSON can't hold.
    let written = serde_json::to_writer(&mut *to, content);
    let crc = crc32fast::hash(&to[start + 9..]);
    let marked = write!(&mut to[start..start + 8], "{crc:08x}");
    debug_assert!(written.is_ok() && marked.is_ok());
    to.push(b'\n');
}

/// The JSON of a line that was written to its end.
fn content(line: &[u8]) -> Option<&[u8]> {
    let (crc, json) = line.strip_suffix(b"\n")?.split_at_checked(9)?;
    let crc = u32::from_str_radix(std::str::from_utf8(crc.strip_suffix(b" ")?).ok()?, 16).ok()?;
    (crc32fast::hash(json) == crc).then_some(json)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::totals::Totals;
    use crate::source::{Access, FileStore, Source};

    fn entry(output: u64) -> Entry {
        Entry { input: 7, ..Entry::new(output, 1, true, &Totals::default()) }
    }

    /// Opens a journal that was closed: a process that another test starts may have its lock for a moment.
    fn opened_again(path: &Path, input: &Path) -> Journal {
        for _ in 0..200 {
            match Journal::open(path, input, false) {
                Err(error) if error.to_string().contains("another run") => {
                    std::thread::sleep(std::time::Duration::from_millis(10));
                }
                journal => return journal.unwrap(),
            }
        }
        panic!("{} stays locked", path.display());
    }

    /// Whatever is cut off: the lines before are found, and new ones follow them.
    #[test]
    fn a_torn_line_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let (path, input) = (folder.path().join("journal"), folder.path().join("input"));
        fs::write(&input, "content").unwrap();
        let source = Source::open(Box::new(FileStore::new(&input)), Access::default()).unwrap();
        let begin = Begin::new(Identity::of(&source, b"content"), BTreeMap::new());
        let mut journal = Journal::open(&path, &input, true).unwrap();
        journal.begin(&begin).unwrap();
        for output in [10, 20, 30] {
            journal.append(&entry(output)).unwrap();
        }
        drop(journal);
        let whole = fs::read(&path).unwrap();
        let ends: Vec<usize> = (0..whole.len()).filter(|at| whole[*at] == b'\n').map(|at| at + 1).collect();
        for len in 0..=whole.len() {
            fs::write(&path, &whole[..len]).unwrap();
            let mut journal = opened_again(&path, &input);
            let found = journal.read().unwrap();
            let lines = ends.iter().filter(|end| **end <= len).count();
            assert_eq!(found.as_ref().map(|found| found.entries.len() + 1).unwrap_or(0), lines, "{len}");
            if lines > 1 {
                journal.keep(Some(&entry(10))).unwrap();
                journal.append(&entry(40)).unwrap();
                let outputs: Vec<u64> = journal.read().unwrap().unwrap().entries.iter().map(|e| e.output).collect();
                assert_eq!(outputs, [10, 40]);
            }
        }
    }

    #[test]
    fn a_journal_has_one_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let first = Journal::open(&path, &path, false).unwrap();
        assert!(Journal::open(&path, &path, false).is_err());
        drop(first);
        assert!(Journal::open(&path, &path, false).is_ok());
    }
}
