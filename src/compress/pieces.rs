//! Members whose length is known without decoding them: they are decoded in parallel.

use std::io;

use super::codec::Codec;
use super::input::Input;
use super::{gzip, zstd};

/// The whole members at the front of `input`, as many as fit: their data into a block of `most` bytes, themselves
/// into the capacity of `members`.
pub(super) fn collect(codec: Codec, input: &mut Input, most: usize, members: &mut Vec<u8>) -> io::Result<()> {
    let mut left = most;
    while let Some((len, data)) = known(codec, input, left)? {
        if data > left || len > members.capacity() - members.len() {
            break;
        }
        members.extend_from_slice(input.peek(len)?);
        input.consume(len);
        input.promised = codec == Codec::Gzip && data > 0;
        left -= data;
    }
    Ok(())
}

/// Whether [`collect`] would find anything.
pub(super) fn is_known(codec: Codec, input: &mut Input, most: usize) -> io::Result<bool> {
    Ok(known(codec, input, most)?.is_some())
}

fn known(codec: Codec, input: &mut Input, most: usize) -> io::Result<Option<(usize, usize)>> {
    match codec {
        Codec::Gzip => gzip::known(input),
        Codec::Zstd => zstd::known(input, most),
        _ => Ok(None),
    }
}
