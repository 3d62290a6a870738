//! What a machine is, as far as it decides how fast programs are.

use std::fs;
use std::hint::black_box;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::sys::processors;

/// What a machine is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Operating system and architecture.
    pub system: String,
    /// The version of the kernel; empty where it is not known.
    pub kernel: String,
    /// What the processor calls itself; empty where it is not known.
    pub processor: String,
    /// How many processors this process may use.
    pub processors: usize,
    /// Memory, in gibibytes; 0 where it is not known.
    pub memory_gib: u64,
}

impl Machine {
    /// This one.
    pub fn this() -> Machine {
        let value = |path: &str, key: &str| {
            let text = fs::read_to_string(path).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
            line.trim_start_matches([' ', '\t', ':']).trim().to_owned()
        };
        let kib = value("/proc/meminfo", "MemTotal").trim_end_matches(" kB").parse::<u64>().unwrap_or(0);
        Machine {
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            kernel: value("/proc/sys/kernel/osrelease", ""),
            processor: value("/proc/cpuinfo", "model name"),
            processors: processors(),
            memory_gib: (kib + (1 << 19)) >> 20,
        }
    }

    /// What is different in another one, in words.
    pub fn differences(&self, other: &Machine) -> Vec<String> {
        let mut found = Vec::new();
        let mut check = |what: &str, here: String, there: String| {
            if here != there {
                found.push(format!("{what} {there} then, {here} now"));
            }
        };
        check("system", self.system.clone(), other.system.clone());
        check("kernel", self.kernel.clone(), other.kernel.clone());
        check("processor", self.processor.clone(), other.processor.clone());
        check("processors", self.processors.to_string(), other.processors.to_string());
        check("memory", format!("{} GiB", self.memory_gib), format!("{} GiB", other.memory_gib));
        found
    }

    /// In one line.
    pub fn line(&self) -> String {
        let processor = if self.processor.is_empty() { "unknown processor" } else { &self.processor };
        format!("{}, {} × {processor}, {} GiB", self.system, self.processors, self.memory_gib)
    }
}

/// The seconds that a fixed piece of work takes: how fast the machine is just now. A few milliseconds of one processor, in
/// which the same bytes are summed again and again.
pub fn reference() -> f64 {
    const BYTES: usize = 1 << 18;
    const TIMES: u32 = 60;
    let bytes = vec![0xa5_u8; BYTES];
    let started = Instant::now();
    let mut sum = 0_u32;
    for _ in 0..TIMES {
        sum = sum.wrapping_add(crc32fast::hash(black_box(&bytes)));
        // A chain that can't run side by side.
        for byte in black_box(&bytes).iter().step_by(8) {
            sum = sum.rotate_left(5) ^ u32::from(*byte);
        }
    }
    black_box(sum);
    started.elapsed().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_named() {
        let here = Machine::this();
        assert!(here.processors > 0 && here.differences(&here).is_empty());
        let other = Machine { processors: here.processors + 1, ..here.clone() };
        let found = here.differences(&other);
        assert_eq!(found, [format!("processors {} then, {} now", here.processors + 1, here.processors)]);
        assert!(reference() > 0.0);
    }
}
