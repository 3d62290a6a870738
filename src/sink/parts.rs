//! The parts that an output is split into: many files, few of them open.
//!
//! What is written to a part waits in a buffer. When all buffers together are full, each is appended to its file, which is
//! open only meanwhile. Until a part is whole, its file is in a folder of its own, beside where it will be.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::{TempDir, TempPath};

use super::encoded::Recode;
use super::file;
use super::part_names::PART;
use super::target::Target;
use crate::compress::{Blocking, Blocks, Packing};
use crate::error::{Error, Result};
use crate::memory::{Budget, Reservation};
use crate::sys::FileId;

/// What the buffers of all parts take, as one part in this many of the memory limit, and at most.
const SHARE: usize = 16;
const MOST: usize = 16 << 20;
/// The same of what is left when all else is planned, and at least.
const PARTS: usize = 8;
const LEAST: usize = 64 << 10;

/// How much of a part is read at a time when it is whole.
const PIECE: usize = 64 << 10;

/// Buffers grow by at least this many bytes.
const STEP: usize = 256;

/// What a part takes besides its name, in bytes: its entry, its buffer's and those in tables, and what the heap adds.
const ENTRY: usize = 400;

/// What to do when there is no memory for more parts.
const INSTEAD: &str = "split into fewer files";

/// One file of the output.
struct Part {
    path: PathBuf,
    /// How many bytes it has, those in its buffer included.
    len: u64,
    records: u64,
    buffer: Vec<u8>,
    /// It is under its own name.
    is_whole: bool,
}

/// A part that was written.
pub(crate) struct Written {
    pub path: PathBuf,
    pub records: u64,
    pub bytes: u64,
}

/// What is done to a part when it is whole, so that its bytes are those of any other file with its records: doing so while
/// it grows would take an encoder for each part, or make the bytes depend on how much memory there is.
pub(crate) struct Wrap {
    /// How it is compressed.
    pub packing: Option<Packing>,
    /// How its records are put into blocks, if its format does so.
    pub blocks: Option<(Blocking, Arc<dyn Blocks>)>,
    /// The encoding that it gets, if that is not UTF-8.
    pub recode: Option<Recode>,
}

/// The files of an output that is split.
pub(crate) struct Parts {
    /// The path of a part, with [`PART`] in it.
    template: String,
    force: bool,
    /// What must not be written to.
    sources: Vec<FileId>,
    wrap: Wrap,
    /// Removed at the end, with what is in it.
    _folder: TempDir,
    /// The folders around it that were made for the parts.
    made: Made,
    /// The path of a file in it, to be filled in.
    place: PathBuf,
    parts: Vec<Part>,
    /// The last file that was appended to.
    open: Option<(usize, File)>,
    /// What is in buffers, and for how much they have room.
    buffered: usize,
    room: usize,
    most: usize,
    /// What names and entries take.
    entries: usize,
    /// How many bytes all parts got.
    appended: u64,
    held: Option<Reservation>,
}

impl Parts {
    /// No parts yet. Missing folders before the part's name are made.
    ///
    /// # Errors
    /// Usage: the template names no part. The folder can't be made.
    pub fn new(template: &Path, force: bool, limit: usize, sources: Vec<FileId>, wrap: Wrap) -> Result<Parts> {
        let shown = template.display();
        let Some(template) = template.to_str().filter(|template| template.contains(PART)) else {
            return Err(Error::usage(format!(
                "{shown} is one file, and the output becomes many\n  Put {PART} where the name of each belongs: ⟨target⟩ 'out/{PART}.csv'"
            )));
        };
        let before = template.split(PART).next().unwrap_or_default();
        let base = Path::new(before).parent().filter(|_| !before.ends_with('/')).unwrap_or(Path::new(before));
        let base = if base.as_os_str().is_empty() { Path::new(".") } else { base };
        let made = Made::around(base);
        fs::create_dir_all(base).map_err(|e| Error::io("create the folder", base, e))?;
        let folder = tempfile::Builder::new().prefix(".parts.").suffix(".pagemill").tempdir_in(base);
        let folder = folder.map_err(|e| Error::io("create a folder in", base, e))?;
        Ok(Parts {
            template: template.to_owned(),
            force,
            sources,
            wrap,
            place: folder.path().join("0"),
            _folder: folder,
            made,
            parts: Vec::new(),
            open: None,
            buffered: 0,
            room: 0,
            most: (limit / SHARE).min(MOST),
            entries: 0,
            appended: 0,
            held: None,
        })
    }

    /// Goes on with a source that has this budget, of which `more` bytes are for somebody else.
    ///
    /// # Errors
    /// Memory: there is none for the parts that there are.
    pub fn go_on(&mut self, budget: &Budget, more: usize) -> Result<()> {
        let mut held = budget.open("parts of the output", INSTEAD);
        // Large records need some of what is left too.
        let left = budget.limit().saturating_sub(budget.reserved());
        self.most = self.most.min(left / PARTS).max(LEAST);
        // Buffers may have room for as much again.
        held.try_grow(2 * self.most + self.entries + more)?;
        self.held = Some(held);
        Ok(())
    }

    /// A new part, which begins with `prefix`; its number.
    ///
    /// # Errors
    /// Usage: its file exists. Memory: there is none for more parts.
    pub fn add(&mut self, name: &str, prefix: &[u8]) -> Result<usize> {
        let path = PathBuf::from(self.template.replace(PART, name));
        let size = ENTRY + 4 * path.as_os_str().len();
        self.entries += size;
        self.held.as_mut().map_or(Ok(()), |held| held.try_grow(size))?;
        let (_, existing) = file::place(&path, self.force)?;
        if existing.is_some_and(|existing| existing.is_dir()) {
            return Err(Error::usage(format!("{} is a folder\n  Write to another place.", path.display())));
        }
        if FileId::of_path(&path).is_some_and(|own| self.sources.contains(&own)) {
            return Err(Error::usage(format!(
                "{} is an input; writing to it would destroy it\n  Write to another folder.",
                path.display()
            )));
        }
        self.parts.push(Part { path, len: 0, records: 0, buffer: Vec::new(), is_whole: false });
        let part = self.parts.len() - 1;
        self.append(part, prefix)?;
        Ok(part)
    }

    /// How many bytes a part has, and how many records.
    pub fn size(&self, part: usize) -> (u64, u64) {
        (self.parts[part].len, self.parts[part].records)
    }

    /// How many bytes all parts got, before any was compressed.
    pub fn appended(&self) -> u64 {
        self.appended
    }

    /// Some more records are in a part.
    pub fn count(&mut self, part: usize, records: u64) {
        self.parts[part].records += records;
    }

    /// Adds bytes to a part.
    ///
    /// # Errors
    /// They can't be written.
    pub fn append(&mut self, part: usize, bytes: &[u8]) -> Result<()> {
        self.parts[part].len += bytes.len() as u64;
        self.appended += bytes.len() as u64;
        if self.buffered + bytes.len() > self.most {
            self.flush_all()?;
        }
        if bytes.len() > self.most {
            return self.write(part, bytes);
        }
        let buffer = &mut self.parts[part].buffer;
        let before = buffer.capacity();
        if before - buffer.len() < bytes.len() {
            // In small steps: room that one part does not use is missing for the others.
            buffer.reserve_exact(bytes.len().max(STEP).max(before / 8));
        }
        buffer.extend_from_slice(bytes);
        self.room += buffer.capacity() - before;
        self.buffered += bytes.len();
        Ok(())
    }

    /// Writes what is in buffers. Their memory is given back if it is more than was reserved.
    fn flush_all(&mut self) -> Result<()> {
        let gives_back = self.room > 2 * self.most;
        for part in 0..self.parts.len() {
            self.flush(part)?;
            if gives_back {
                self.parts[part].buffer = Vec::new();
            }
        }
        if gives_back {
            self.room = 0;
        }
        Ok(())
    }

    /// Writes what is in the buffer of a part.
    fn flush(&mut self, part: usize) -> Result<()> {
        if self.parts[part].buffer.is_empty() {
            return Ok(());
        }
        let mut buffer = std::mem::take(&mut self.parts[part].buffer);
        let written = self.write(part, &buffer);
        self.buffered -= buffer.len();
        buffer.clear();
        self.parts[part].buffer = buffer;
        written
    }

    fn write(&mut self, part: usize, bytes: &[u8]) -> Result<()> {
        self.find(part);
        let path = &self.parts[part].path;
        let failed = |e| Error::io("write to", path, e);
        if self.open.as_ref().is_none_or(|(other, _)| *other != part) {
            // The other one is closed first.
            self.open = None;
            let file = OpenOptions::new().create(true).append(true).open(&self.place);
            self.open = Some((part, file.map_err(failed)?));
        }
        let Some((_, file)) = &mut self.open else { return Ok(()) };
        file.write_all(bytes).map_err(failed)
    }

    /// Fills in the path at which a part is before it is whole. This allocates nothing.
    fn find(&mut self, part: usize) {
        let mut text = [0; 20];
        let mut rest = &mut text[..];
        let _ = write!(rest, "{part}");
        let left = rest.len();
        let len = text.len() - left;
        self.place.set_file_name(str::from_utf8(&text[..len]).unwrap_or_default());
    }

    /// Ends a part: it appears under its name.
    ///
    /// # Errors
    /// It can't be written, or there is something of that name.
    pub fn finish(&mut self, part: usize, suffix: &[u8]) -> Result<()> {
        self.append(part, suffix)?;
        self.flush(part)?;
        // An empty one has no file yet.
        self.write(part, b"")?;
        self.room -= self.parts[part].buffer.capacity();
        self.parts[part].buffer = Vec::new();
        let path = self.parts[part].path.clone();
        if let Some((_, file)) = self.open.take() {
            crate::sys::close_copy(&file).map_err(|e| Error::io("write to", &path, e))?;
        }
        let failed = |e| Error::io("rename the temporary file to", &path, e);
        // A link stays one.
        let (place, _) = file::place(&path, self.force)?;
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder).map_err(|e| Error::io("create the folder", folder, e))?;
        }
        let own = TempPath::try_from_path(&self.place).map_err(failed)?;
        match self.force {
            _ if self.wrap.packing.is_some() || self.wrap.blocks.is_some() || self.wrap.recode.is_some() => {
                self.parts[part].len = self.wrap.write(&own, &place, self.force)?;
            }
            true => own.persist(&place).map_err(|e| failed(e.error))?,
            false => own.persist_noclobber(&place).map_err(|e| failed(e.error))?,
        }
        self.parts[part].is_whole = true;
        Ok(())
    }

    /// Ends all parts that are not whole. What was written.
    pub fn finish_all(mut self, suffix: &[u8]) -> Result<Vec<Written>> {
        for part in 0..self.parts.len() {
            if !self.parts[part].is_whole {
                self.finish(part, suffix)?;
            }
        }
        self.made.0.clear();
        let written = |Part { path, len, records, .. }: Part| Written { path, records, bytes: len };
        Ok(self.parts.into_iter().map(written).collect())
    }

    /// The parts that are not whole.
    pub fn unfinished(&self) -> impl Iterator<Item = usize> + use<> {
        let parts: Vec<usize> = (0..self.parts.len()).filter(|part| !self.parts[*part].is_whole).collect();
        parts.into_iter()
    }
}

/// Folders that were not there before, the innermost one first. If the run fails, those in which nothing is are removed.
struct Made(Vec<PathBuf>);

impl Made {
    /// A folder that will be made, with those around it that will be made too.
    fn around(folder: &Path) -> Made {
        let missing = |folder: &&Path| !folder.as_os_str().is_empty() && folder.symlink_metadata().is_err();
        Made(folder.ancestors().take_while(missing).map(Path::to_path_buf).collect())
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        for folder in &self.0 {
            if fs::remove_dir(folder).is_err() {
                return;
            }
        }
    }
}

impl Wrap {
    /// Writes what is in a file to another one. Returns its length.
    fn write(&self, from: &Path, to: &Path, force: bool) -> Result<u64> {
        let mut target = Target::open(to, force, None)?;
        if let Some(packing) = &self.packing {
            target = target.packed(packing)?;
        }
        if let Some((blocking, blocks)) = &self.blocks {
            target = target.in_blocks(Arc::clone(blocks), blocking)?;
        }
        if let Some(recode) = &self.recode {
            target = target.encoded(recode.clone());
        }
        let failed = |e| Error::read(from, e);
        let mut file = File::open(from).map_err(failed)?;
        let (mut room, mut at) = (vec![0; PIECE], 0);
        loop {
            let len = match file.read(&mut room) {
                Ok(len) => len,
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(e) => return Err(failed(e)),
            };
            if len == 0 {
                break;
            }
            target.write(&room[..len], at)?;
            at += len as u64;
        }
        let len = target.flush()?.unwrap_or(at);
        target.finish()?;
        Ok(len)
    }
}
