//! Where a thread is: the addresses of its callers.

use std::path::Path;

/// Where the source of this crate was when it was built.
const HOME: &str = env!("CARGO_MANIFEST_DIR");

/// As many callers are noted.
const FRAMES: usize = 64;

/// The addresses of callers, the innermost first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frames {
    addresses: [usize; FRAMES],
    len: usize,
}

impl Frames {
    pub(super) const NONE: Frames = Frames { addresses: [0; FRAMES], len: 0 };

    /// Where this thread is. Takes no lock and, on Unix, no memory: allocators may ask. (The standard library's backtraces
    /// take a lock, which the thread may hold.)
    pub(super) fn here() -> Frames {
        let mut frames = Frames::NONE;
        // SAFETY: what has to be synchronized is the symbol library of Windows; elsewhere the unwinder may be used by
        // any thread at any time. Addresses are only noted here.
        #[cfg(not(windows))]
        unsafe {
            backtrace::trace_unsynchronized(|frame| {
                frames.addresses[frames.len] = frame.ip() as usize;
                frames.len += 1;
                frames.len < FRAMES
            });
        }
        frames
    }

    /// Their functions and places, a line each, as far as they are known.
    pub fn names(&self) -> String {
        let mut text = String::new();
        for (number, address) in self.addresses[..self.len].iter().enumerate() {
            backtrace::resolve(*address as *mut _, |symbol| {
                let name = symbol.name().map(|name| name.to_string()).unwrap_or_default();
                text += &format!("{number:>4}: {name}\n");
                if let (Some(file), Some(line)) = (symbol.filename(), symbol.lineno()) {
                    text += &format!("             at {}:{line}\n", file.display());
                }
            });
        }
        text
    }

    /// The innermost function of this crate that does not count allocations, with its file and line: whatever libraries do
    /// for it is its own. The outermost function if there is none, or if too little is known of any.
    pub fn culprit(&self) -> String {
        let mut last = String::new();
        for address in &self.addresses[..self.len] {
            let mut found = None;
            backtrace::resolve(*address as *mut _, |symbol| {
                let Some(name) = symbol.name() else { return };
                let name = format!("{name:#}");
                let file = symbol.filename().and_then(Path::to_str).unwrap_or_default();
                let own = file.strip_prefix(HOME).map(|file| file.trim_start_matches(['/', '\\']));
                last = match (file, symbol.lineno()) {
                    ("", _) | (_, None) => name.clone(),
                    (file, Some(line)) => format!("{name} ({}:{line})", own.unwrap_or(file)),
                };
                // What is inlined has a name without its path. Without files, the path is all there is.
                let is_apart = |file: &str| file.starts_with("src/sys/") || file == "src/main.rs";
                let is_own = own.map_or(name.starts_with("pagemill::"), |file| !is_apart(file));
                if found.is_none() && is_own && !name.starts_with("pagemill::sys::") {
                    found = Some(last.clone());
                }
            });
            if let Some(found) = found {
                return found;
            }
        }
        last
    }
}
