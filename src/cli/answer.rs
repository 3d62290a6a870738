//! Answers: tables that a command prints or writes to a file, in the format that fits.

use std::fs::OpenOptions;
use std::io::{IsTerminal, Write, stdout};
use std::path::{Path, PathBuf};

use pagemill::config::flags::Said;
use pagemill::error::Error;
use pagemill::job::{ColumnsFrom, Job, TargetSpec};

use super::console;
use super::paths::file;

/// How an answer is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum To {
    Table,
    Csv,
    Tsv,
    Json,
    Ndjson,
    Html,
    Svg,
}

impl To {
    fn named(name: &str) -> Option<To> {
        Some(match name.to_ascii_lowercase().as_str() {
            "table" | "txt" => To::Table,
            "csv" => To::Csv,
            "tsv" => To::Tsv,
            "json" => To::Json,
            "ndjson" | "jsonl" => To::Ndjson,
            "html" | "htm" => To::Html,
            "svg" => To::Svg,
            _ => return None,
        })
    }

    /// The format of records in which such an answer is written; none: it is for people.
    pub fn records(self) -> Option<&'static str> {
        match self {
            To::Csv => Some("csv"),
            To::Tsv => Some("tsv"),
            To::Json => Some("json"),
            To::Ndjson => Some("ndjson"),
            To::Table | To::Html | To::Svg => None,
        }
    }

    /// What the flags say, the extension of the output, or what fits where the answer goes.
    pub fn of(said: &Said, output: Option<&Path>) -> Result<To, Error> {
        if let Some(name) = said.text("to")? {
            return To::named(name).ok_or_else(|| Error::usage(format!("--to: {name} is not a format for an answer")));
        }
        match output.and_then(Path::extension).map(|extension| extension.to_string_lossy()) {
            Some(extension) => To::named(&extension).ok_or_else(|| {
                Error::usage(format!(
                    "--output: the extension .{extension} says no format for an answer\n  Give it with --to."
                ))
            }),
            None if output.is_none() && stdout().is_terminal() => Ok(To::Table),
            None => Ok(To::Csv),
        }
    }
}

/// Where an answer goes.
pub struct Out {
    pub to: To,
    output: Option<PathBuf>,
    force: bool,
}

impl Out {
    /// Where the flags say.
    ///
    /// # Errors
    /// Usage: no format of an answer is named.
    pub fn of(said: &Said) -> Result<Out, Error> {
        let output = said.path("output").and_then(file);
        Ok(Out { to: To::of(said, output)?, output: output.map(Path::to_path_buf), force: said.has("force") })
    }

    /// A table that goes where the flags say.
    pub fn table(said: &Said) -> Out {
        let output = said.path("output").and_then(file).map(Path::to_path_buf);
        Out { to: To::Table, output, force: said.has("force") }
    }

    /// Whether it goes to standard output, which may be a terminal.
    pub fn is_shown(&self) -> bool {
        self.output.is_none()
    }

    /// Refuses an output that exists, before there is an answer.
    ///
    /// # Errors
    /// Usage: the output exists.
    pub fn check(&self) -> Result<(), Error> {
        let exists = |path: &&PathBuf| !self.force && std::fs::metadata(path).is_ok_and(|found| found.is_file());
        self.output.as_ref().filter(exists).map_or(Ok(()), |path| Err(exists_already(path)))
    }

    /// Writes an answer.
    ///
    /// # Errors
    /// Usage: the output exists. It can't be written.
    pub fn write(&self, text: &str) -> Result<(), Error> {
        let Some(path) = &self.output else { return console::print(text) };
        let mut options = OpenOptions::new();
        // A device or pipe is not replaced.
        let is_new = !self.force && std::fs::metadata(path).map_or(true, |found| found.is_file());
        options.write(true).create(true).truncate(true).create_new(is_new);
        let mut file = options.open(path).map_err(|e| match e.kind() {
            std::io::ErrorKind::AlreadyExists => exists_already(path),
            _ => Error::io("create", path, e),
        })?;
        file.write_all(text.as_bytes()).map_err(|e| Error::io("write to", path, e))
    }
}

fn exists_already(path: &Path) -> Error {
    Error::usage(format!("{} exists already\n  Give --force to replace it.", path.display()))
}

/// One figure: its name, how machines and how people read it.
pub struct Cell {
    pub name: &'static str,
    pub plain: String,
    pub shown: String,
    is_number: bool,
}

/// A number; without a text there is none.
pub fn number(name: &'static str, plain: impl ToString, shown: String) -> Cell {
    Cell { name, plain: plain.to_string(), shown, is_number: true }
}

/// A text. Names can have control characters, which a terminal would obey.
pub fn text(name: &'static str, text: &str) -> Cell {
    Cell { name, plain: text.to_owned(), shown: text.replace(char::is_control, "\u{fffd}"), is_number: false }
}

/// A row as an object.
pub fn object(row: &[Cell]) -> serde_json::Map<String, serde_json::Value> {
    let value = |cell: &Cell| match serde_json::from_str(&cell.plain) {
        Ok(number) if cell.is_number => number,
        Err(_) if cell.is_number => serde_json::Value::Null,
        _ => serde_json::Value::String(cell.plain.clone()),
    };
    row.iter().map(|cell| (cell.name.to_owned(), value(cell))).collect()
}

/// Rows in a format.
pub fn written(rows: &[Vec<Cell>], to: To) -> Result<String, Error> {
    let json = |row: &Vec<Cell>| serde_json::Value::Object(object(row)).to_string();
    Ok(match to {
        To::Json => format!("[{}]\n", rows.iter().map(json).collect::<Vec<_>>().join(",\n")),
        To::Ndjson => rows.iter().map(|row| json(row) + "\n").collect(),
        To::Csv => converted(rows, "csv")?,
        To::Tsv => converted(rows, "tsv")?,
        To::Table | To::Html | To::Svg => table(rows),
    })
}

/// Rows as a conversion of lines of JSON writes them. A cell without a text is left out: an empty text would be quoted.
fn converted(rows: &[Vec<Cell>], format: &str) -> Result<String, Error> {
    let Some(first) = rows.first() else { return Ok(String::new()) };
    let columns = ColumnsFrom::List(first.iter().map(|cell| cell.name.to_owned()).collect());
    let line = |row: &Vec<Cell>| {
        let mut object = object(row);
        row.iter().filter(|cell| cell.plain.is_empty()).for_each(|cell| _ = object.remove(cell.name));
        format!("{}\n", serde_json::Value::Object(object))
    };
    let lines: String = rows.iter().map(line).collect();
    let job = Job::new(lines.into_bytes(), TargetSpec::Memory).from("ndjson".parse()?).to(format.parse()?);
    let report = job.columns(columns).workers(1).run()?;
    Ok(String::from_utf8_lossy(&report.output).into_owned())
}

/// For people: columns under their names, numbers on the right.
pub fn table(rows: &[Vec<Cell>]) -> String {
    let Some(first) = rows.first() else { return String::new() };
    let name = |cell: &Cell| cell.name.replace("_bytes", "").replace('_', " ");
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].shown.chars().count());
        cells.max().unwrap_or(0).max(name(&first[column]).chars().count())
    };
    let widths: Vec<usize> = (0..first.len()).map(width).collect();
    let line = |texts: Vec<String>| {
        let aligned = texts.iter().zip(first).zip(&widths).map(|((text, cell), width)| match cell.is_number {
            true => format!("{text:>width$}"),
            false => format!("{text:<width$}"),
        });
        aligned.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    let mut text = line(first.iter().map(name).collect());
    rows.iter().for_each(|row| text += &line(row.iter().map(|cell| cell.shown.clone()).collect()));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Vec<Cell>> {
        assert_eq!(text("job", "a\x1b[31m\nb").shown, "a\u{fffd}[31m\u{fffd}b");
        let row = |id: u32, job: &str| {
            vec![number("id", id, id.to_string()), text("job", job), number("x_bytes", 5, "5 B".into())]
        };
        vec![row(9, "a"), row(10, "b,\"c\"")]
    }

    #[test]
    fn rows_in_each_format() {
        assert_eq!(written(&rows(), To::Csv).unwrap(), "id,job,x_bytes\n9,a,5\n10,\"b,\"\"c\"\"\",5\n");
        assert_eq!(written(&rows()[..1], To::Tsv).unwrap(), "id\tjob\tx_bytes\n9\ta\t5\n");
        assert_eq!(written(&rows()[..1], To::Ndjson).unwrap(), "{\"id\":9,\"job\":\"a\",\"x_bytes\":5}\n");
        assert_eq!(written(&rows()[..1], To::Json).unwrap(), "[{\"id\":9,\"job\":\"a\",\"x_bytes\":5}]\n");
        assert_eq!(written(&rows(), To::Table).unwrap(), "id  job      x\n 9  a      5 B\n10  b,\"c\"  5 B\n");
    }
}
