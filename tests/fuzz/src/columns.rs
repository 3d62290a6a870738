//! Parquet and Arrow: whatever the bytes are, all ways of reading and all numbers of workers find the same records or the
//! same error, and nothing panics, hangs or claims memory that it has no use for.

use pagemill::format::Format;

use crate::shared::paths::{Case, Input, Kind, Way};
use crate::shared::raw::Raw;
use crate::shared::{Choices, LONGEST, shown};

pub fn target_parquet(data: &[u8]) {
    target(Format::Parquet, data);
}

pub fn target_arrow(data: &[u8]) {
    // The beginning says whether it is a file or a stream.
    target(Format::Arrow, data);
}

fn target(from: Format, data: &[u8]) {
    if data.len() > LONGEST {
        return;
    }
    let mut choices = Choices::new(data);
    let to = choices.of(&[Format::Ndjson, Format::Csv, from]);
    let select = choices.of(&[&[][..], &["id"], &["name", "id"]]);
    let flags = Raw { select: select.iter().map(|name| (*name).to_owned()).collect(), ..Raw::default() };
    let ways = [0; 2].map(|_| Way {
        input: choices.of(&[Input::Mapped, Input::Streamed]),
        workers: choices.of(&[2, 3, 1]),
        slice: choices.of(&[1, 100, 4096]),
        small: false,
        target: Kind::Memory,
    });
    let input = choices.rest();
    Case::new(&format!("{flags:?}\n{}\n", shown(input)), from, to, input, flags).check_by(ways);
}
