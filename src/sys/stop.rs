//! Asking work to end early, from another thread.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
#[cfg(unix)]
use std::time::Duration;
use std::time::Instant;

use crate::error::StopRequested;

/// How long a stopped job waits for a pipe or device that takes no bytes.
#[cfg(unix)]
const GRACE: Duration = Duration::from_millis(500);

/// A handle that ends jobs early.
///
/// Give clones of it to jobs ([`Job::stop_with`](crate::Job::stop_with)) and keep one. After
/// [`request`](Stop::request) a job takes no further slice, writes those that are being converted, and ends
/// with an error of the class [`Stopped`](crate::error::ErrorClass::Stopped), whose
/// [`stopped_at`](crate::Error::stopped_at) says how far it came. A file target does not get its name, and
/// its temporary file is removed. A job that has reached the end of its input is not stopped any more.
///
/// Jobs that wait for a pipe, FIFO, terminal or socket to have bytes are woken. One that waits for a pipe
/// or FIFO to take bytes is given half a second more. A reader or writer of the caller's own is only asked
/// between two calls.
///
/// ```
/// use pagemill::error::ErrorClass;
/// use pagemill::{Format, Job, SourceSpec, Stop, TargetSpec};
///
/// let stop = Stop::new();
/// let job = Job::new(SourceSpec::bytes("a,b\n1,2\n"), TargetSpec::Memory).from(Format::Csv).to(Format::Ndjson);
/// let job = job.stop_with(&stop);
/// std::thread::spawn(move || stop.request()).join().unwrap();
/// assert_eq!(job.run().unwrap_err().class(), ErrorClass::Stopped);
/// ```
#[derive(Clone, Debug)]
pub struct Stop(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    requested: AtomicBool,
    since: OnceLock<Instant>,
    /// Gets a byte at the request, so that a wait for a descriptor can wait for this too.
    #[cfg(unix)]
    wake: Option<(io::PipeReader, io::PipeWriter)>,
}

impl Default for Stop {
    fn default() -> Stop {
        Stop::new()
    }
}

impl Stop {
    /// A handle that was not used yet. It holds two descriptors.
    pub fn new() -> Stop {
        Stop(Arc::new(Inner {
            requested: AtomicBool::new(false),
            since: OnceLock::new(),
            // Without a pipe a job still stops, but it is not woken.
            #[cfg(unix)]
            wake: io::pipe().ok(),
        }))
    }

    /// Asks for the end. Again: nothing more happens.
    pub fn request(&self) {
        self.0.since.get_or_init(Instant::now);
        let _again = self.0.requested.swap(true, Ordering::SeqCst);
        #[cfg(unix)]
        if let (false, Some((_, writer))) = (_again, &self.0.wake) {
            use std::io::Write;
            // An empty pipe takes a byte at once.
            let _ = (&*writer).write(&[1]);
        }
    }

    /// Whether the end was asked for.
    pub fn is_requested(&self) -> bool {
        self.0.requested.load(Ordering::Relaxed)
    }

    /// An error if the end was asked for.
    pub(crate) fn check(&self) -> io::Result<()> {
        if self.is_requested() { Err(io::Error::other(StopRequested)) } else { Ok(()) }
    }

    /// What is left of the time that a blocked write is given; none before the request.
    #[cfg(unix)]
    fn grace(&self) -> Option<Duration> {
        let since = self.is_requested().then(|| self.0.since.get()).flatten()?;
        Some(GRACE.saturating_sub(since.elapsed()))
    }
}

#[cfg(unix)]
mod wait {
    use super::{Stop, io};
    use crate::error::StopRequested;
    use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
    use std::time::Duration;

    /// Without a pipe to be woken by, the flag is looked at this often.
    const LOOK: Duration = Duration::from_millis(50);

    /// Waits until a read has something to say.
    pub(crate) fn readable(fd: BorrowedFd<'_>, stop: Option<&Stop>) -> io::Result<()> {
        loop {
            if let Some(stop) = stop {
                stop.check()?;
            }
            if wait(fd, libc::POLLIN, stop, None)? {
                return Ok(());
            }
        }
    }

    /// Waits some time, or until a read has something to say (true).
    pub(crate) fn readable_within(fd: BorrowedFd<'_>, stop: Option<&Stop>, time: Duration) -> io::Result<bool> {
        wait(fd, libc::POLLIN, stop, Some(time))
    }

    /// Waits until a write has something to say; after a stop for a short time only.
    pub(crate) fn writable(fd: BorrowedFd<'_>, stop: Option<&Stop>) -> io::Result<()> {
        loop {
            // After the request the pipe stays readable: it must not be asked any more.
            let ready = match stop.and_then(Stop::grace) {
                Some(left) if left.is_zero() => return Err(io::Error::other(StopRequested)),
                Some(left) => wait(fd, libc::POLLOUT, None, Some(left))?,
                None => wait(fd, libc::POLLOUT, stop, None)?,
            };
            if ready {
                return Ok(());
            }
        }
    }

    /// Waits some time, or until the stop is requested.
    pub(crate) fn pause(stop: &Stop, time: Duration) -> io::Result<()> {
        stop.check()?;
        let Some((reader, _)) = &stop.0.wake else {
            std::thread::sleep(time);
            return stop.check();
        };
        wait(reader.as_fd(), libc::POLLIN, None, Some(time))?;
        stop.check()
    }

    /// Whether a write of a line to `fd` would not wait.
    pub fn takes_a_line(fd: BorrowedFd<'_>) -> bool {
        wait(fd, libc::POLLOUT, None, Some(Duration::ZERO)).unwrap_or(false)
    }

    /// Waits until `fd` is ready (true), or the stop was requested, the time is over or a signal came.
    pub(crate) fn wait(
        fd: BorrowedFd<'_>,
        events: libc::c_short,
        stop: Option<&Stop>,
        time: Option<Duration>,
    ) -> io::Result<bool> {
        let wake = stop.and_then(|stop| stop.0.wake.as_ref()).map(|(reader, _)| reader.as_raw_fd());
        let time = time.or((stop.is_some() && wake.is_none()).then_some(LOOK));
        // A part of a millisecond counts as one: zero would not wait at all.
        let millis = time.map_or(-1, |time| time.as_micros().div_ceil(1000).min(i32::MAX as u128) as libc::c_int);
        let mut asked = [
            libc::pollfd { fd: fd.as_raw_fd(), events, revents: 0 },
            // poll passes over negative descriptors.
            libc::pollfd { fd: wake.unwrap_or(-1), events: libc::POLLIN, revents: 0 },
        ];
        // SAFETY: the pointer is to two valid `pollfd`s, of which the call changes nothing but `revents`.
        let count = unsafe { libc::poll(asked.as_mut_ptr(), asked.len() as libc::nfds_t, millis) };
        if count < 0 {
            let error = io::Error::last_os_error();
            return if error.kind() == io::ErrorKind::Interrupted { Ok(false) } else { Err(error) };
        }
        // Errors, and that the other end is closed, are for the read or write to report.
        Ok(asked[0].revents != 0)
    }
}

#[cfg(unix)]
pub use wait::takes_a_line;
#[cfg(unix)]
pub(crate) use wait::{pause, readable, readable_within, wait, writable};

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::fd::AsFd;
    use std::thread;

    fn later(stop: &Stop) -> thread::JoinHandle<()> {
        let stop = stop.clone();
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            stop.request();
        })
    }

    #[test]
    fn a_wait_for_bytes_ends() {
        let (reader, mut writer) = io::pipe().unwrap();
        let stop = Stop::new();
        writer.write_all(b"x").unwrap();
        readable(reader.as_fd(), Some(&stop)).unwrap();
        (&reader).read_exact(&mut [0]).unwrap();
        let other = later(&stop);
        let error = readable(reader.as_fd(), Some(&stop)).unwrap_err();
        assert!(error.get_ref().is_some_and(|error| error.is::<StopRequested>()), "{error}");
        // Even what is there is not read any more.
        writer.write_all(b"x").unwrap();
        assert!(readable(reader.as_fd(), Some(&stop)).is_err());
        other.join().unwrap();
    }

    #[test]
    fn a_wait_for_room_ends_some_time_later() {
        let (mut reader, writer) = io::pipe().unwrap();
        let stop = Stop::new();
        // Fills the pipe: 64 KiB, on some systems less.
        while takes_a_line(writer.as_fd()) {
            (&writer).write_all(&[0; 4096]).unwrap();
        }
        let (other, started) = (later(&stop), Instant::now());
        assert!(writable(writer.as_fd(), Some(&stop)).is_err());
        let waited = started.elapsed();
        assert!(waited >= GRACE && waited < GRACE * 3, "{waited:?}");
        other.join().unwrap();
        // A write for which there is room still works.
        reader.read_exact(&mut [0; 8192]).unwrap();
        assert!(stop.grace().unwrap().is_zero() && writable(writer.as_fd(), Some(&stop)).is_err());
        let fresh = Stop::new();
        fresh.request();
        writable(writer.as_fd(), Some(&fresh)).unwrap();
    }

    #[test]
    fn a_pause_is_cut_short() {
        let stop = Stop::new();
        pause(&stop, Duration::from_millis(1)).unwrap();
        let (other, started) = (later(&stop), Instant::now());
        assert!(pause(&stop, Duration::from_secs(60)).is_err());
        assert!(started.elapsed() < Duration::from_secs(10));
        other.join().unwrap();
    }
}
