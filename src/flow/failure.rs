//! The error of a run that a slice ends.

use crate::error::{Error, Position};
use crate::flow::feed::Slice;
use crate::flow::feed::failed::FeedError;
use crate::flow::order::commit::Failure;
use crate::flow::place::Place;
use crate::flow::policy::unread;
use crate::flow::shared::{Shared, Stop};
use crate::job::settings::OnError;

/// What makes the error of the run, if this slice ends it. It is called once the number of records before the slice is
/// known.
pub(crate) fn failure(
    shared: &Shared<'_>,
    slice: &Slice<'_>,
    cut: Option<FeedError>,
    stop: Option<Stop>,
) -> Option<Failure> {
    if cut.is_none() && stop.is_none() {
        return None;
    }
    // For a mapped source, the line is found later, together with the text to show.
    let line = if shared.map.is_some() { 0 } else { slice.line };
    let (source, offset) = (shared.source.to_path_buf(), slice.offset);
    if let Some(mut error) = cut {
        if let FeedError::Cut(bad, place) = error {
            let lost = shared.on_error != OnError::Fail;
            let start = offset + bad.offset as u64;
            error = FeedError::Cut(if lost { unread(bad, start, shared.len) } else { bad }, place);
        }
        return Some(Box::new(move |records| error.at(&source, records, offset, line)));
    }
    match stop? {
        Stop::Run(error) => Some(Box::new(|_| error)),
        Stop::Record(index, error) => {
            let place = Place::before(slice.bytes(), error.offset, shared.lines, line, &slice.after);
            Some(Box::new(move |records| {
                let position = Position::new(source, records + index + 1, offset + error.offset as u64);
                place.tell(Error::data(position, error))
            }))
        }
    }
}
