//! Vector kernels against their portable twins and their definition, byte by byte.
//!
//! Those of CSV and of counting are chosen for a whole process: the replay runs under every `PAGEMILL_KERNEL`.

use pagemill::format::Detail;
use pagemill::memory::Arena;
use pagemill::record::Batch;
use pagemill::record::json::Reader;
use pagemill::scan::json::{
    AHEAD, Columns, Compactor, Hit, Nesting, Positions, Seek, escape_into, escape_of, find_special,
};
use pagemill::scan::number::is_json_number;
use pagemill::scan::vector::Unit;

use crate::shared::{Choices, LONGEST, shown};

fn positions(unit: Unit, text: &[u8], from: usize, lines: bool) -> Vec<usize> {
    let mut positions = Positions::new(unit);
    let (mut at, mut found) = (positions.start(from, text.len(), lines), Vec::new());
    loop {
        at = positions.ensure(text, at);
        let position = positions.get(at);
        if position == text.len() {
            assert!((at..at + AHEAD).all(|at| positions.get(at) == text.len()));
            return found;
        }
        found.push(position);
        at += 1;
    }
}

fn hits(unit: Unit, text: &[u8], seek: Seek) -> Vec<Hit> {
    let (mut nesting, mut least, mut found) =
        (Nesting::new(unit, seek, Columns { open: 1, close: 1 }, 0), 0, Vec::new());
    while let Some(hit) = nesting.find(text, least) {
        found.push(hit);
        match hit {
            Hit::Between(at) => least = at + 1,
            Hit::End(_) => break,
            Hit::Text(_) | Hit::Loose(_) | Hit::Bracket(_) | Hit::List(_) => {}
        }
    }
    found
}

fn compact(unit: Unit, text: &[u8], size: usize) -> Vec<u8> {
    let (mut compactor, mut out, mut read, mut to) = (Compactor::new(), Vec::new(), 0, vec![0u8; size]);
    while read < text.len() {
        let (more, written) = compactor.copy(unit, &text[read..], &mut to);
        assert!(more > 0);
        out.extend_from_slice(&to[..written]);
        read += more;
    }
    out
}

/// The first error of a reader, or all nodes.
fn nodes(unit: Unit, text: &[u8], detail: Detail) -> Result<String, (usize, String)> {
    let arena = Arena::new(1 << 12, 1 << 22);
    let mut batch = Batch::new(&arena, text, None, 1 << 20);
    match Reader::on(unit, 40, 0).only_value(text, 0..text.len(), detail, &mut batch) {
        Ok(_) if !text.is_empty() => {
            batch.end_record(0, text.len()).unwrap();
            Ok(format!("{:?}", batch.tree(0).nodes()))
        }
        Ok(_) => Ok(String::new()),
        Err(error) => Err((error.offset, error.message().to_string())),
    }
}

/// RFC 8259, section 6.
fn number(text: &[u8]) -> bool {
    fn digits(text: &[u8]) -> usize {
        text.iter().take_while(|byte| byte.is_ascii_digit()).count()
    }
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let whole = digits(text);
    if whole == 0 || (whole > 1 && text[0] == b'0') {
        return false;
    }
    let mut rest = &text[whole..];
    if let [b'.', behind @ ..] = rest {
        let count = digits(behind);
        if count == 0 {
            return false;
        }
        rest = &behind[count..];
    }
    if let [b'e' | b'E', behind @ ..] = rest {
        let behind = behind.strip_prefix(b"-").or(behind.strip_prefix(b"+")).unwrap_or(behind);
        let count = digits(behind);
        if count == 0 {
            return false;
        }
        rest = &behind[count..];
    }
    rest.is_empty()
}

pub fn target(data: &[u8]) {
    if data.len() > LONGEST {
        return;
    }
    let mut choices = Choices::new(data);
    let (from, size) = (choices.byte() as usize, choices.of(&[64, 65, 100, 1000]));
    let text = choices.rest();
    let from = from.min(text.len());
    let special = text.iter().position(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\')).unwrap_or(text.len());
    let escaped: Vec<u8> = text
        .iter()
        .flat_map(|byte| match byte {
            0..0x20 | b'"' | b'\\' => {
                let (escape, len) = escape_of(*byte);
                escape[..len].to_vec()
            }
            _ => vec![*byte],
        })
        .collect();
    let units = Unit::available();
    let first = units[0];
    for &unit in &units {
        let what = || format!("{unit:?} {from} {size}: {}", shown(text));
        for lines in [false, true] {
            assert_eq!(positions(unit, text, from, lines), positions(first, text, from, lines), "{}", what());
        }
        for seek in [Seek::Items, Seek::Closed, Seek::White] {
            assert_eq!(hits(unit, text, seek), hits(first, text, seek), "{}", what());
        }
        assert_eq!(compact(unit, text, size), compact(first, text, 1000), "{}", what());
        assert_eq!(find_special(unit, text), special, "{}", what());
        let mut room = vec![0; text.len() * 6 + 128];
        let len = escape_into(unit, text, &mut room);
        assert!(room[..len] == escaped, "{}\n {}", what(), shown(&room[..len]));
        for detail in [Detail::Record, Detail::All] {
            assert_eq!(nodes(unit, text, detail), nodes(first, text, detail), "{}", what());
        }
    }
    for part in text.split(|byte| matches!(byte, b',' | b'\n')) {
        assert_eq!(is_json_number(part), number(part), "{}", shown(part));
    }
}
