//! The metrics as a file, for a collector that reads files.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::exposition::Exposition;
use super::sample::{About, Moment};
use super::sampler::View;

/// The time between two writes. Samples come half a second apart, more or less.
const EVERY: Duration = Duration::from_millis(9_750);

type Failed = Box<dyn FnOnce(&Path, io::Error) + Send>;

/// Writes the Prometheus text to a file at once, every ten seconds, and at the end. Whoever reads the file sees one
/// sample as a whole.
pub struct MetricsFile {
    path: PathBuf,
    last: Option<Duration>,
    /// Told about the first write that fails.
    failed: Option<Failed>,
}

impl MetricsFile {
    /// A file at this path, which may exist; `failed` is told about the first write that fails.
    pub fn new(path: PathBuf, failed: impl FnOnce(&Path, io::Error) + Send + 'static) -> MetricsFile {
        MetricsFile { path, last: None, failed: Some(Box::new(failed)) }
    }

    fn write(&mut self, about: &About, moment: &Moment) {
        self.last = Some(moment.sample.t);
        let text = Exposition::Prometheus.text(about, moment);
        if let (Err(error), failed) = (replace(&self.path, text.as_bytes()), &mut self.failed)
            && let Some(failed) = failed.take()
        {
            failed(&self.path, error);
        }
    }
}

/// What a file of metrics begins with.
const BEGINNING: &[u8] = b"# HELP ";

/// Whether metrics may take the place of what is under a path: nothing, an empty file, or metrics. Devices and pipes are
/// written to.
pub fn may_hold_metrics(path: &Path) -> bool {
    let Ok(found) = fs::metadata(path) else { return true };
    let mut beginning = [0; BEGINNING.len()];
    let mut read = || fs::File::open(path)?.read_exact(&mut beginning);
    !found.is_file() || found.len() == 0 || read().is_ok() && beginning == BEGINNING
}

/// Puts a new file in the place of one that may be there.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if !may_hold_metrics(path) {
        return Err(io::Error::other("it exists, and does not hold metrics"));
    }
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return fs::OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    // A link stays one.
    let path = &*fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    // A collector reads all files that end with `.prom`.
    builder.prefix(".pagemill-").suffix(".tmp");
    // A collector is somebody else.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

impl View for MetricsFile {
    fn show(&mut self, about: &About, moment: &Moment) {
        if self.last.is_none_or(|last| moment.sample.t.saturating_sub(last) >= EVERY) {
            self.write(about, moment);
        }
    }

    fn end(&mut self, about: &About, moment: &Moment) {
        self.write(about, moment);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::Sample;
    use std::sync::mpsc;

    fn at(seconds: u64) -> Moment {
        Sample { t: Duration::from_secs(seconds), read: seconds, ..Sample::default() }.into()
    }

    #[test]
    fn the_file_is_written_at_once_then_every_ten_seconds_and_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.prom");
        let mut file = MetricsFile::new(path.clone(), |_, error| panic!("{error}"));
        let about = About::default();
        let read = || {
            let text = std::fs::read_to_string(&path).unwrap();
            let line = text.lines().find(|line| line.starts_with("pagemill_read_bytes_total "));
            line.and_then(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
        };
        file.show(&about, &at(1));
        assert_eq!(read(), Some(1));
        file.show(&about, &at(9));
        assert_eq!(read(), Some(1));
        file.show(&about, &at(11));
        assert_eq!(read(), Some(11));
        file.end(&about, &at(12));
        assert_eq!(read(), Some(12));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");
    }

    #[test]
    fn a_failure_is_told_once() {
        let folder = tempfile::tempdir().unwrap();
        let (sender, told) = mpsc::channel();
        let path = folder.path().join("missing").join("p.prom");
        let mut file = MetricsFile::new(path, move |_, error| sender.send(error.kind()).unwrap());
        (0..3).for_each(|time| file.show(&About::default(), &at(time * 20)));
        assert_eq!(told.iter().collect::<Vec<_>>(), [io::ErrorKind::NotFound]);
    }
}
