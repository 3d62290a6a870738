//! A terminal, and what is on its screen.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // A test that can't go on fails.

use std::fs::File;
use std::io::Read;
use std::num::NonZero;
use std::os::fd::{FromRawFd, OwnedFd};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A terminal that a process may have as its standard streams.
pub struct Terminal {
    process: Option<OwnedFd>,
    screen: Arc<Mutex<vt100::Parser>>,
    raw: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Terminal {
    /// One of this size.
    pub fn new(columns: u16, rows: u16) -> Terminal {
        let size = libc::winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let (mut ours, mut theirs) = (-1, -1);
        let none = std::ptr::null_mut();
        // SAFETY: both numbers are written by the call; the size is read, and the rest may be null.
        let status = unsafe { libc::openpty(&mut ours, &mut theirs, none, none.cast(), (&raw const size).cast_mut()) };
        assert_eq!(status, 0, "{}", std::io::Error::last_os_error());
        // SAFETY: both descriptors are new and have no other owner.
        let (ours, theirs) = unsafe { (File::from_raw_fd(ours), OwnedFd::from_raw_fd(theirs)) };
        let [rows, columns] = [rows, columns].map(|size| NonZero::new(size).unwrap());
        let screen = Arc::new(Mutex::new(vt100::Parser::new(rows, columns, 0)));
        let raw = Arc::default();
        let reader = thread::spawn({
            let (screen, raw) = (Arc::clone(&screen), Arc::clone(&raw));
            move || read(ours, &screen, &raw)
        });
        Terminal { process: Some(theirs), screen, raw, reader: Some(reader) }
    }

    /// A stream of a process.
    pub fn stream(&self) -> Stdio {
        self.process.as_ref().unwrap().try_clone().unwrap().into()
    }

    /// The lines on the screen, without those below that are empty.
    pub fn lines(&self) -> Vec<String> {
        let text = self.screen.lock().unwrap().screen().contents();
        text.lines().map(|line| line.trim_end().to_owned()).collect()
    }

    /// Waits until the screen shows something.
    #[track_caller]
    pub fn waits_for(&self, what: impl Fn(&[String]) -> bool) -> Vec<String> {
        let started = Instant::now();
        loop {
            let lines = self.lines();
            if what(&lines) {
                return lines;
            }
            assert!(started.elapsed() < Duration::from_secs(60), "on the screen is\n{}", lines.join("\n"));
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// What is left on the screen when all processes have closed it, and everything that was written.
    pub fn ends(mut self) -> (Vec<String>, Vec<u8>) {
        self.process = None;
        self.reader.take().unwrap().join().unwrap();
        let raw = self.raw.lock().unwrap().clone();
        (self.lines(), raw)
    }
}

fn read(mut from: File, screen: &Mutex<vt100::Parser>, raw: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 4096];
    // When nobody has the other end any more, reading is an error.
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        screen.lock().unwrap().process(&buffer[..count]);
        raw.lock().unwrap().extend_from_slice(&buffer[..count]);
    }
}
