//! What is drawn again and again on standard error: a bar, or a block of lines.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::block::Block;
use super::line::bar;
use super::sample::{About, Moment};
use super::sampler::View;
use crate::sys::terminal_size;

/// The size of a terminal that does not say it: columns and rows.
const USUAL: (usize, usize) = (80, 24);

/// A bar is shown from this time on.
const FIRST: Duration = Duration::from_millis(900);

/// The last lines of a terminal, which are drawn again and again while other text goes above them.
pub struct Screen(Mutex<Drawn>);

enum Drawn {
    /// Nothing is drawn any more.
    Nothing,
    Bar(ProgressBar),
    /// This number of lines.
    Lines(usize),
}

impl Screen {
    /// For a bar.
    pub fn for_bar() -> Arc<Screen> {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
        Arc::new(Screen(Mutex::new(Drawn::Bar(bar.with_style(style)))))
    }

    /// For a block.
    pub fn for_block() -> Arc<Screen> {
        Arc::new(Screen(Mutex::new(Drawn::Lines(0))))
    }

    /// Runs something that writes to the terminal, without what is drawn there.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        aside(&mut self.lock(), write)
    }

    /// The same, unless that has to wait for a terminal that takes no text.
    pub fn try_aside(&self, write: impl FnOnce()) {
        match self.0.try_lock() {
            Ok(mut drawn) => aside(&mut drawn, write),
            Err(TryLockError::Poisoned(drawn)) => aside(&mut drawn.into_inner(), write),
            Err(TryLockError::WouldBlock) => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, Drawn> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws other lines in the place of those that are there.
    fn draw(&self, lines: &[String]) {
        match &mut *self.lock() {
            Drawn::Nothing => {}
            Drawn::Bar(bar) => {
                bar.set_message(lines.concat());
                bar.tick();
            }
            Drawn::Lines(count) => {
                let mut text = up(*count);
                lines.iter().for_each(|line| text += &format!("{line}\x1b[K\n"));
                if lines.len() < *count {
                    text += "\x1b[J";
                }
                *count = lines.len();
                put(&text);
            }
        }
    }

    /// Draws no more. A bar is removed, a block stays.
    fn end(&self) {
        let mut drawn = self.lock();
        if let Drawn::Bar(bar) = &*drawn {
            bar.finish_and_clear();
        }
        *drawn = Drawn::Nothing;
    }
}

fn aside<T>(drawn: &mut Drawn, write: impl FnOnce() -> T) -> T {
    match drawn {
        Drawn::Nothing => write(),
        Drawn::Bar(bar) => bar.suspend(write),
        Drawn::Lines(count) => {
            put(&(up(std::mem::take(count)) + "\x1b[J"));
            write()
        }
    }
}

/// Puts the cursor where lines begin that are above it.
fn up(lines: usize) -> String {
    if lines == 0 { String::new() } else { format!("\x1b[{lines}A\r") }
}

/// One write, so that nothing comes between its lines. Nobody can be told that it failed.
fn put(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// A bar.
pub struct BarView(pub Arc<Screen>);

impl View for BarView {
    fn show(&mut self, _: &About, moment: &Moment) {
        // In a short run it would only flicker.
        if moment.sample.t < FIRST {
            return;
        }
        let (columns, _) = terminal_size().unwrap_or(USUAL);
        self.0.draw(&[bar(&moment.sample, columns)]);
    }

    fn end(&mut self, _: &About, _: &Moment) {
        self.0.end();
    }
}

/// A block.
pub struct BlockView {
    screen: Arc<Screen>,
    block: Block,
}

impl BlockView {
    /// A block on this screen; without `utf8` it is ASCII.
    pub fn new(screen: Arc<Screen>, utf8: bool) -> BlockView {
        BlockView { screen, block: Block::new(utf8) }
    }

    fn draw(&mut self, about: &About, moment: &Moment) {
        let (columns, rows) = terminal_size().unwrap_or(USUAL);
        let mut lines = self.block.lines(about, moment, columns);
        // What scrolled out of sight can't be drawn again.
        lines.truncate(rows.saturating_sub(1).max(1));
        self.screen.draw(&lines);
    }
}

impl View for BlockView {
    fn show(&mut self, about: &About, moment: &Moment) {
        self.draw(about, moment);
    }

    fn end(&mut self, about: &About, moment: &Moment) {
        self.draw(about, moment);
        self.screen.end();
    }
}
