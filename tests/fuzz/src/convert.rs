//! Whole conversions: one worker with a huge slice against several with tiny ones, from files and from readers, in
//! little memory. The bytes, the counts and the text of errors have to be the same.

use crate::shared::raw::Raw;
use pagemill::format::Format;

use crate::shared::flags::{KINDS, change};
use crate::shared::inputs::ODD_LAYOUT;
use crate::shared::paths::{Case, Input, Kind, Way};
use crate::shared::{Choices, LONGEST, shown};

pub fn target(data: &[u8]) {
    if data.len() > LONGEST {
        return;
    }
    let mut choices = Choices::new(data);
    let (from, to) = (choices.of(&Format::ALL), choices.of(&Format::ALL));
    let layout = choices.of(&[ODD_LAYOUT, "a:u8,s:skip1", "line:text40", "value:f64le"]);
    let on_error = choices.of(&["fail", "skip"]);
    let mut flags = Raw { layout: Some(layout.into()), on_error: Some(on_error.into()), ..Raw::default() };
    for _ in 0..choices.byte() % 4 {
        change(&mut flags, choices.byte() as usize % KINDS);
    }
    let ways = [0; 2].map(|_| Way {
        input: choices.of(&[Input::Mapped, Input::Streamed, Input::ShortReads]),
        workers: choices.of(&[2, 3, 1]),
        slice: choices.of(&[1, 7, 100, 4096]),
        small: choices.byte() & 1 == 1,
        target: choices.of(&[Kind::Memory, Kind::Pipe, Kind::Memory, Kind::File]),
    });
    let input = choices.rest();
    if flags.validate().is_err() {
        return;
    }
    Case::new(&format!("{flags:?}\n{}\n", shown(input)), from, to, input, flags).check_by(ways);
}
