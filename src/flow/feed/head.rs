//! The beginning of a source, which is looked at before the first slice is cut.

use std::path::Path;

use crate::error::{Error, Position, Result};
use crate::flow::feed::room::Room;
use crate::flow::place::Place;
use crate::format::{Format, ReadFormat};
use crate::memory::Reservation;
use crate::plan::memory::Plan;
use crate::record::record_too_large;
use crate::scan::lines::Lines;
use crate::source::{Bytes, Part, Reach, Skipped, Source, Stream, damage, read_error};
use crate::sys::Map;

/// The beginning of a stream, which was read to look at it, and the memory reserved for it.
#[derive(Default)]
pub(crate) struct Beginning {
    pub bytes: Vec<u8>,
    pub reserved: Option<Reservation>,
}

/// The part of a map that is read.
pub(crate) fn read_of(map: &Map, part: Part) -> &[u8] {
    let all = map.bytes();
    let begin = part.begin.bytes.min(all.len());
    &all[begin..part.end.unwrap_or(all.len()).max(begin)]
}

/// How many bytes of a mapped source are always looked at.
const BEGINNING: usize = 64 << 10;

/// Looks at the beginning of a source: at the map, or at as much of a stream as has to be read.
pub(crate) fn beginning(
    source: &mut Source,
    from: Format,
    plan: &Plan,
    room: &Room,
    part: Part,
    mut look: impl FnMut(&[u8], bool) -> Result<Option<Box<dyn ReadFormat>>>,
) -> Result<(Vec<u8>, Box<dyn ReadFormat>)> {
    let Reach { path, bytes } = source.reach();
    let map = match bytes {
        Bytes::Stream(stream) => return read_head(stream, path, plan, room, from.lines(), part.begin, look),
        Bytes::Mapped(map) => map,
    };
    let (all, most) = (read_of(map, part), plan.room_for_header());
    // A header is a record: it may not be larger than one, and has to fit into memory.
    let len = if from.is_tabular() { all.len().min(most.max(BEGINNING)) } else { all.len() };
    let found = look(&all[..len], len == all.len());
    let found = found.map_err(|error| damage(map, path, u64::MAX).unwrap_or(error))?;
    let skipped = part.begin.bytes;
    let reading = found.ok_or_else(|| too_large(path, plan, room, skipped))?;
    if reading.start() > BEGINNING {
        map.release(skipped..skipped + reading.start());
    }
    Ok((Vec::new(), reading))
}

/// The error for a source whose header is larger than a record may be, or than the memory allows.
fn too_large(path: &Path, plan: &Plan, room: &Room, at: usize) -> Error {
    let (most, max) = (plan.room_for_header(), plan.max_record);
    let error = if most < max { room.refused(most) } else { record_too_large(0, max) };
    Error::data(Position::new(path, 0, at as u64), error)
}

/// Reads the beginning of a stream until `enough` says so, but not more than there is room for. Returns what was read.
fn read_head<T>(
    stream: &mut Stream,
    path: &Path,
    plan: &Plan,
    room: &Room,
    lines: Option<Lines>,
    skipped: Skipped,
    mut enough: impl FnMut(&[u8], bool) -> Result<Option<T>>,
) -> Result<(Vec<u8>, T)> {
    let mut head = Vec::new();
    let mut size = 64 << 10;
    let position = || Position::new(path, 0, skipped.bytes as u64);
    loop {
        stream.fill_to(&mut head, size).map_err(|e| read_error(position(), e))?;
        if let Some(found) = enough(&head, stream.ended())? {
            return Ok((head, found));
        }
        let most = plan.room_for_header().min(room.largest());
        if head.len() >= most || stream.ended() {
            let max = plan.max_record;
            let error = if most < max { room.refused(most) } else { record_too_large(0, max) };
            let place = Place::new(&head, 0, lines, 1 + skipped.lines);
            return Err(place.tell(Error::data(position(), error)));
        }
        if head.len() >= size {
            size = (size * 2).min(most);
        }
    }
}
