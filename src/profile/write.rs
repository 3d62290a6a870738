//! Writing profiles.

use std::io::{self, Write};

use super::names::Names;
use super::recorded::Profile;
use super::{flame, pprof};

/// Writes a profile for `pprof`, or with `drawn` as a flame graph. Reading the names of functions takes memory and time.
///
/// # Errors
/// The writer's.
pub fn write(profile: &Profile, to: impl Write, drawn: bool) -> io::Result<()> {
    let names = Names::of(profile.stacks.sorted().iter().flat_map(|(stack, _)| stack.iter().copied()));
    if drawn { flame::write(profile, &names, to) } else { pprof::write(profile, &names, to) }
}
