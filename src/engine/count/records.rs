//! Records: by their separators in pieces cut anywhere, or by a decoder.

use std::ops::Range;

use super::super::job::Opened;
use super::super::phases::Phases;
use super::claims;
use super::text::sum;
use crate::error::Result;
use crate::format::{CountRecords, Encode, Frame, Tally, WriteFormat};
use crate::record::{Batch, EncodeError, Output, Schema};
use crate::scan::count::{Counts, SliceCount, count_slice};
use crate::sys::Map;
use crate::target::Target;

/// What a claim holds.
struct Claim {
    /// If it begins outside quotes, and if it begins inside; none where it takes a decoder.
    tallies: [Option<Tally>; 2],
    text: SliceCount,
}

impl Default for Claim {
    fn default() -> Claim {
        let tallies = [false, true].map(|inside| Some(Tally { records: 0, inside }));
        Claim { tallies, text: SliceCount::default() }
    }
}

/// Counts records from `start` on, and the text from the beginning if it is wanted. None if it takes a decoder.
pub(super) fn tally(
    map: &Map,
    start: usize,
    tallies: &dyn CountRecords,
    workers: usize,
    text: bool,
) -> Option<(u64, Option<Counts>)> {
    let bytes = map.bytes();
    let look = |claim: &mut Claim, step: Range<usize>| {
        if text {
            claim.text.merge(&count_slice(&bytes[step.clone()]));
        }
        // What stands before the first record is in the first claim, and has no quotes left open.
        let range = step.start.max(start)..step.end;
        for tally in &mut claim.tallies {
            *tally = match *tally {
                Some(so_far) if !range.is_empty() => tallies
                    .piece(bytes, range.clone(), so_far.inside)
                    .map(|next| Tally { records: so_far.records + next.records, ..next }),
                unchanged => unchanged,
            };
        }
    };
    let claims = claims::each(map, workers, look);
    let mut total = Tally::default();
    for claim in &claims {
        let next = claim.tallies[usize::from(total.inside)]?;
        total = Tally { records: total.records + next.records, ..next };
    }
    let last = bytes[start..].last();
    let open = last.is_some_and(|last| total.inside || tallies.is_open(*last));
    let text = text.then(|| sum(claims.iter().map(|claim| &claim.text)));
    Some((total.records + u64::from(open), text))
}

/// Counts by decoding: records are checked and delimited, but no value of theirs is wanted.
pub(super) fn decode(mut opened: Opened<'_>) -> Result<u64> {
    opened.route.pass_through = false;
    opened.route.want.any_width = !opened.settings.strict;
    if opened.route.schema.is_some() {
        opened.route.want.select = Some(Vec::new());
        opened.route.schema = Some(Schema::default());
    }
    let phases = Phases::new(opened.plan.workers);
    Ok(opened.pass(&Discard, &Target::memory(), &phases)?.totals.records_in)
}

/// Writes nothing.
#[derive(Clone, Copy)]
struct Discard;

impl WriteFormat for Discard {
    fn frame(&self) -> Frame {
        Frame::default()
    }

    fn encoder(&self) -> Box<dyn Encode> {
        Box::new(*self)
    }
}

impl Encode for Discard {
    fn encode(&mut self, _: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        output.records += records.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::claims::CLAIM;
    use super::super::count_records;
    use crate::engine::{Settings, SourceSpec};
    use crate::format::Format;

    /// The crate csv is the oracle: with a header, and any number of fields.
    fn agree(data: &[u8], workers: &[usize]) {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(data);
        let expected = reader.byte_records().inspect(|record| assert!(record.is_ok())).count() as u64;
        let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        file.write_all(data).unwrap();
        let shown = || String::from_utf8_lossy(&data[..data.len().min(500)]);
        for &workers in workers {
            let settings = Settings { workers, from: Some(Format::Csv), ..Settings::default() };
            assert_eq!(count_records(file.path().into(), &settings).unwrap(), expected, "{:?}", shown());
            let stream = SourceSpec::bytes(data);
            assert_eq!(count_records(stream, &settings).unwrap(), expected, "streamed {:?}", shown());
        }
    }

    #[test]
    fn small_inputs() {
        let mut state = 17u64;
        let mut random = move |bound: usize| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize % bound
        };
        for round in 0..400 {
            let alphabet: &[u8] = if round % 2 == 0 { b"ab,\"\n\r" } else { b"abcdefghijklm,\n" };
            let data: Vec<u8> = (0..random(120)).map(|_| alphabet[random(alphabet.len())]).collect();
            agree(&data, &[1]);
        }
    }

    /// Quotes that lie across the ends of claims, and ones that are irregular.
    #[test]
    fn claims_of_all_kinds() {
        let rows = |len: usize| b"1,\"a\n\"\"b\"\"\",ragged\r\n\n2,x\n".repeat(len / 30);
        let far = [rows(CLAIM / 2), b"3,\"".to_vec(), b"\n".repeat(CLAIM), b"\"\n".to_vec(), rows(100)].concat();
        agree(&far, &[1, 3]);
        agree(&[&rows(CLAIM + 1000)[..], b"4,5"].concat(), &[2]);
        agree(&[&rows(CLAIM + 1000)[..], b"4,\"5\n"].concat(), &[2]);
        agree(&[&rows(CLAIM + 1000)[..], b"4\"\n,5\"", &rows(5000)].concat(), &[2]);
    }
}
