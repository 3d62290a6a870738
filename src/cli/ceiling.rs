//! Checks the memory ceiling after the work is done.

use pagemill::metrics;

use super::console;
use super::exit::Exit;

/// Reports that the process used more memory at its peak than it should; with `strict`, the command fails for it.
pub fn ceiling(strict: bool, quiet: bool, peak: u64, limit: usize) -> Exit {
    if quiet && !strict {
        return Exit::Done;
    }
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
