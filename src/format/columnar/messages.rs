//! What the messages of Arrow say before they are read (Arrow columnar format, section "IPC Streaming Format").
//!
//! The reader makes room for as many bytes as a message claims to have, so all of them have to be there.

use arrow_ipc::{root_as_footer, root_as_message};

use super::input::Input;
use crate::sys::read_exact_at;

/// What all messages say.
#[derive(Default)]
pub(super) struct Messages {
    /// How many bytes the largest one has, with its body.
    pub largest: usize,
    /// How many records there are.
    pub records: u64,
}

/// What ends a file: the length of what says where its messages are, and these bytes.
const END: &[u8; 6] = b"ARROW1";
/// The length of both.
const TRAILER: u64 = 10;
/// Comes before the length of a message, but not in files that were written before 2019.
const GOES_ON: u32 = u32::MAX;

/// A message, or why it can't be there.
type Found<T> = Result<T, String>;

/// Looks at the messages of a stream, one after another.
///
/// # Errors
/// One is not there to its end, or there is something else.
pub(super) fn of_stream(input: &Input) -> Found<Messages> {
    let (mut at, mut found) = (0, Messages::default());
    // It may end without a word.
    while let Some(len) = found.add(input, at)? {
        at += len;
    }
    Ok(found)
}

/// Looks at the messages of a file, which are where its end says.
///
/// # Errors
/// As for [`of_stream`].
pub(super) fn of_file(input: &Input) -> Found<Messages> {
    let cut = || "the end of the file is not there".to_owned();
    let trailer = input.len.checked_sub(TRAILER).ok_or_else(cut)?;
    let mut bytes = [0; TRAILER as usize];
    read_exact_at(&input.file, &mut bytes, trailer).map_err(|error| error.to_string())?;
    let (len, end) = bytes.split_at(4);
    let len = len.iter().rev().fold(0, |len, byte| len << 8 | u64::from(*byte));
    let start = trailer.checked_sub(len).filter(|_| end == END).ok_or_else(cut)?;
    let mut footer = vec![0; len as usize];
    read_exact_at(&input.file, &mut footer, start).map_err(|error| error.to_string())?;
    let footer = root_as_footer(&footer).map_err(|error| error.to_string())?;
    let mut found = Messages::default();
    let blocks = footer.dictionaries().into_iter().flatten().chain(footer.recordBatches().into_iter().flatten());
    for block in blocks {
        let at = u64::try_from(block.offset()).ok();
        let at = at.ok_or_else(|| format!("a message is at byte {}", block.offset()))?;
        let not_there = || format!("the message at byte {at} is not there");
        found.add(input, at)?.ok_or_else(not_there)?;
        // The reader takes the lengths from here.
        let claimed = i64::from(block.metaDataLength()).checked_add(block.bodyLength());
        let claimed = claimed.filter(|_| block.metaDataLength() >= 0 && block.bodyLength() >= 0);
        let claimed = claimed.and_then(|claimed| u64::try_from(claimed).ok());
        let claimed = claimed.filter(|claimed| *claimed <= input.len - at).ok_or_else(not_there)?;
        found.largest = found.largest.max(claimed as usize);
    }
    Ok(found)
}

impl Messages {
    /// Looks at the message at a place of the file, and gives its length with all that belongs to it; none: there is no
    /// further one.
    fn add(&mut self, input: &Input, at: u64) -> Found<Option<u64>> {
        let number = |at: u64| {
            let mut bytes = [0; 4];
            let is_there = at.checked_add(4).is_some_and(|end| end <= input.len);
            (is_there && read_exact_at(&input.file, &mut bytes, at).is_ok()).then(|| u32::from_le_bytes(bytes))
        };
        let Some(first) = number(at) else { return Ok(None) };
        let head = if first == GOES_ON { 8 } else { 4 };
        let len = if first == GOES_ON { number(at + 4) } else { Some(first) };
        let Some(len) = len.filter(|len| *len > 0) else { return Ok(None) };
        let left = input.len - at - head;
        let cut = || format!("the message at byte {at} is not there to its end");
        if u64::from(len) > left {
            return Err(cut());
        }
        let mut message = vec![0; len as usize];
        read_exact_at(&input.file, &mut message, at + head).map_err(|error| error.to_string())?;
        let message = root_as_message(&message).map_err(|error| error.to_string())?;
        let body = u64::try_from(message.bodyLength()).ok();
        let body = body.filter(|body| *body <= left - u64::from(len)).ok_or_else(cut)?;
        self.largest = self.largest.max(len as usize + body as usize);
        let records = message.header_as_record_batch().map_or(0, |batch| batch.length());
        self.records = self.records.saturating_add(u64::try_from(records).unwrap_or(0));
        Ok(Some(head + u64::from(len) + body))
    }
}
