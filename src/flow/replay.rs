//! Records of a quarantine, each converted on its own.

use crate::error::{Fault, RecordError};
use crate::flow::convert::Conversion;
use crate::flow::policy::{At, Policy};
use crate::flow::shared::Stop;
use crate::quarantine::Section;

/// Converts each of the records that the lines of a slice hold; `room` is for one of them.
pub(crate) fn each<'c, 'p>(
    section: &Section,
    room: &mut Vec<u8>,
    work: &mut Conversion<'c, 'p>,
    policy: &Policy<'_, '_>,
    mut convert: impl FnMut(&mut Conversion<'c, 'p>, &Policy<'_, '_>) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let At::Source(offset) = policy.at else { return Ok(()) };
    section.each(policy.bytes, offset, room, |origin, bytes| {
        if work.wanted.is_over() {
            return Ok(());
        }
        let before = work.totals.records_in;
        let policy = Policy { bytes, at: At::Origin(origin, before), ..*policy };
        if !origin.document {
            convert(work, &policy)?;
        }
        if work.totals.records_in > before {
            return Ok(());
        }
        // For example, `text` is only a blank line. A record that was repaired must not get lost.
        let error = RecordError::new(0, "this line of the quarantine has no record")
            .hint("Put a record into `text`, or delete the whole line.");
        let error = if origin.document { error.fault(Fault::Document) } else { error };
        work.next_is_bad(error, 0..bytes.len(), &policy)
    })
}
