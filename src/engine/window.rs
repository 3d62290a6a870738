//! A stream, read into pooled windows.
//!
//! A window belongs to the slice that is in it, and goes back to the pool when that is done. What of a window is behind
//! its slice begins the next one: nothing else is copied. There is one window for each worker and one for the rest, so
//! nobody waits for one.

use std::io;
use std::ops::Deref;

use super::plan::Plan;
use crate::error::RecordError;
use crate::memory::{Buffer, Pool, Refusal, no_memory};
use crate::source::Stream;

/// A buffer of the pool, and what was read into it.
pub(super) struct Window {
    buffer: Buffer,
    len: usize,
}

impl Deref for Window {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.buffer[..self.len]
    }
}

impl Window {
    /// Makes room for `size` bytes; there is some already for what was planned.
    ///
    /// # Errors
    /// The system has no memory for it.
    pub fn grow(&mut self, size: usize) -> Result<(), RecordError> {
        let grown = if size > self.buffer.len() { self.buffer.try_grow(size) } else { Ok(()) };
        let text = || "there is no memory for a large record".to_owned();
        grown.map_err(|error| no_memory(0, text(), Refusal::Asked(error.to_string())))
    }

    /// Leaves out the first `len` bytes.
    pub fn skip(&mut self, len: usize) {
        self.buffer.copy_within(len..self.len, 0);
        self.len -= len;
    }
}

/// The stream, and the windows it is read into.
pub(super) struct Windows<'s> {
    stream: &'s mut Stream,
    pool: Pool,
    /// What was read and not handed out.
    rest: Option<Window>,
    /// The most windows that are out.
    count: usize,
}

impl<'s> Windows<'s> {
    /// As many as the plan has, of the size that it has.
    pub fn new(stream: &'s mut Stream, plan: &Plan) -> Windows<'s> {
        let (mut pool, count) = (Pool::new(), plan.windows());
        pool.stock(plan.window(), count);
        Windows { stream, pool, rest: None, count }
    }

    /// Whether the stream ended.
    pub fn ended(&self) -> bool {
        self.stream.ended()
    }

    /// Whether everything was handed out.
    pub fn is_empty(&self) -> bool {
        self.ended() && self.rest.as_deref().is_none_or(<[u8]>::is_empty)
    }

    /// The window of the next slice, which begins with what was read and not handed out.
    pub fn next(&mut self) -> Window {
        self.rest.take().unwrap_or_else(|| self.empty())
    }

    fn empty(&mut self) -> Window {
        let buffer = self.pool.take(1).expect("a window for each worker and one for the rest");
        Window { buffer, len: 0 }
    }

    /// Reads until a window that was [grown](Window::grow) to it has `size` bytes, or the stream ends.
    ///
    /// # Errors
    /// As [`Stream::fill`].
    pub fn read(&mut self, window: &mut Window, size: usize) -> io::Result<()> {
        if size > window.len {
            window.len += self.stream.fill(&mut window.buffer[window.len..size])?;
        }
        Ok(())
    }

    /// The next read ends with this error.
    pub fn fail(&mut self, error: io::Error) {
        self.stream.fail(error);
    }

    /// The slice in `window` has `len` bytes: the others are for the next one.
    ///
    /// # Errors
    /// As [`Window::grow`].
    pub fn cut(&mut self, window: &mut Window, len: usize) -> Result<(), RecordError> {
        let mut next = self.empty();
        let rest = &window[len..];
        next.grow(rest.len())?;
        next.buffer[..rest.len()].copy_from_slice(rest);
        next.len = rest.len();
        (self.rest, window.len) = (Some(next), len);
        Ok(())
    }

    /// Takes a window back whose slice is done, and what it had beyond the plan to the system.
    pub fn give(&mut self, window: Window) {
        self.pool.give(window.buffer);
    }

    /// Whether windows that nobody uses give their memory back, but for `idle` of them.
    pub fn set_lean(&mut self, lean: bool, idle: usize) {
        self.pool.set_marks(self.count, idle);
        self.pool.set_lean(lean);
    }
}
