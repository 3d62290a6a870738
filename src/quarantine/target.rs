//! The file that bad records are written into.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crc32fast::Hasher;

use crate::compress::Codec;
use crate::error::{Error, Result};
use crate::job::settings::{OnError, Settings};
use crate::quarantine::{Bad, Head, line};
use crate::sink::TargetSpec;
use crate::sink::{Target, beside, whole_path};
use crate::sys::Stop;

/// Lines are written together, about this many bytes at a time.
const PAGE: usize = 64 << 10;

/// Where the quarantine of a job is to be; none if it has none.
pub(crate) fn place_for(settings: &Settings, target: &TargetSpec) -> Result<Option<PathBuf>> {
    if settings.on_error == OnError::Fail && settings.max_errors.is_some() {
        return Err(Error::usage(
            "⟨max_errors⟩ says how many bad records may be left out\n  Give ⟨on_error skip⟩ or ⟨on_error quarantine⟩ too.",
        ));
    }
    match (settings.on_error, &settings.quarantine, target.path()) {
        (OnError::Quarantine, Some(path), _) => checked(path, target).map(Some),
        (OnError::Quarantine, None, Some(target)) if !is_device(target) => Ok(Some(usual_place(target))),
        (OnError::Quarantine, None, _) => Err(Error::usage(
            "the output is not a file, so there is no usual place for the quarantine\n  Name one with ⟨quarantine FILE⟩, or leave out bad records with ⟨on_error skip⟩",
        )),
        (_, Some(path), _) => Err(Error::usage(format!(
            "⟨quarantine {}⟩ needs ⟨on_error quarantine⟩\n  Give ⟨on_error quarantine⟩ too.",
            path.display()
        ))),
        (_, None, _) => Ok(None),
    }
}

/// Where the quarantine of a target is unless another place is named.
pub fn usual_place(target: &Path) -> PathBuf {
    beside(target, "", ".quarantine.ndjson")
}

fn checked(path: &Path, target: &TargetSpec) -> Result<PathBuf> {
    if Codec::from_path(path).is_some() {
        return Err(Error::usage(format!(
            "a quarantine is never compressed, but {} has the name of a compressed file\n  Give it another name.",
            path.display()
        )));
    }
    match target.path() {
        Some(target) if whole_path(target) == whole_path(path) && !is_device(path) => {
            Err(Error::usage(format!("{} is the output; the quarantine needs a file of its own", path.display())))
        }
        _ => Ok(path.to_path_buf()),
    }
}

fn is_device(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| !metadata.is_file())
}

/// An open quarantine. It gets its name at the end, if there is anything in it.
pub(crate) struct Quarantine {
    target: Arc<Target>,
    path: PathBuf,
    /// What has that name may go.
    force: bool,
    /// The line before the bad records of the present source.
    head: Vec<u8>,
    head_is_due: bool,
    len: u64,
    crc: Hasher,
    /// Lines that are to be written.
    page: Vec<u8>,
    /// Why they can't be.
    error: Option<Error>,
}

/// How much of a quarantine was written at some time, and the checksum of it.
pub(super) struct Written {
    len: u64,
    crc: Hasher,
}

impl Quarantine {
    /// Starts a new file.
    pub fn create(path: PathBuf, force: bool, stop: Option<&Stop>) -> Result<Quarantine> {
        let target = Target::open(&path, force, stop)?;
        Ok(Quarantine::new(target, path, force, 0, 0))
    }

    /// Goes on after the first `len` bytes of what another run wrote; `crc` is their checksum.
    pub fn resume(path: PathBuf, force: bool, part: &Path, len: u64, crc: u32) -> Result<Quarantine> {
        let target = Target::resumable(&path, force, part, len)?;
        Ok(Quarantine::new(target, path, force, len, crc))
    }

    fn new(target: Target, path: PathBuf, force: bool, len: u64, crc: u32) -> Quarantine {
        Quarantine {
            target: Arc::new(target),
            path,
            force,
            head: Vec::new(),
            head_is_due: len == 0,
            len,
            crc: Hasher::new_with_initial_len(crc, len),
            page: Vec::with_capacity(PAGE + PAGE / 8),
            error: None,
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it is written.
    pub fn target(&self) -> &Arc<Target> {
        &self.target
    }

    /// How long it is, and its checksum.
    pub fn state(&self) -> (u64, u32) {
        (self.len, self.crc.clone().finalize())
    }

    /// The bad records of another source follow.
    pub fn begin(&mut self, head: &Head) {
        // Only one source can be gone on with, and has its head already.
        self.head_is_due = self.len == 0 || !self.head.is_empty();
        self.head = head.line();
    }

    /// Adds a bad record, number `record` of `file`.
    pub fn add(&mut self, bad: &Bad, file: &Path, record: u64, raw: Option<&[u8]>) -> Result<()> {
        if std::mem::take(&mut self.head_is_due) {
            let head = std::mem::take(&mut self.head);
            self.page.extend_from_slice(&head);
            self.head = head;
        }
        let written = line::write(bad, file, record, raw, self);
        written.map_err(|e| self.error.take().unwrap_or_else(|| Error::io("write to", &self.path, e)))
    }

    /// Writes what was added.
    pub fn flush(&mut self) -> Result<()> {
        self.target.write(&self.page, self.len)?;
        self.crc.update(&self.page);
        self.len += self.page.len() as u64;
        self.page.clear();
        Ok(())
    }

    /// What is there now, to go back to.
    pub(super) fn mark(&self) -> Written {
        Written { len: self.len, crc: self.crc.clone() }
    }

    /// Takes back what was written since. Nobody may be adding.
    pub(super) fn back(&mut self, Written { len, crc }: Written) -> Result<()> {
        self.page.clear();
        // A head that was written since is written again.
        self.head_is_due |= len < self.len;
        (self.len, self.crc) = (len, crc);
        self.target.truncate(len)
    }

    /// Starts from the beginning: what was written is void.
    pub fn restart(&mut self) -> Result<()> {
        self.page.clear();
        (self.head_is_due, self.len, self.crc) = (true, 0, Hasher::new());
        self.target.restart()
    }

    /// Gives it its name, if there is anything in it, and returns that name. What had that name before
    /// goes in any case.
    pub fn finish(self) -> Result<Option<PathBuf>> {
        let Some(target) = Arc::into_inner(self.target) else {
            return Err(Error::usage("the quarantine is still being written"));
        };
        if self.len > 0 || target.file_path().is_none() {
            target.finish()?;
            return Ok(Some(self.path).filter(|_| self.len > 0));
        }
        drop(target);
        if !self.force {
            return Ok(None);
        }
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", &self.path, error)),
            _ => Ok(None),
        }
    }

    /// Leaves it under its temporary name.
    pub fn keep(self) -> Result<()> {
        Arc::into_inner(self.target).map_or(Ok(()), Target::keep)
    }
}

/// Adds to the page.
impl io::Write for Quarantine {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.page.extend_from_slice(bytes);
        if self.page.len() >= PAGE
            && let Err(error) = Quarantine::flush(self)
        {
            let plain = io::Error::other(error.to_string());
            self.error = Some(error);
            return Err(plain);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
