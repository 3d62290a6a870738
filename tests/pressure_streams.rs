//! The windows of a stream under pressure: they give their memory back, take it again, and not a byte changes.
//!
//! One test in this file: it looks at the memory of the whole process.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)] // A test that can't go on fails.

use std::collections::HashSet;
use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;

use pagemill::op::Op;
use pagemill::record::{Batch, Value};
use pagemill::sys::resident_bytes;
use pagemill::{Format, Job, SourceSpec, TargetSpec};

const WORKERS: usize = 4;
const SLICE: usize = 16 << 20;
const WINDOW: u64 = (SLICE + SLICE / 4) as u64;

/// What the input has: a letter, and how many lines begin with it.
const PARTS: [(u8, u64); 3] = [(b'a', PART), (b'b', PART), (b'c', PART)];
const PART: u64 = (6 * SLICE / LINE) as u64;
/// A line, its end included, and what the op leaves of it.
const LINE: usize = 1 << 10;
const SHORT: usize = 12;

/// The first bytes of a line, without its end.
fn short(number: u64) -> String {
    let letter = PARTS[(number / PART) as usize].0 as char;
    format!("{letter}{number:011}")
}

/// The lines.
struct Lines {
    next: u64,
    line: Vec<u8>,
    at: usize,
}

impl Read for Lines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.line.len() {
            if self.next == PART * PARTS.len() as u64 {
                return Ok(0);
            }
            self.line.clear();
            self.line.extend_from_slice(short(self.next).as_bytes());
            self.line.resize(LINE - 1, b'.');
            self.line.push(b'\n');
            (self.next, self.at) = (self.next + 1, 0);
        }
        let count = buffer.len().min(self.line.len() - self.at);
        buffer[..count].copy_from_slice(&self.line[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

/// Compares what is written with what has to be.
struct Expected {
    number: u64,
    line: Vec<u8>,
    written: Arc<AtomicU64>,
}

impl Write for Expected {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for byte in bytes {
            if self.line.is_empty() {
                self.line = format!("{}\n", short(self.number)).into_bytes();
                self.line.reverse();
                self.number += 1;
            }
            assert_eq!(self.line.pop(), Some(*byte), "in line {}", self.number);
        }
        self.written.fetch_add(bytes.len() as u64, Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps the beginning of lines, and notes the memory of the process: in `a` and in `c` when every worker holds a
/// slice, in `b` when it is least.
#[derive(Default)]
struct Look {
    met: [(Mutex<HashSet<ThreadId>>, Condvar); 2],
    held: [AtomicU64; 2],
    least: AtomicU64,
}

impl Look {
    /// Waits until all workers are in the same part of the input. A worker that is parked never comes.
    fn meet(&self, part: usize) {
        let (met, all) = &self.met[part];
        let mut met = met.lock().unwrap();
        if met.insert(thread::current().id()) && met.len() == WORKERS {
            self.held[part].store(resident_bytes(), Relaxed);
            all.notify_all();
        }
        let met = all.wait_timeout_while(met, Duration::from_secs(60), |met| met.len() < WORKERS).unwrap().0;
        assert_eq!(met.len(), WORKERS, "not every worker came back");
    }
}

struct Shared(Arc<Look>);

impl Op for Shared {
    fn name(&self) -> &str {
        "look"
    }

    fn apply(&self, batch: &mut Batch<'_>) {
        let mut part = None;
        for value in batch.values_mut() {
            if let Value::Text(text) = value.typed() {
                part = part.or(text.first().copied());
                *value = Value::Text(&text[..SHORT]);
            }
        }
        match part {
            Some(b'a') => self.0.meet(0),
            Some(b'c') => self.0.meet(1),
            _ => {
                self.0.least.fetch_min(resident_bytes(), Relaxed);
            }
        }
    }
}

#[test]
fn windows_give_their_memory_back_and_take_it_again() {
    let look = Arc::new(Look { least: AtomicU64::new(u64::MAX), ..Look::default() });
    let written = Arc::new(AtomicU64::new(0));
    let lines = Lines { next: 0, line: Vec::new(), at: 0 };
    let expected = Expected { number: 0, line: Vec::new(), written: Arc::clone(&written) };
    let mut job = Job::new(SourceSpec::Reader(Box::new(lines)), TargetSpec::Writer(Box::new(expected)))
        .from(Format::Text)
        .to(Format::Text)
        .op(Shared(Arc::clone(&look)))
        .workers(WORKERS)
        .slice_size(SLICE)
        .memory_limit(400_000_000);
    // All of it passes while `b` is read.
    job.settings.pressure = Some("normal*5,critical*6,high*2,normal".parse().unwrap());
    let report = job.run().unwrap();

    assert_eq!(written.load(Relaxed), PART * PARTS.len() as u64 * (SHORT as u64 + 1));
    let done: Vec<String> = report.events.list.iter().map(|event| event.done()).collect();
    assert!(done[0].starts_with("began: ") && done[0].contains("trim the pool"), "{done:?}");
    assert!(done.contains(&"ended: trim the pool".to_owned()), "{done:?}");

    let ([before, after], least) = (look.held.each_ref().map(|held| held.load(Relaxed)), look.least.load(Relaxed));
    let shown = format!("{before} then {least} then {after}");
    // Every worker had one, and one had the rest. Then one worker was left, and slices were small.
    assert!(before - least > 2 * WINDOW, "{shown}");
    assert!(after - least > 2 * WINDOW, "{shown}");
}
