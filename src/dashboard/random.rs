//! Texts that nobody can guess.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

/// 256 bits as hexadecimal digits. The keys of the hash come from the system and stay secret, so that its values can't be
/// guessed.
pub(super) fn secret() -> String {
    let keys = RandomState::new();
    (0..4u64).map(|part| format!("{:016x}", keys.hash_one(part))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_another() {
        let (one, other) = (secret(), secret());
        assert!(one.len() == 64 && one != other && one[..16] != one[16..32], "{one} {other}");
    }
}
