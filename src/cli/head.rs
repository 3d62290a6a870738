//! `pagemill head`: the first records, for people or as they are.

use std::io::{self, IsTerminal};
use std::path::Path;

use pagemill::config::flags::{Commands, Said};
use pagemill::error::Error;
use pagemill::format::csv::OutDialect;
use pagemill::sys;

use super::answer::Out;
use super::convert;
use super::exit::Exit;
use super::parser::Typed;
use super::paths::file;
use super::request::Request;
use super::table::table;

/// How many records are shown unless the flags say so.
const USUAL: u64 = 10;

/// Flags about how CSV is written, which a table is not.
const WRITING: [&str; 12] = [
    "out-delimiter",
    "out-quote",
    "out-escape",
    "out-no-quoting",
    "out-no-headers",
    "quote-all",
    "crlf",
    "tsv-escapes",
    "bom",
    "out-encoding",
    "out-dialect",
    "compress",
];

/// Shows the first records.
pub fn run(typed: Typed) -> Result<Exit, Error> {
    shown(typed, Commands::HEAD, |request| {
        let rows = &mut request.settings.rows;
        if rows.limit.is_none() && rows.tail.is_none() && rows.sample.is_none() {
            rows.limit = Some(USUAL);
        }
        Ok(())
    })
}

/// Runs a request, and shows what it writes as a table where that is for people.
pub fn shown(
    mut typed: Typed,
    command: Commands,
    prepare: impl FnOnce(&mut Request) -> Result<(), Error>,
) -> Result<Exit, Error> {
    let is_table = is_table(&typed.said)?;
    let out = is_table.then(|| Out::table(&typed.said));
    if is_table {
        if let Some(flag) = WRITING.iter().find(|flag| typed.said.is_typed(flag)) {
            return Err(Error::usage(format!(
                "`--{flag}` has no effect: the output is a table for people\n  Give the format of the output: --to csv"
            )));
        }
        typed.said.show();
    }
    let mut request = convert::request(typed, command, false)?;
    prepare(&mut request)?;
    let Some(out) = out.filter(|_| !request.see.explain && request.settings.fold.is_none()) else {
        return request.convert();
    };
    let path = request.target.as_deref().and_then(file);
    if let Some(path) = path.filter(|path| request.settings.compress.of(Some(path)).is_some()) {
        return Err(Error::usage(format!(
            "{} is the name of a compressed file, and a table for people is not compressed\n  Give another name, or the format of the output: --to csv",
            path.display()
        )));
    }
    out.check()?;
    (request.settings.options.out_dialect, request.settings.out_encoding) = (OutDialect::default(), None);
    let (bytes, exit) = request.run_kept()?;
    out.write(&table(&cells(&bytes), width(request.target.as_deref())))?;
    Ok(exit)
}

/// Whether the records are shown to people.
pub fn is_table(said: &Said) -> Result<bool, Error> {
    let output = said.path("output").and_then(file);
    Ok(match said.text("to")? {
        Some(format) => format.eq_ignore_ascii_case("table"),
        // What is written while records come can't wait for the widths of columns.
        None if said.has("window") || said.has("emit") => false,
        None => output.is_none() && io::stdout().is_terminal(),
    })
}

/// How wide the table may be: as the terminal that it goes to.
fn width(output: Option<&Path>) -> Option<usize> {
    match output.and_then(file) {
        Some(_) => None,
        None => sys::output_width(),
    }
}

/// The cells of CSV as it is written here: commas, line feeds, doubled quotes.
pub fn cells(csv: &[u8]) -> Vec<Vec<String>> {
    let text = String::from_utf8_lossy(csv);
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut chars) = (false, text.chars().peekable());
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_of_csv() {
        let rows = cells(b"a,b\n1,\"x, \"\"y\"\"\nz\"\n,\"\"\n");
        assert_eq!(rows, [["a", "b"], ["1", "x, \"y\"\nz"], ["", ""]]);
    }
}
