//! How large the regexes of expressions may be, and what they may keep.

use regex::Error;
use regex::bytes::{Regex, RegexBuilder};

/// A regex, and what it may keep for each worker, in bytes.
pub struct Built {
    pub regex: Regex,
    pub memory: usize,
}

/// How large a compiled regex may be, and each of its caches, in bytes.
struct Size {
    compiled: usize,
    cache: usize,
}

/// Most regexes are small. With a cache that is too small for it, a larger one such as `\w{20}` would give up its states
/// again and again, and then take ten times as long or more.
const SIZES: [Size; 2] = [Size { compiled: 256 << 10, cache: 256 << 10 }, Size { compiled: 1 << 20, cache: 1 << 20 }];

/// Compiles a regex.
///
/// # Errors
/// It is none, or too large.
pub fn build(text: &str) -> Result<Built, Error> {
    let mut too_large = Error::CompiledTooBig(0);
    for Size { compiled, cache } in SIZES {
        match RegexBuilder::new(text).size_limit(compiled).dfa_size_limit(cache).build() {
            // A cache for each direction, and what the slower ways need.
            Ok(regex) => return Ok(Built { regex, memory: 3 * cache }),
            Err(error @ Error::CompiledTooBig(_)) => too_large = error,
            Err(error) => return Err(error),
        }
    }
    Err(too_large)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_regex_may_keep_more() {
        let memory = |text: &str| build(text).map(|built| built.memory).ok();
        assert_eq!(memory("^[a-z]+@x[.]org$"), Some(768 << 10));
        assert_eq!(memory(r"\w{20}"), Some(3 << 20));
        assert_eq!(memory(r"\w{200}"), None);
        assert!(matches!(build("("), Err(Error::Syntax(_))));
    }
}
