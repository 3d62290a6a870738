//! Checks the memory ceiling after the work is done.

use pagemill::metrics;

use super::console;
use super::exit::Exit;

/// Whether the process used more memory than it should.
pub fn is_over(limit: usize) -> bool {
    pagemill::sys::peak_rss_bytes() > limit as u64
}

/// Reports that the process used more memory than it should; with `strict`, the command fails for it.
pub fn ceiling(strict: bool, quiet: bool, limit: usize) -> Exit {
    if quiet && !strict {
        return Exit::Done;
    }
    let peak = pagemill::sys::peak_rss_bytes();
    if peak <= limit as u64 {
        return Exit::Done;
    }
    let text = format!(
        "peak memory was {}, more than the memory limit of {}",
        metrics::size(peak),
        metrics::size(limit as u64)
    );
    if strict {
        console::error(format_args!(
            "{text}\n  The work is done and the output is complete; this is an error because of --strict-memory."
        ));
        return Exit::MemoryCeiling;
    }
    console::warning(text);
    Exit::Done
}
