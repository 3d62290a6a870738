//! CSV and TSV in every dialect into every dialect: what is written has the records of what was read, ends its lines as
//! it should, and is what a strict reader of the dialect takes it for; copied or encoded, one input or two, whole or in
//! slices.
//!
//! What should come out is found by a reader of single bytes, [`lenient`], which says what pagemill promises of any
//! text; it agrees with Python's `csv` where that knows the dialect. The outputs are read by [`strict`] and, all in one
//! process, by Python's `csv` in its strict mode, with the dialect given by hand.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::support;
use crate::support::missing::has;
use crate::support::raw::Raw;
use crate::support::{feed, folder, run};
use pagemill::format::Format;
use pagemill::job::{Job, OnError, SourceSpec, TargetSpec};

type Record = Vec<Vec<u8>>;

/// A dialect, of either side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Side {
    format: Format,
    delimiter: u8,
    quote: Option<u8>,
    escape: Option<u8>,
    tsv_escapes: bool,
}

/// Every dialect of a side: with the delimiter of its format, and with another one.
fn sides(other: u8) -> Vec<Side> {
    let mut all = Vec::new();
    for (format, own) in [(Format::Csv, b','), (Format::Tsv, b'\t')] {
        for delimiter in [own, other] {
            let side = |quote, escape| Side { format, delimiter, quote, escape, tsv_escapes: false };
            for quote in [b'"', b'\''] {
                all.extend([None, Some(b'\\')].map(|escape| side(Some(quote), escape)));
            }
            all.push(side(None, None));
            if format == Format::Tsv {
                all.push(Side { tsv_escapes: true, ..side(None, None) });
            }
        }
    }
    all
}

/// Where the names of the columns come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Names {
    First,
    None,
    Given,
}

#[derive(Clone, Copy, Debug)]
struct In {
    side: Side,
    comment: bool,
    names: Names,
}

#[derive(Clone, Copy, Debug)]
struct Out {
    side: Side,
    quote_all: bool,
    crlf: bool,
    no_headers: bool,
}

fn text(byte: u8) -> Option<String> {
    Some((byte as char).to_string())
}

/// The flags of a dialect that is read.
fn reading(side: Side, raw: &mut Raw) {
    raw.from = Some(side.format.to_string());
    raw.delimiter = text(side.delimiter);
    raw.quote = side.quote.and_then(text);
    raw.escape = side.escape.and_then(text);
    raw.no_quoting = side.quote.is_none() && !side.tsv_escapes;
    raw.tsv_escapes |= side.tsv_escapes;
}

fn flags(from: In, to: Out) -> Raw {
    let mut raw = Raw {
        to: Some(to.side.format.to_string()),
        comment: from.comment.then(|| "#".to_owned()),
        no_headers: from.names == Names::None,
        names: if from.names == Names::Given { vec!["x,y,z".to_owned()] } else { Vec::new() },
        out_delimiter: text(to.side.delimiter),
        out_quote: to.side.quote.and_then(text),
        out_escape: to.side.escape.and_then(text),
        out_no_quoting: to.side.quote.is_none() && !to.side.tsv_escapes,
        tsv_escapes: to.side.tsv_escapes,
        quote_all: to.quote_all,
        crlf: to.crlf,
        out_no_headers: to.no_headers,
        ..Raw::default()
    };
    reading(from.side, &mut raw);
    raw
}

/// The escapes of TSV speak for both sides, where both are TSV.
fn go_together(from: Side, to: Side) -> bool {
    from.format != Format::Tsv || to.format != Format::Tsv || from.tsv_escapes == to.tsv_escapes
}

/// Lines of every kind. `,` `"` `\` and `#` are those of the dialect, `¤` ends a line with LF, `↵` stands for CRLF and
/// `←` for CR.
const LINES: &[&str] = &[
    "1,2,3¤",
    "x,y,z↵",
    "¤",
    "↵",
    "\"x\",y,\"z\"¤",
    "\"1\",007,1.10¤",
    ",,¤",
    "\"\",\"\",\"\"↵",
    "p,q,r←",
    "\"in, side\",\"l\nm\",\"l\r\nm\"¤",
    "\"c\rr\",\"two \"\" in\",\"\"\"\"¤",
    "x\"y,\"a\"b,5\" pipe¤",
    "  \"s\" ,t ,\"\" ¤",
    "\"a\"\"\"\"b\"c\"d,,\"e\" \"f\"↵",
    "1,2¤",
    "1,2,3,4¤",
    "#\"x,y,z¤",
    "\"#q\",r,s¤",
    "back\\slash,\\t\\n,\\\\¤",
    "\"e\\\"f\",\"\\\\\",\"\\n\"¤",
    "-0,1e400,nan↵",
    "|,;,x'¤",
    "ÿé,\u{feff},x¤",
    "\u{feff}x,y,z¤",
    "last,line,no end",
];

/// The text of a source: its bytes, in Latin-1, are not all UTF-8.
fn source(from: In) -> Vec<u8> {
    let Side { delimiter, quote, escape, .. } = from.side;
    let mut bytes = b"\xef\xbb\xbf".to_vec();
    for line in ["a,b,c¤"].iter().chain(LINES) {
        // Where it begins no comment, a quote in the line would open a field there.
        if line.starts_with('#') && !from.comment || line.contains("\\\"") && escape.is_none() {
            continue;
        }
        for c in line.chars() {
            match c {
                '¤' => bytes.push(b'\n'),
                '↵' => bytes.extend_from_slice(b"\r\n"),
                '←' => bytes.push(b'\r'),
                ',' => bytes.push(delimiter),
                '"' => bytes.push(quote.unwrap_or(b'"')),
                '\u{feff}' => bytes.extend_from_slice(b"\xef\xbb\xbf"),
                c => bytes.push(c as u8),
            }
        }
    }
    bytes
}

/// Reads any text as pagemill says it does: quotes open a field at its start only; text after a closing quote belongs
/// to the field; an escape takes the next byte as it is, inside of quotes; LF, CRLF and CR end a record; blank lines are
/// none; a line that begins with the comment mark is passed over, up to LF.
fn lenient(data: &[u8], side: Side, comment: bool) -> Vec<Record> {
    let data = data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data);
    let (mut records, mut at) = (Vec::new(), 0);
    while at < data.len() {
        match data[at] {
            b'\n' | b'\r' => at += 1,
            b'#' if comment => at = data[at..].iter().position(|b| *b == b'\n').map_or(data.len(), |len| at + len + 1),
            _ => {
                let mut record = vec![Vec::new()];
                let (mut fresh, mut inside) = (true, false);
                while at < data.len() {
                    let (byte, field) = (data[at], record.last_mut().unwrap());
                    at += 1;
                    if inside {
                        match data.get(at) {
                            Some(next) if Some(byte) == side.escape => {
                                field.push(*next);
                                at += 1;
                            }
                            Some(next) if Some(byte) == side.quote && *next == byte => {
                                field.push(byte);
                                at += 1;
                            }
                            _ if Some(byte) == side.quote => inside = false,
                            _ => field.push(byte),
                        }
                    } else if fresh && Some(byte) == side.quote {
                        (fresh, inside) = (false, true);
                    } else if byte == side.delimiter {
                        record.push(Vec::new());
                        fresh = true;
                    } else if byte == b'\n' || byte == b'\r' {
                        break;
                    } else {
                        field.push(byte);
                        fresh = false;
                    }
                }
                records.push(record);
            }
        }
    }
    if side.tsv_escapes {
        records.iter_mut().flatten().for_each(|field| *field = unescaped(field));
    }
    records
}

/// Null is no text: here it is one without bytes, as it is in CSV.
fn unescaped(field: &[u8]) -> Vec<u8> {
    if field == b"\\N" {
        return Vec::new();
    }
    let (mut text, mut bytes) = (Vec::new(), field.iter().peekable());
    while let Some(byte) = bytes.next() {
        let special = bytes.peek().and_then(|next| {
            Some(match next {
                b't' => b'\t',
                b'n' => b'\n',
                b'r' => b'\r',
                b'\\' => b'\\',
                _ => return None,
            })
        });
        match special.filter(|_| *byte == b'\\') {
            Some(special) => {
                text.push(special);
                bytes.next();
            }
            None => text.push(*byte),
        }
    }
    text
}

/// Reads what was written: every line ends as it should, quotes are around whole fields, and nothing special is outside
/// of them.
fn strict(data: &[u8], to: Out) -> Result<Vec<Record>, String> {
    let Side { delimiter, quote, escape, tsv_escapes, .. } = to.side;
    let line_break: &[u8] = if to.crlf { b"\r\n" } else { b"\n" };
    let (mut records, mut at) = (Vec::new(), 0);
    while at < data.len() {
        let mut record = Vec::new();
        loop {
            let mut field = Vec::new();
            if quote.is_some() && data.get(at).copied() == quote {
                at += 1;
                loop {
                    let byte = *data.get(at).ok_or("an open quote")?;
                    let next = data.get(at + 1).copied();
                    at += 1;
                    if Some(byte) == escape {
                        field.push(next.filter(|n| Some(*n) == quote || Some(*n) == escape).ok_or("an odd escape")?);
                        at += 1;
                    } else if Some(byte) != quote {
                        field.push(byte);
                    } else if escape.is_none() && next == quote {
                        field.push(byte);
                        at += 1;
                    } else {
                        break;
                    }
                }
            } else {
                while let Some(&byte) =
                    data.get(at).filter(|byte| **byte != delimiter && !data[at..].starts_with(line_break))
                {
                    if byte == b'\n' || byte == b'\r' || Some(byte) == quote || Some(byte) == escape {
                        return Err(format!("byte {at} has to be in quotes"));
                    }
                    field.push(byte);
                    at += 1;
                }
                // A null stays one.
                if to.quote_all && !field.is_empty() {
                    return Err(format!("the field before byte {at} is not in quotes"));
                }
            }
            record.push(if tsv_escapes { unescaped(&field) } else { field });
            if data[at..].starts_with(line_break) {
                at += line_break.len();
                break;
            }
            if data.get(at) != Some(&delimiter) {
                return Err(format!("byte {at} follows a quote"));
            }
            at += 1;
        }
        records.push(record);
    }
    Ok(records)
}

/// What has to come out.
fn expected(from: In, to: Out, data: &[u8], times: usize) -> Vec<Record> {
    let mut records = lenient(data, from.side, from.comment);
    let header = match from.names {
        Names::First => Some(records.remove(0)),
        Names::None => None,
        Names::Given => Some(vec![b"x".to_vec(), b"y".to_vec(), b"z".to_vec()]),
    };
    let broken: &[u8] = match to.side {
        Side { quote: Some(_), .. } | Side { tsv_escapes: true, delimiter: b'\t', .. } => b"",
        Side { tsv_escapes: true, delimiter, .. } => &[delimiter],
        Side { delimiter, .. } => &[delimiter, b'\n', b'\r'],
    };
    let holds = |record: &Record| record.len() == 3 && !record.iter().flatten().any(|byte| broken.contains(byte));
    records.retain(holds);
    let all = (0..times).flat_map(|_| records.clone());
    header.filter(|_| !to.no_headers).into_iter().chain(all).collect()
}

/// How a conversion is run; the answer must not depend on it.
#[derive(Clone, Copy, Debug)]
struct Way {
    /// An op that changes nothing here, so that nothing is copied.
    op: bool,
    inputs: usize,
    slice: usize,
}

fn convert(mut raw: Raw, way: Way, data: &[u8]) -> Vec<u8> {
    raw.op.extend(way.op.then(|| "lower-ascii".to_owned()));
    raw.workers = Some(1);
    let mut settings = raw.validate().unwrap();
    (settings.slice_size, settings.on_error) = (way.slice, OnError::Skip);
    let sources = vec![data.to_vec(); way.inputs].into_iter().map(SourceSpec::bytes);
    let report = match way.inputs {
        1 => Job::new(SourceSpec::bytes(data), TargetSpec::Memory).with(|own| *own = settings).run(),
        _ => Job::many(sources, TargetSpec::Memory).with(|own| *own = settings).run(),
    };
    report.unwrap().output
}

/// Python's `csv` reads each text in the dialect that is given by hand, and has to find these records. Bytes are
/// characters of Latin-1.
const PYTHON: &str = r#"
import csv, io, json, sys
def unescape(field):
    if field == "\\N":
        return ""
    out, i = [], 0
    while i < len(field):
        pair = field[i:i + 2]
        known = {"\\t": "\t", "\\n": "\n", "\\r": "\r", "\\\\": "\\"}.get(pair)
        out.append(known or field[i])
        i += 2 if known else 1
    return "".join(out)
count = 0
for line in sys.stdin:
    case = json.loads(line)
    quote, escape = case["quote"], case["escape"]
    how = dict(delimiter=case["delimiter"], strict=case["strict"])
    if quote is None:
        how.update(quoting=csv.QUOTE_NONE, quotechar=None)
    else:
        how.update(quotechar=quote, doublequote=escape is None, escapechar=escape)
    try:
        records = [row for row in csv.reader(io.StringIO(case["data"], newline=""), **how) if row]
    except csv.Error as error:
        records = str(error)
    if case["tsv_escapes"]:
        records = [[unescape(field) for field in row] for row in records]
    if records != case["records"]:
        sys.exit(f"{case}\nPython reads {records}")
    count += 1
print(count)
"#;

fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| *byte as char).collect()
}

/// A line for [`PYTHON`].
fn case(side: Side, strict: bool, data: &[u8], records: &[Record]) -> String {
    let records: Vec<Vec<String>> = records.iter().map(|r| r.iter().map(|field| latin(field)).collect()).collect();
    let case = serde_json::json!({
        "delimiter": side.delimiter as char,
        "quote": side.quote.map(char::from),
        "escape": side.escape.map(char::from),
        "tsv_escapes": side.tsv_escapes,
        "strict": strict,
        "data": latin(data),
        "records": records,
    });
    case.to_string()
}

/// Python looks at all cases.
fn ask_python(cases: &HashSet<String>) {
    if !has("python3") {
        return; // Only the readers of this test looked at the outputs.
    }
    let child = Command::new("python3").args(["-c", PYTHON]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = child.unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for case in cases {
        if writeln!(stdin, "{case}").is_err() {
            break;
        }
    }
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "Python disagrees; what it says is above");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), cases.len().to_string());
}

fn shown(records: &[Record]) -> String {
    records.iter().fold(String::new(), |mut text, record| {
        let _ =
            writeln!(text, "  {}", record.iter().map(|f| f.escape_ascii().to_string()).collect::<Vec<_>>().join(" | "));
        text
    })
}

fn ins() -> Vec<In> {
    let all = |side| {
        [false, true].into_iter().flat_map(move |comment| {
            [Names::First, Names::None, Names::Given].into_iter().map(move |names| In { side, comment, names })
        })
    };
    sides(b';').into_iter().flat_map(all).collect()
}

fn outs() -> Vec<Out> {
    let all = |side: Side| {
        (0..8).map(move |bits| Out { side, quote_all: bits & 1 > 0, crlf: bits & 2 > 0, no_headers: bits & 4 > 0 })
    };
    let of_use = |out: &Out| !out.quote_all || out.side.quote.is_some();
    let mut sides = sides(b';');
    sides.extend(self::sides(b'|').into_iter().filter(|side| side.delimiter == b'|'));
    sides.into_iter().flat_map(all).filter(of_use).collect()
}

/// One source into every dialect; gives what Python is to look at.
fn all_from(from: In, outs: &[Out]) -> HashSet<String> {
    let (data, mut cases) = (source(from), HashSet::new());
    let records = lenient(&data, from.side, from.comment);
    if !from.comment && from.side.escape.is_none() && !from.side.tsv_escapes {
        cases.insert(case(from.side, false, &data[3..], &records));
    }
    for (index, &to) in outs.iter().enumerate().filter(|(_, to)| go_together(from.side, to.side)) {
        let expected = [1, 2].map(|times| expected(from, to, &data, times));
        // Where nothing can be copied both ways are one.
        let ops: &[bool] = if from.side == to.side { &[false, true] } else { &[index % 2 == 0] };
        for (round, &op) in ops.iter().enumerate() {
            for inputs in if from.side == to.side { 1..=2 } else { 1 + index / 2 % 2..=1 + index / 2 % 2 } {
                let way = Way { op, inputs, slice: [1, 40, 1 << 20][(index + round + inputs) % 3] };
                let written = convert(flags(from, to), way, &data);
                let found = strict(&written, to);
                let expected = &expected[inputs - 1];
                assert!(
                    found.as_ref() == Ok(expected),
                    "{from:?} {to:?} {way:?}\n{}\nbecame\n{}\n{}\nnot\n{}",
                    latin(&data),
                    latin(&written),
                    found.map_or_else(|error| error, |records| shown(&records)),
                    shown(expected)
                );
                cases.insert(case(to.side, true, &written, expected));
            }
        }
    }
    cases
}

#[test]
fn every_dialect_into_every_dialect() {
    let (ins, outs) = (ins(), outs());
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    let cases: HashSet<String> = std::thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|first| {
                let (ins, outs) = (&ins, &outs);
                scope.spawn(move || {
                    ins.iter()
                        .copied()
                        .skip(first)
                        .step_by(threads)
                        .flat_map(|from| all_from(from, outs))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    assert!(cases.len() > 1000, "{}", cases.len());
    ask_python(&cases);
}

/// What a command writes for an input on its standard input.
fn written(arguments: &str, input: &[u8]) -> String {
    let arguments: Vec<&str> = ["convert", "-"].into_iter().chain(arguments.split(' ')).collect();
    feed(folder().path(), arguments, input).ends(0).stdout
}

#[test]
fn nothing_of_the_dialect_that_is_read_is_written() {
    let table: &[(&str, &str, &str)] = &[
        ("-f csv -d ; --quote '", "a;b\n'x;y';it's\n'1,5';'q''q'\n", "a,b\nx;y,it's\n\"1,5\",q'q\n"),
        ("-f csv -d ; --quote ' --out-delimiter ; --out-quote '", "a;b\n'x';'y;z'\n", "a;b\n'x';'y;z'\n"),
        ("-f csv --comment # -t csv", "a,b\n# none\n1,2\n\"#3\",4\n", "a,b\n1,2\n#3,4\n"),
        ("-f csv --escape \\ -t csv", "a,b\n\"x\\\"y\",\"\\\\\"\n", "a,b\n\"x\"\"y\",\\\n"),
        ("-f csv -t csv --out-escape \\", "a,b\n\"x\"\"y\",\\\n", "a,b\n\"x\\\"y\",\"\\\\\"\n"),
        ("-f tsv --no-quoting -t csv", "a\tb\n5\" pipe\t\"q\"\n", "a,b\n\"5\"\" pipe\",\"\"\"q\"\"\"\n"),
        ("-f tsv --no-quoting --out-no-quoting", "a\tb\n5\" pipe\t\"q\"\n", "a\tb\n5\" pipe\t\"q\"\n"),
        ("-f tsv --tsv-escapes -t csv", "a\tb\nx\\ty\tl\\nm\n", "a,b\nx\ty,\"l\nm\"\n"),
        ("-f csv -t csv", "\u{feff}a,b\r\n1,2\r\n\r\n\"x\",\"l\r\nm\"\r\n", "a,b\n1,2\nx,\"l\r\nm\"\n"),
        ("-f csv -t csv --crlf", "a,b\n1,2\r\n3,4\n5,6", "a,b\r\n1,2\r\n3,4\r\n5,6\r\n"),
        // A quote in an unquoted field, and text after a closing quote: no strict reader takes them.
        ("-f csv -t csv", "a,b\nx\"y,1\n\"2\",\"z\"\n", "a,b\n\"x\"\"y\",1\n\"2\",\"z\"\n"),
        ("-f csv -t csv", "a,b\n\"x\"y,1\n", "a,b\nxy,1\n"),
        ("-f csv -t csv", "a,b\r1,2\r3,4", "a,b\n1,2\n3,4\n"),
        ("-f csv -t csv --ragged pad", "a,b\n1\n2,3\n", "a,b\n1,\n2,3\n"),
        // The header is that of the fields, whose names differ.
        ("-f csv -t csv -q", "a,a\n1,2\n", "a,a_2\n1,2\n"),
        ("-f ndjson", "\u{feff}{\"a\": 1}\r\n\n  {\"a\":2} \n{\"a\":3}", "{\"a\": 1}\n{\"a\":2}\n{\"a\":3}\n"),
        ("-f text", "\u{feff}one\r\ntwo", "\u{feff}one\r\ntwo"),
    ];
    for (flags, input, expected) in table {
        assert_eq!(written(flags, input.as_bytes()), *expected, "{flags}");
        // A file that is mapped, the same file read, and the file twice.
        let (here, from) = (folder(), flags.split(' ').nth(1).unwrap());
        std::fs::write(here.path().join("in"), input).unwrap();
        for more in [&[][..], &["--io", "read"]] {
            let arguments = ["convert", "in"].into_iter().chain(flags.split(' ')).chain(more.iter().copied());
            assert_eq!(run(here.path(), arguments).ends(0).stdout, *expected, "{flags} {more:?}");
        }
        if from != "text" {
            let twice = run(here.path(), ["convert", "in", "in"].into_iter().chain(flags.split(' '))).ends(0).stdout;
            let header = if from == "ndjson" { 0 } else { expected.find('\n').unwrap() + 1 };
            assert_eq!(twice, [*expected, &expected[header..]].concat(), "{flags}");
        }
    }
}

#[test]
fn lines_of_text_end_with_crlf_where_they_are_told_to() {
    let table: &[(&str, &str, &str)] = &[
        ("-f text --crlf", "One\ntwo\r\nthree\r\r\n\nFOUR\r", "One\r\ntwo\r\nthree\r\r\n\r\nFOUR\r\r\n"),
        ("-f text --crlf --encoding utf-8", "\u{feff}One\n\u{e9}\r\n", "One\r\n\u{e9}\r\n"),
        ("-f text --crlf --op lower", "One\ntwo\r\n\n\u{130}FOUR", "one\r\ntwo\r\n\r\ni\u{307}four\r\n"),
        ("-f text --crlf --op reverse,trim", "One \r\n\ttwo\n", "enO\r\nowt\r\n"),
        ("-f csv -t text --crlf", "a,b\n1,x\r\n2,y", "{\"a\":1,\"b\":\"x\"}\r\n{\"a\":2,\"b\":\"y\"}\r\n"),
        ("-f ndjson -t text --crlf --select a --op upper", "{\"a\":\"x\\r\"}\n{\"a\":\"\"}", "X\r\r\n\r\n"),
        ("-f text --crlf", "", ""),
    ];
    for (flags, input, expected) in table {
        assert_eq!(written(flags, input.as_bytes()), *expected, "{flags}");
        let here = folder();
        std::fs::write(here.path().join("in"), input).unwrap();
        for more in [&[][..], &["--io", "read"], &["--slice-size", "1", "-j", "3"]] {
            let run = |inputs: &[&'static str]| {
                let arguments = ["convert"].iter().chain(inputs).copied().chain(flags.split(' '));
                run(here.path(), arguments.chain(more.iter().copied())).ends(0).stdout
            };
            assert_eq!(run(&["in"]), *expected, "{flags} {more:?}");
            assert_eq!(run(&["in", "in"]), expected.repeat(2), "{flags} {more:?}");
        }
    }
    // Nothing is copied, and what is made up ends so too.
    let here = folder();
    std::fs::write(here.path().join("in.txt"), "x\n").unwrap();
    let explained = run(here.path(), ["convert", "in.txt", "--crlf", "--explain"]).ends(0).stdout;
    assert!(explained.contains("decoded and encoded"), "{explained}");
    let made = |more: &[&'static str]| {
        let arguments = ["generate", "-t", "text", "--records", "2000"].iter().chain(more).copied();
        run(here.path(), arguments).ends(0).stdout
    };
    assert_eq!(made(&["--crlf"]), made(&[]).replace('\n', "\r\n"));
}

#[test]
fn names_for_a_source_without_a_header() {
    let here = folder();
    let here = here.path();
    std::fs::write(here.join("in.csv"), "1,Ada\n2,\"Grace, H.\"\n").unwrap();
    let convert = |flags: &str| run(here, ["convert", "in.csv"].into_iter().chain(flags.split_whitespace()));
    assert_eq!(convert("--names id,name").ends(0).stdout, "id,name\n1,Ada\n2,\"Grace, H.\"\n");
    assert_eq!(convert("--names id,name -n").ends(0).stdout, "1,Ada\n2,\"Grace, H.\"\n");
    assert_eq!(convert("--names id --names name --out-no-headers").ends(0).stdout, "1,Ada\n2,\"Grace, H.\"\n");
    assert_eq!(
        convert("--names id,name -n -t ndjson").ends(0).stdout,
        "{\"id\":1,\"name\":\"Ada\"}\n{\"id\":2,\"name\":\"Grace, H.\"}\n"
    );
    assert_eq!(convert("--names id,name --select name -t tsv").ends(0).stdout, "name\nAda\nGrace, H.\n");
    let twice = run(here, ["convert", "in.csv", "in.csv", "--names", "id,name", "-t", "tsv"]).ends(0).stdout;
    assert_eq!(twice, "id\tname\n1\tAda\n2\tGrace, H.\n1\tAda\n2\tGrace, H.\n");
    // As with a header, a record has as many fields as there are names.
    convert("--names id").ends(1).says(&["record 1", "2 fields where the list of names has 1"]);
    convert("--names a,b,c").ends(1).says(&["record 1", "2 fields where the list of names has 3"]);
    assert_eq!(convert("--names a,b,c --ragged pad").ends(0).stdout, "a,b,c\n1,Ada,\n2,\"Grace, H.\",\n");
    convert("--names id,id").ends(2).says(&["--names", "`id` is named twice"]);
    assert_eq!(run(here, ["count", "-r", "in.csv", "--names", "id,name"]).ends(0).stdout.trim(), "2 in.csv");
    // A quarantine knows the names.
    std::fs::write(here.join("bad.csv"), "1,Ada\n2\n3,Joan\n").unwrap();
    let how = ["--names", "id,name", "--on-error", "quarantine", "-o", "out.csv"];
    run(here, ["convert", "bad.csv"].into_iter().chain(how)).ends(0);
    assert_eq!(std::fs::read_to_string(here.join("out.csv")).unwrap(), "id,name\n1,Ada\n3,Joan\n");
    let quarantine = std::fs::read_to_string(here.join("out.csv.quarantine.ndjson")).unwrap();
    let repaired = quarantine.replace("\"raw\"", "\"text\":\"2,Grace\",\"raw\"");
    assert_ne!(repaired, quarantine);
    std::fs::write(here.join("repaired.ndjson"), repaired).unwrap();
    assert_eq!(run(here, ["replay", "repaired.ndjson", "-t", "csv"]).ends(0).stdout, "id,name\n2,Grace\n");
}

/// With `--encoding utf-8` text is checked whatever the target; without it tables and text are copied as bytes, and
/// `--strict` refuses tables that are not UTF-8.
#[test]
fn utf_8_that_was_said_is_checked() {
    let here = folder();
    let here = here.path();
    std::fs::write(here.join("in.csv"), b"\xef\xbb\xbfa,b\n1,\xff\n2,\xc3\xa9\n").unwrap();
    std::fs::write(here.join("in.txt"), b"\xef\xbb\xbfone\nt\xffo\n\xc3\xa9\n").unwrap();
    let convert = |flags: &str| {
        let arguments = ["convert"].into_iter().chain(flags.split_whitespace()).chain(["-o", "out", "--force"]);
        run(here, arguments)
    };
    let out = || std::fs::read(here.join("out")).unwrap();
    convert("in.csv -t csv").ends(0);
    assert_eq!(out(), b"a,b\n1,\xff\n2,\xc3\xa9\n");
    convert("in.csv -t csv --strict").ends(1).says(&["record 1", "UTF-8"]);
    convert("in.txt -t text").ends(0);
    assert_eq!(out(), b"\xef\xbb\xbfone\nt\xffo\n\xc3\xa9\n");
    for io in ["", "--io read"] {
        convert(&format!("in.csv -t csv --encoding utf-8 {io}")).ends(1).says(&["record 1", "UTF-8"]);
        convert(&format!("in.txt -t text --encoding utf-8 {io}")).ends(1).says(&["record 2", "UTF-8"]);
        convert(&format!("in.csv -t csv --encoding utf-8 --on-error skip {io}")).ends(0);
        assert_eq!(out(), b"a,b\n2,\xc3\xa9\n");
        convert(&format!("in.txt -t text --encoding utf-8 --on-error skip {io}")).ends(0);
        assert_eq!(out(), b"one\n\xc3\xa9\n");
        let ran = convert(&format!("in.txt -t text --encoding utf-8 --invalid-utf8 replace {io}")).ends(0);
        ran.says(&["1 piece of invalid UTF-8"]);
        assert_eq!(out(), "one\nt\u{fffd}o\né\n".as_bytes());
        let ran = convert(&format!("in.csv -t csv --encoding utf-8 --invalid-utf8 replace {io}")).ends(0);
        ran.says(&["1 piece of invalid UTF-8"]);
        assert_eq!(out(), "a,b\n1,\u{fffd}\n2,é\n".as_bytes());
    }
    // The mark is none of the text that is counted: 2 line feeds and `é` are 4 bytes, and 3 characters.
    std::fs::write(here.join("count.txt"), b"\xef\xbb\xbf\n\xc3\xa9\n").unwrap();
    assert_eq!(run(here, ["count", "--encoding", "utf-8", "count.txt"]).ends(0).stdout, "2 1 3 4 count.txt\n");
    assert_eq!(run(here, ["count", "count.txt"]).ends(0).stdout.split_whitespace().nth(3), Some("7"));
}

/// Sample data in a dialect has the records of plain sample data.
#[test]
fn sample_data_takes_the_flags_of_the_output() {
    let here = folder();
    let make = |flags: &str| {
        let arguments = ["sample", "--format", "csv", "--records", "300"].into_iter().chain(flags.split_whitespace());
        run(here.path(), arguments).ends(0).stdout.into_bytes()
    };
    let side = Side { format: Format::Csv, delimiter: b',', quote: Some(b'"'), escape: None, tsv_escapes: false };
    let plain = strict(&make(""), Out { side, quote_all: false, crlf: false, no_headers: false }).unwrap();
    assert_eq!(plain.len(), 301);
    let other = Side { delimiter: b';', quote: Some(b'\''), escape: Some(b'\\'), ..side };
    for quote_all in [false, true] {
        let out = Out { side: other, quote_all, crlf: true, no_headers: true };
        let flags = "--out-delimiter ; --out-quote ' --out-escape \\ --crlf --out-no-headers";
        let made = make(&format!("{flags} {}", if quote_all { "--quote-all" } else { "" }));
        assert!(strict(&made, out).unwrap() == plain[1..], "{quote_all}");
    }
    run(here.path(), ["sample", "--format", "csv", "--records", "1", "--delimiter", ";"]).ends(2);
}

/// Bytes become Base64, in which a quote, an escape or a delimiter may be if somebody says so. The payload is `x"`, in
/// Base64 `eCI=` (as Python's `base64` has it).
#[test]
fn base64_is_hidden_as_other_text_is() {
    let payload = b"\x02\0\0\0x\"";
    for (flags, expected) in [
        ("--out-quote = --out-no-headers", "=eCI===\n"),
        ("--out-quote C --out-no-headers", "CeCCI=C\n"),
        ("--out-escape C --out-no-headers", "\"eCCI=\"\n"),
        ("--out-delimiter =", "payload\n\"eCI=\"\n"),
        ("--out-no-quoting --out-delimiter ;", "payload\neCI=\n"),
    ] {
        assert_eq!(written(&format!("-f frames -t csv {flags}"), payload), expected, "{flags}");
    }
    let line = "convert - -f frames -t csv --out-no-quoting --out-delimiter =";
    feed(folder().path(), line.split(' '), payload).ends(1).says(&["a field holds `=`, which needs quotes"]);
}

/// A comment ends where a line ends: where that is a single carriage return, it took the rest of the file with it.
#[test]
fn comments_end_with_any_line_break() {
    let here = support::folder();
    for line_break in ["\n", "\r", "\r\n"] {
        let text = ["#x", "a,b", "#c,\"", "1,2", "", "#", "3,4", "#end"].join(line_break);
        std::fs::write(here.path().join("a.csv"), &text).unwrap();
        for way in [&[][..], &["--io", "read", "--slice-size", "1"], &["-n", "--names", "p,q"]] {
            let base = ["convert", "a.csv", "-t", "tsv", "--comment", "#"];
            let ran = support::run(here.path(), base.iter().chain(way)).ends(0);
            assert_eq!(ran.stdout, "a\tb\n1\t2\n3\t4\n", "{text:?} {way:?}");
        }
        let count = ["count", "-r", "a.csv", "--comment", "#"];
        assert_eq!(support::run(here.path(), count).ends(0).stdout.trim(), "2 a.csv");
    }
}

/// An empty text alone in its record is an empty line where there are no quotes: no record for those who read it.
#[test]
fn an_empty_text_alone_without_quotes() {
    let ran = feed(folder().path(), ["-f", "csv", "--out-no-quoting"], b"a\n\"\"\nx\n").ends(0);
    assert_eq!(ran.says(&["1 record written as an empty line", "(record_as_empty_line)"]).stdout, "a\n\nx\n");
    feed(folder().path(), ["-f", "csv", "--out-no-quoting", "--strict"], b"a\n\"\"\nx\n").ends(1);
}
