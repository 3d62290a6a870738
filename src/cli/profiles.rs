//! Profiles of a run: of the processor's time, and of allocations.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use pagemill::config::flags::Said;
use pagemill::error::Error;
use pagemill::metrics::Report;

use super::console;
use super::paths::file;
use super::worded::worded;

use cpu::Recorder;
use heap::Heap;

/// The profiles that were asked for.
#[derive(Default)]
pub struct Profiles {
    cpu: Option<PathBuf>,
    memory: Option<PathBuf>,
}

/// Profiles that are being made.
#[derive(Default)]
pub struct Profiling {
    cpu: Option<(Recorder, Output)>,
    memory: Option<(Heap, Output)>,
}

/// A file for a profile. Made before the run: if it can't be written, that must not come out after an hour's work.
struct Output {
    path: PathBuf,
    file: File,
    /// This run created the file, and has not begun to write it.
    is_new: bool,
}

impl Profiles {
    /// What the flags say.
    ///
    /// # Errors
    /// Usage: standard output, or a build or system that can't do it.
    pub fn of(said: &Said) -> Result<Profiles, Error> {
        let named = |name: &str| -> Result<Option<PathBuf>, Error> {
            let Some(path) = said.path(name) else { return Ok(None) };
            let Some(path) = file(path) else {
                return Err(Error::usage(format!(
                    "--{name}: a profile can't go to standard output\n  Name a file; ./- is one whose name is a hyphen."
                )));
            };
            Ok(Some(path.to_path_buf()))
        };
        let profiles = Profiles { cpu: named("cpuprofile")?, memory: named("memprofile")? };
        match cpu::MISSING.filter(|_| profiles.cpu.is_some()) {
            Some(missing) => Err(Error::usage(missing)),
            None => Ok(profiles),
        }
    }

    /// The files, with their flags.
    pub fn files(&self) -> [(&'static str, Option<&Path>); 2] {
        [("--cpuprofile", self.cpu.as_deref()), ("--memprofile", self.memory.as_deref())]
    }

    /// Refuses to replace files without `force`.
    ///
    /// # Errors
    /// Usage: one exists.
    pub fn check(&self, force: bool) -> Result<(), Error> {
        self.files().into_iter().filter_map(|(flag, path)| Some((flag, path?))).try_for_each(
            |(flag, path)| match !force && fs::metadata(path).is_ok_and(|found| found.is_file()) {
                true => Err(Error::usage(format!(
                    "{flag}: {} exists already\n  Give --force to replace it.",
                    path.display()
                ))),
                false => Ok(()),
            },
        )
    }

    /// Begins what was asked for. Files that exist are replaced only with `force`.
    ///
    /// # Errors
    /// A file can't be made; or the system can't do it.
    pub fn start(&self, force: bool) -> Result<Profiling, Error> {
        self.check(force)?;
        let [cpu, memory] = self.files().map(|(_, path)| path.map(Output::create).transpose());
        let (cpu, memory) = (cpu?, memory?);
        let cpu = match cpu {
            Some(output) => match Recorder::start() {
                Ok(recorder) => Some((recorder, output)),
                Err(error) => return Err(Error::io("record", &output.path, error)),
            },
            None => None,
        };
        let memory = memory.map(|output| (Heap::start(&output.path), output));
        Ok(Profiling { cpu, memory })
    }
}

impl Profiling {
    /// Writes the profiles of a run that is over, however it ended.
    ///
    /// # Errors
    /// One can't be written.
    pub fn end(self, report: Option<&Report>) -> Result<(), Error> {
        let Profiling { cpu, memory } = self;
        // Before the names of functions are read, which allocates.
        let memory = memory.map_or(Ok(()), |(heap, output)| output.written(|file| heap.end(file, report)));
        let cpu = cpu.map_or(Ok(()), |(recorder, output)| {
            let drawn = output.path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("svg"));
            output.written(|file| recorder.write(file, drawn))
        });
        memory.and(cpu)
    }

    /// The same after a run that failed, which is what is reported.
    pub fn end_failed(self, error: Error) -> Error {
        if let Err(other) = self.end(None) {
            console::warning(worded(&other));
        }
        error
    }
}

impl Output {
    fn create(path: &Path) -> Result<Output, Error> {
        let found = fs::metadata(path);
        let file = File::create(path).map_err(|e| Error::io("create", path, e))?;
        Ok(Output { path: path.to_path_buf(), file, is_new: found.is_err() })
    }

    fn written(mut self, write: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), Error> {
        self.is_new = false;
        write(&mut self.file).map_err(|e| Error::io("write", &self.path, e))
    }
}

/// If the run did not even begin, there is no profile, and trying again must not fail for one.
impl Drop for Output {
    fn drop(&mut self) {
        if self.is_new {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(all(feature = "profile", target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod cpu {
    use std::fs::File;
    use std::io::{self, BufWriter};

    use pagemill::wording::counted;

    use crate::cli::console;

    /// Why there are no profiles here.
    pub const MISSING: Option<&str> = None;

    /// Records where the time goes.
    pub struct Recorder(pagemill::profile::Recorder);

    impl Recorder {
        pub fn start() -> io::Result<Recorder> {
            pagemill::profile::Recorder::start().map(Recorder)
        }

        pub fn write(self, to: &mut File, drawn: bool) -> io::Result<()> {
            let profile = self.0.end()?;
            if profile.lost() > 0 {
                console::warning(format_args!(
                    "the profile of the processor's time lacks {}: the machine was too busy to collect them",
                    counted(profile.lost(), "sample")
                ));
            }
            pagemill::profile::write(&profile, BufWriter::new(to), drawn)
        }
    }
}

#[cfg(not(all(feature = "profile", target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
mod cpu {
    use std::fs::File;
    use std::io;

    /// Why there are no profiles here.
    pub const MISSING: Option<&str> = Some(
        "this build can't make profiles of the processor's time\n  Build it with the feature `profile`, for Linux on x86-64 or ARM64.",
    );

    pub enum Recorder {}

    impl Recorder {
        pub fn start() -> io::Result<Recorder> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub fn write(self, _: &mut File, _: bool) -> io::Result<()> {
            match self {}
        }
    }
}

#[cfg(feature = "dhat-heap")]
mod heap {
    use std::fs::File;
    use std::io;
    use std::path::Path;

    use pagemill::metrics::Report;

    /// Records what is allocated where.
    pub struct Heap(dhat::Profiler);

    impl Heap {
        pub fn start(path: &Path) -> Heap {
            Heap(dhat::Profiler::builder().file_name(path).build())
        }

        /// dhat writes the file itself, and says so; if it can't, it only says so.
        pub fn end(self, file: &mut File, _: Option<&Report>) -> io::Result<()> {
            drop(self.0);
            match file.metadata()?.len() {
                0 => Err(io::Error::other("the profile was not written")),
                _ => Ok(()),
            }
        }
    }
}

#[cfg(not(feature = "dhat-heap"))]
mod heap {
    use std::fs::File;
    use std::io::{self, Write};
    use std::path::Path;

    use pagemill::audit;
    use pagemill::metrics::Report;
    use pagemill::sys::sites;
    use pagemill::wording::counted;

    use crate::cli::allocated::table;
    use crate::cli::console;

    /// Notes what is allocated where.
    pub struct Heap;

    impl Heap {
        pub fn start(path: &Path) -> Heap {
            console::note(&format!(
                "pagemill: {} gets a table of allocations: a profile for dhat's viewer needs a build with the feature `dhat-heap`\n",
                path.display()
            ));
            sites::want_sites();
            Heap
        }

        pub fn end(self, file: &mut File, report: Option<&Report>) -> io::Result<()> {
            as_table(file, report)
        }
    }

    /// The table of allocations as a text of its own.
    fn as_table(to: &mut File, report: Option<&Report>) -> io::Result<()> {
        let mut text = String::from(
            "This build of pagemill makes no profiles for dhat's viewer (cargo feature `dhat-heap`). What was allocated:\n\n",
        );
        match report {
            Some(report) => text += &table(report),
            None => {
                let all = audit::counts();
                text += &format!(
                    "{}, {} in all\nheap at its peak: {}\n",
                    counted(all.blocks, "block"),
                    counted(all.bytes, "byte"),
                    counted(all.peak, "byte")
                );
            }
        }
        to.write_all(text.as_bytes())
    }
}
