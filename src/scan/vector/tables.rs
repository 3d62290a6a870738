//! What bytes are looked up in, sixteen at a time.

/// For each low half of a byte, the operator that has it once bit 5 is set (`[` becomes `{`).
pub const OPERATORS: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b':', b'{', b',', b'}', 0, 0];
/// For each low half of a byte, the white space that has it; else a byte with another low half.
pub const WHITE: [u8; 16] = [b' ', 0, 0, 0, 0, 0, 0, 0, 0, b'\t', b'\n', 0, 0, b'\r', 0, 0];
/// Turns sixteen bytes around.
#[cfg(target_arch = "x86_64")]
pub const LAST_TO_FIRST: [u8; 16] = [15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];
