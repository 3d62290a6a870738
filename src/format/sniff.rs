//! Files that are not what they are said to be, recognised by how they begin.
//!
//! What can't be text of the format is refused (`other`). What could still be is only suspicious (`suspicion`): the
//! first error mentions it, since it may be the reason.

use std::path::Path;

use super::Options;
use super::entry::{Entry, Looks};
use crate::error::RecordError;

/// How much of a source is looked at.
const LOOK: usize = 64 << 10;
/// How much of it is searched for bytes that text does not have.
const NEAR: usize = 1 << 10;

/// A file format known by its first bytes.
struct Magic {
    at: usize,
    bytes: &'static [u8],
    /// What else must hold, if text could begin with these bytes too.
    also: fn(&[u8]) -> bool,
    what: &'static str,
    hint: &'static str,
}

const fn magic(bytes: &'static [u8], what: &'static str, hint: &'static str) -> Magic {
    Magic { at: 0, bytes, also: has_controls, what, hint }
}

const UNZIP: &str = "Unpack it first, for example: unzip -p FILE⟨stdin csv⟩";
const SHEET: &str = "Save the sheet as CSV first, in the program that made it or with: soffice --convert-to csv FILE";
const ARROW: &str = "Convert it to CSV or NDJSON first, for example with Polars or pyarrow.";
const UNTAR: &str = "Unpack it first, for example: tar -xOf FILE⟨stdin csv⟩";
const SQLITE: &str = "Export a table first, for example: sqlite3 -csv -header FILE 'select * from TABLE'";
const UNPACK: &str = "Unpack it first, and convert the files that are in it.";
const DECOMPRESS: &str = "If the file was compressed twice, decompress it once first. If it was compressed once, leave out ⟨decompress none⟩.";
const NO_DATA: &str = "It has no records that pagemill can read.";

/// Text that is of another format: what it seems to be, and what to do.
type Text = (&'static str, &'static str);
const OBJECTS: Text = ("JSON", "Give its format: ⟨from ndjson⟩ (one object per line) or ⟨from json⟩");
const ARRAY: Text = ("JSON", "Give its format: ⟨from json⟩");
const MARKUP: Text = ("HTML or XML", "pagemill does not read it. It may be a saved error page.");

/// The first match counts.
const MAGICS: [Magic; 27] = [
    Magic { also: is_workbook, ..magic(b"PK\x03\x04", "an Excel workbook (xlsx)", SHEET) },
    Magic { also: is_open_sheet, ..magic(b"PK\x03\x04", "an OpenDocument spreadsheet (ods)", SHEET) },
    magic(b"PK\x03\x04", "a zip archive", UNZIP),
    magic(b"PK\x05\x06", "an empty zip archive", UNZIP),
    magic(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (xls) or Office document", SHEET),
    magic(b"PAR1", "a Parquet file", "Give its format: ⟨from parquet⟩"),
    magic(b"Obj\x01", "an Avro file", "Give its format: ⟨from avro⟩"),
    magic(b"ARROW1\0\0", "an Arrow or Feather file", "Give its format: ⟨from arrow⟩"),
    magic(b"FEA1", "a Feather file of version 1", ARROW),
    magic(b"ORC", "an ORC file", ARROW),
    Magic { also: is_no_text, ..magic(b"\xd9\xd9\xf7", "CBOR", "Give its format: ⟨from cbor⟩") },
    magic(b"SQLite format 3\0", "an SQLite database", SQLITE),
    magic(b"\x89HDF\r\n\x1a\n", "an HDF5 file", "Export it as CSV first."),
    Magic { also: is_pdf, ..magic(b"%PDF-", "a PDF", NO_DATA) },
    magic(b"\x7fELF", "a program or library (ELF)", NO_DATA),
    Magic { also: is_program, ..magic(b"MZ", "a program or library for Windows", NO_DATA) },
    magic(b"\x89PNG\r\n\x1a\n", "a picture (PNG)", NO_DATA),
    magic(b"GIF8", "a picture (GIF)", NO_DATA),
    Magic { also: is_no_text, ..magic(b"\xff\xd8\xff", "a picture (JPEG)", NO_DATA) },
    magic(b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
    magic(b"Rar!\x1a\x07", "a rar archive", UNPACK),
    Magic { at: 257, ..magic(b"ustar", "a tar archive", UNTAR) },
    Magic { also: is_no_text, ..magic(b"\x1f\x8b\x08", "compressed with gzip", DECOMPRESS) },
    Magic { also: is_no_text, ..magic(b"\x28\xb5\x2f\xfd", "compressed with zstd", DECOMPRESS) },
    Magic { also: is_no_text, ..magic(b"BZh", "compressed with bzip2", DECOMPRESS) },
    magic(b"\xfd7zXZ\0", "compressed with xz", DECOMPRESS),
    magic(b"\x04\x22\x4d\x18", "compressed with lz4", DECOMPRESS),
];

/// Formats that we don't read, by file extension.
const EXTENSIONS: [(&[&str], &str, &str); 10] = [
    (&["xlsx", "xlsm", "xlsb", "xls"], "an Excel workbook", SHEET),
    (&["ods"], "an OpenDocument spreadsheet", SHEET),
    (&["zip"], "a zip archive", UNZIP),
    (&["orc"], "an ORC file", ARROW),
    (&["sqlite", "sqlite3"], "an SQLite database", SQLITE),
    (&["h5", "hdf5"], "an HDF5 file", "Export it as CSV first."),
    (&["pdf"], "a PDF", NO_DATA),
    (&["7z", "rar"], "an archive", UNPACK),
    (&["tar", "tgz"], "a tar archive", UNTAR),
    (&["xml", "html"], "XML or HTML", "Convert it to CSV or JSON first."),
];

/// What a file with this extension is, and how to use it as a source, if it is of a format that we don't read.
pub fn foreign(extension: &str) -> Option<(&'static str, &'static str)> {
    let is_one = |known: &[&str]| known.iter().any(|known| known.eq_ignore_ascii_case(extension));
    EXTENSIONS.iter().find(|(known, ..)| is_one(known)).map(|(_, what, hint)| (*what, *hint))
}

/// Puts the name of a file into the hint, if a shell takes the name without quoting.
pub fn naming(hint: &str, path: &Path) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    match path.to_str().filter(|name| *name != "-" && !name.is_empty() && name.bytes().all(plain)) {
        Some(name) => hint.replace("FILE", name),
        None => hint.to_owned(),
    }
}

/// The error for a source with this beginning, if it can't be of this format. Text formats are checked, and those whose
/// values begin with no bytes of their own: for these, what others begin with would be numbers one after another.
pub(super) fn other(format: &Entry, options: &Options, start: &[u8]) -> Option<RecordError> {
    let values = format.nested && !format.payload && format.blocks.is_none();
    if !format.text && !values {
        return None;
    }
    let start = &start[..start.len().min(LOOK)];
    // Fewer bytes may begin a value.
    let tells = |magic: &Magic| format.text || magic.bytes.len() >= 4;
    let fits = |magic: &&Magic| {
        tells(magic) && start.get(magic.at..).is_some_and(|at| at.starts_with(magic.bytes)) && (magic.also)(start)
    };
    let found = MAGICS.iter().find(fits).map(|magic| (magic.what, magic.hint));
    let found = found.or_else(|| no_table(start, options).filter(|_| format.looks() == Looks::Table));
    // Text in another encoding is text too.
    let not = if format.any_bytes && found.is_none() { "UTF-8" } else { format.title };
    let (what, hint) = found.or_else(|| wide(start).filter(|_| format.text))?;
    Some(RecordError::new(0, format!("this seems to be {what}, not {not}")).hint(hint))
}

/// The error for text where values of a binary format are expected, whose small numbers or short texts look the same.
#[cold]
pub(super) fn text_in_place_of(title: &str, start: &[u8]) -> RecordError {
    let text = without_mark(&start[..start.len().min(NEAR)]);
    let (what, hint) = match text.first() {
        Some(b'{') => OBJECTS,
        Some(b'[') => ARRAY,
        _ if is_markup(text) => MARKUP,
        _ if is_table(text) => ("CSV", "Give its format: ⟨from csv⟩"),
        _ => ("plain text", "Give its format, for example ⟨from text⟩, a record for each line"),
    };
    let insist = "If it is binary all the same, give ⟨schema⟩ with the kind of its field `value`.";
    RecordError::new(0, format!("this seems to be {what}, not {title}")).hint(format!("{hint}\n  {insist}"))
}

/// Without byte order mark and white space in front.
fn without_mark(start: &[u8]) -> &[u8] {
    start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start()
}

fn line_of(text: &[u8]) -> &[u8] {
    text.split(|byte| b"\r\n".contains(byte)).next().unwrap_or_default()
}

/// Whether there are control characters that text does not have.
fn has_controls(start: &[u8]) -> bool {
    start.iter().take(NEAR).any(|byte| *byte < b' ' && !b"\t\n\r\x0c\x1b\x1e".contains(byte))
}

/// The same, or bytes that are not UTF-8.
fn is_no_text(start: &[u8]) -> bool {
    let near = &start[..start.len().min(NEAR)];
    has_controls(near) || std::str::from_utf8(near).is_err_and(|error| error.error_len().is_some())
}

/// A version is the whole first line, or there is no text.
fn is_pdf(start: &[u8]) -> bool {
    let version = line_of(&start[..start.len().min(NEAR)]).strip_prefix(b"%PDF-").unwrap_or_default();
    let alone =
        matches!(version.trim_ascii_end(), [major, b'.', minor] if major.is_ascii_digit() && minor.is_ascii_digit());
    alone || is_no_text(start)
}

fn is_program(start: &[u8]) -> bool {
    has_controls(start) && memchr::memmem::find(&start[..start.len().min(NEAR)], b"PE\0\0").is_some()
}

fn is_workbook(start: &[u8]) -> bool {
    memchr::memmem::find(start, b"xl/work").is_some()
}

fn is_open_sheet(start: &[u8]) -> bool {
    memchr::memmem::find(start, b"application/vnd.oasis.opendocument.spreadsheet").is_some()
}

/// Text in units wider than a byte: with a byte order mark that is still there, or recognised by its zeros.
fn wide(start: &[u8]) -> Option<Text> {
    const UTF_32: Text = ("text in UTF-32", "Convert it to UTF-8 first: iconv -f utf-32 -t utf-8 FILE");
    const LITTLE: Text = ("text in UTF-16 (little-endian)", "Give its encoding: ⟨encoding utf-16le⟩");
    const BIG: Text = ("text in UTF-16 (big-endian)", "Give its encoding: ⟨encoding utf-16be⟩");
    match start {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => return Some(UTF_32),
        [0xff, 0xfe, ..] if start.len().is_multiple_of(2) || start.len() >= NEAR => return Some(LITTLE),
        [0xfe, 0xff, ..] if start.len().is_multiple_of(2) || start.len() >= NEAR => return Some(BIG),
        _ => {}
    }
    let near = &start[..start.len().min(NEAR)];
    // How many bytes are zero at each of the four positions.
    let mut zeros = [0; 4];
    for (index, byte) in near.iter().enumerate() {
        zeros[index % 4] += usize::from(*byte == 0);
    }
    let quarter = near.len() / 4;
    let [a, b, c, d] = zeros;
    let most = |zeros: usize| 4 * zeros >= 3 * quarter;
    let (little, big) = (a == 0 && most(b) && c.min(d) >= quarter, d == 0 && most(c) && a.min(b) >= quarter);
    if quarter >= 2 && (little || big) {
        return Some(UTF_32);
    }
    // A quarter of the text is ASCII in most scripts: digits, delimiters, line ends.
    let many = |zeros: usize| zeros >= 4 && zeros >= quarter / 2;
    match (a + c, b + d) {
        (0, zeros) if many(zeros) || zeros > 0 && has_blocks(near, 1) => Some(LITTLE),
        (zeros, 0) if many(zeros) || zeros > 0 && has_blocks(near, 0) => Some(BIG),
        _ => None,
    }
}

/// Whether most higher bytes of units, of which the first is at `first`, are those of alphabets: from Latin to Thai they are
/// below 16. In text with a byte for each letter these would be control characters, and never every second byte.
fn has_blocks(near: &[u8], first: usize) -> bool {
    let each = |from: usize| near.iter().skip(from).step_by(2).filter(|byte| **byte < 16);
    let (high, units) = (each(first).count(), near.len() / 2);
    // The lower bytes are those of letters too, and of line ends.
    let low = each(1 - first).filter(|byte| !b"\t\n\r".contains(byte)).count();
    units >= 4 && 8 * high >= 7 * units && 8 * low <= units
}

/// Recognises text that nobody means as a table: a document of HTML or XML, and JSON where the first line should be a
/// header.
fn no_table(start: &[u8], options: &Options) -> Option<Text> {
    let text = without_mark(start);
    let begins = |with: &&[u8]| text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    if [&b"<!doctype html"[..], b"<html>", b"<html ", b"<?xml "].iter().any(begins) {
        return Some(MARKUP);
    }
    let json = options.reads_header() && is_json(text);
    json.then_some(if text.starts_with(b"{") { OBJECTS } else { ARRAY })
}

/// Whether a list or map ends in the first line, with nothing but another one after it, or a map with a key goes on.
fn is_json(text: &[u8]) -> bool {
    // Brackets may have lines of their own.
    let Some(first) = text.iter().position(|byte| !b"[{ \t\r\n".contains(byte)) else { return false };
    let len = text[first..].iter().position(|byte| b"\r\n".contains(byte));
    let (line, ends) = (&text[..len.map_or(text.len(), |len| first + len)], len.is_some() || text.len() > NEAR);
    if first == 0 || !text.starts_with(b"{") && !text.starts_with(b"[") || line.get(first) != Some(&b'"') {
        return false;
    }
    let mut values = serde_json::Deserializer::from_slice(line).into_iter::<serde::de::IgnoredAny>();
    match values.next() {
        Some(Ok(_)) => matches!(line[values.byte_offset()..].trim_ascii(), [] | b"," | [b'{' | b'[', ..]),
        Some(Err(error)) => ends && error.is_eof() && begins_with_key(&line[..first], &line[first + 1..]),
        None => false,
    }
}

/// Whether the text after a quote is a key of the map that the last bracket opens.
fn begins_with_key(brackets: &[u8], text: &[u8]) -> bool {
    let after = text.iter().position(|byte| *byte == b'"').map(|quote| text[quote + 1..].trim_ascii_start());
    brackets.trim_ascii_end().ends_with(b"{") && after.is_some_and(|after| after.starts_with(b":"))
}

/// What is odd about a source with this beginning, although it may be of this format.
pub(super) fn suspicion(looks: Looks, start: &[u8]) -> Option<&'static str> {
    let text = without_mark(&start[..start.len().min(NEAR)]);
    let table = looks == Looks::Table;
    let json = matches!(looks, Looks::Json | Looks::JsonLines);
    let after = |first: u8| text.strip_prefix(&[first]).map(<[u8]>::trim_ascii_start).and_then(|rest| rest.first());
    if (table || json) && is_markup(text) {
        return Some("the input begins like HTML or XML, which pagemill does not read; it may be a saved error page");
    }
    if table && after(b'{').is_some_and(|next| b"\"}".contains(next)) {
        return Some("the input begins like JSON: if it is, give ⟨from ndjson⟩ (one object per line) or ⟨from json⟩");
    }
    if table && after(b'[').is_some_and(|next| b"{[\"]".contains(next)) {
        return Some("the input begins like a JSON array: if it is one, give ⟨from json⟩");
    }
    if looks == Looks::JsonLines && text.starts_with(b"[") {
        return Some("the input begins like a JSON array: if it is one, give ⟨from json⟩");
    }
    if json && is_table(text) {
        return Some("the input begins like CSV: if it is, give ⟨from csv⟩");
    }
    None
}

/// Whether the text begins with a tag.
fn is_markup(text: &[u8]) -> bool {
    matches!(text, [b'<', b'!' | b'?', ..]) || matches!(text, [b'<', next, ..] if next.is_ascii_alphabetic())
}

/// Whether the first line has words separated by delimiters.
fn is_table(text: &[u8]) -> bool {
    let line = line_of(text);
    // A key of JSON whose bracket is missing.
    if line.starts_with(b"\"")
        && line[1..].split(|byte| *byte == b'"').nth(1).is_some_and(|rest| rest.starts_with(b":"))
    {
        return false;
    }
    let word = line.first().is_some_and(|first| first.is_ascii_alphanumeric() || b"\"'_#".contains(first));
    word && line.iter().any(|byte| b",;\t|".contains(byte))
}

#[cfg(test)]
mod tests {
    use crate::format::{Format, Options};

    fn what(format: Format, start: &[u8]) -> Option<String> {
        format.other(&Options::default(), start).map(|error| error.reason.into_owned())
    }

    #[test]
    fn text_is_never_refused() {
        for text in [
            &b"PK,name\n1,x\n"[..],
            b"PAR1,b\n1,\xe9\n",
            b"ORCID;n\xe4me\n",
            b"Obj,b\n",
            b"%PDF-like,b\n",
            b"BZh,b\n",
            b"a,b\n1,\0\n",
            b"a\0\0\0b,\0\0\n",
            b"\x1b[1mbold\x1b[0m,b\n",
            b"\x1e{\"a\":1}\n",
            b"[\"a\",b\n",
            b"[\"a\"],b\n",
            b"[1,2]\n",
            b"{a},b\n",
            b"{\"a\":1},x\n",
            b"{\"a\",b\n",
            b"{\"a b\n\":1}\n",
            b"<TICKER>,<DATE>\n",
            b"<xml>,b\n",
            b"%PDF-1.4,b\n",
            b"\xff\xfe\n",
            b"",
        ] {
            for format in Format::ALL {
                assert_eq!(what(format, text), None, "{}", text.escape_ascii());
            }
        }
        assert_eq!(what(Format::Fixed, b"PK\x03\x04\0\0"), None);
    }

    #[test]
    fn wide_text() {
        let little = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        let big = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>();
        for text in ["a,b\n", "id,имя\n1,Иван\n2,Пётр\n", "id,名前\r\n1,太郎\r\n2,花子\r\n"] {
            assert_eq!(
                what(Format::Csv, &little(text)).unwrap(),
                "this seems to be text in UTF-16 (little-endian), not CSV"
            );
            assert_eq!(what(Format::Csv, &big(text)).unwrap(), "this seems to be text in UTF-16 (big-endian), not CSV");
        }
        // Few characters are ASCII.
        for text in [
            "имя\nИван\nПётр\n",
            "имя,город\nИван,Киев",
            "όνομα\nΑθήνα\n",
            "שם\nדוד\nשרה\n",
            "اسم\nمحمد\n",
            "ชื่อ,เมือง\nสมชาย,เชียงใหม่\n",
        ] {
            for (bytes, order) in [(little(text), "little"), (big(text), "big")] {
                let wanted = format!("this seems to be text in UTF-16 ({order}-endian), not CSV");
                assert_eq!(what(Format::Csv, &bytes).as_deref(), Some(&*wanted), "{text}");
            }
            assert_eq!(what(Format::Csv, text.as_bytes()), None);
        }
        // Control characters that are not every second byte.
        assert_eq!(what(Format::Csv, b"a\x01b\x01c\0d\x01,\n\x02\x03\n"), None);
        for units in [u32::to_le_bytes, u32::to_be_bytes] {
            let bytes: Vec<u8> = "a,é\n".chars().flat_map(|c| units(c as u32)).collect();
            assert_eq!(what(Format::Csv, &bytes).unwrap(), "this seems to be text in UTF-32, not CSV");
        }
    }

    #[test]
    fn what_nobody_means_as_a_table() {
        for text in [
            &b"{\"a\":1}\n{\"a\":2}\n"[..],
            b"{\"a\":1,\"b\":\"x,y\"}",
            b" {\"a\" : [1, {}]}\r\n",
            b"\xef\xbb\xbf{\"a\":1},\n{\"a\":2},\n",
            b"{\"a\":1}{\"a\":2}\n",
            b"{\n  \"a\": 1,\n  \"b\": 2\n}\n",
            b"[{\"a\":1},{\"a\":2}]\n",
            b"[\n  {\n    \"a\": 1\n  }\n]",
            b"[{\"a\":1},\n{\"a\":2}]",
            b"[\"a\",\"b\"]\n[1,2]\n",
        ] {
            for format in [Format::Csv, Format::Tsv] {
                let wanted = format!("this seems to be JSON, not {}", format.title());
                assert_eq!(what(format, text), Some(wanted), "{}", text.escape_ascii());
            }
            assert_eq!(what(Format::Text, text), None);
            // Each line may be a field.
            let options = Options { no_headers: true, ..Options::default() };
            assert!(Format::Csv.other(&options, text).is_none());
        }
        for text in ["<!DOCTYPE html>\n", "\n<html lang=\"a\">", "<HTML>", "<?xml version=\"1.0\"?>\n"] {
            let wanted = "this seems to be HTML or XML, not CSV";
            assert_eq!(what(Format::Csv, text.as_bytes()).as_deref(), Some(wanted), "{text}");
        }
        assert_eq!(what(Format::Csv, b"%PDF-1.7\r\n1 0 obj\n").as_deref(), Some("this seems to be a PDF, not CSV"));
    }

    #[test]
    fn suspicious_beginnings() {
        let says = |format, text: &str| {
            Format::suspicion(format, text.as_bytes()).and_then(|hint| hint.split("⟨from ").nth(1))
        };
        assert_eq!(says(Format::Csv, "{\"a\":1}\n"), Some("ndjson⟩ (one object per line) or "));
        assert_eq!(says(Format::Csv, "[\n {\"a\":1}\n"), Some("json⟩"));
        assert_eq!(says(Format::Ndjson, "[1,2]\n"), Some("json⟩"));
        assert_eq!(says(Format::Json, "id,name\n1,x\n"), Some("csv⟩"));
        for format in [Format::Csv, Format::Json, Format::Ndjson] {
            let hint = format.suspicion(b"\xef\xbb\xbf <!DOCTYPE html>\n");
            assert!(hint.is_some_and(|hint| hint.contains("HTML")), "{format}");
        }
        for (format, text) in [
            (Format::Csv, "{a},b\n"),
            (Format::Csv, "a,b\n"),
            (Format::Csv, "<5,b\n"),
            (Format::Json, "{\"a\":1}"),
            (Format::Json, "[1]"),
            (Format::Json, "true"),
            (Format::Text, "<html>"),
            (Format::Text, "{\"a\":1}"),
        ] {
            assert_eq!(format.suspicion(text.as_bytes()), None, "{text}");
        }
    }
}
