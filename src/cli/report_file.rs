//! The file of a report.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use pagemill::error::Error;

use super::console;

/// Where a report goes. It is opened before the run: that it can't be written must not be found out after an hour's work.
pub struct ReportFile {
    path: PathBuf,
    /// None: standard output.
    file: Option<File>,
    /// The file is there because of this run.
    is_new: bool,
}

impl ReportFile {
    /// Standard output if that is free, which `taken` says by what goes there otherwise.
    pub fn standard(taken: Option<&str>) -> Result<ReportFile, Error> {
        match taken {
            Some(what) => Err(Error::usage(format!(
                "--report -: {what} already go to standard output\n  Give a file for the report, or one for the output with -o."
            ))),
            None => Ok(ReportFile { path: PathBuf::from("-"), file: None, is_new: false }),
        }
    }

    /// A file. One that exists is only replaced with `force`.
    pub fn create(path: &Path, force: bool) -> Result<ReportFile, Error> {
        let found = fs::metadata(path);
        if !force && found.as_ref().is_ok_and(fs::Metadata::is_file) {
            return Err(Error::usage(format!(
                "--report: {} exists already\n  Give --force to replace it.",
                path.display()
            )));
        }
        let file = File::create(path).map_err(|e| Error::io("create", path, e))?;
        Ok(ReportFile { path: path.to_path_buf(), file: Some(file), is_new: found.is_err() })
    }

    /// Writes the report.
    pub fn write(mut self, text: &str) -> Result<(), Error> {
        self.is_new = false;
        match &mut self.file {
            Some(file) => file.write_all(text.as_bytes()).map_err(|e| Error::io("write", &self.path, e)),
            None => console::print(text),
        }
    }
}

/// Of a run that failed there is no report.
impl Drop for ReportFile {
    fn drop(&mut self) {
        if self.is_new {
            let _ = fs::remove_file(&self.path);
        }
    }
}
