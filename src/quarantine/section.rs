//! The bad records of one source in a quarantine, as they are read again.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use crate::compress::Decompress;
use crate::error::{Error, Position, RecordError, Result};
use crate::format::{self, Cut, Decode, Ends, Format, OpenError, Opening, Options, ReadFormat, Want};
use crate::plan::sizes::NOTED;
use crate::quarantine::Head;
use crate::quarantine::line::{self, Line, Origin};
use crate::record::Schema;
use crate::scan::lines::terminator;
use crate::source::{Access, FileStore, Mapping, Source, damage};
use crate::sys::{Map, Stop};

/// The bad records of one source in a quarantine: a head, and the lines after it.
#[derive(Clone)]
pub struct Section {
    path: Arc<Path>,
    /// Where the lines after the head are.
    lines: Range<usize>,
    head: Arc<Head>,
    /// How the records were read.
    options: Arc<Options>,
    /// The file that the records come from, if there are any.
    original: Option<Arc<Path>>,
}

/// What a head has, and hardly anything else.
const MARK: &[u8] = b"\"quarantine\"";
/// How much is looked through before its pages are released.
const STRETCH: usize = 4 << 20;

impl Section {
    /// All of a file, in order; at least one.
    ///
    /// # Errors
    /// The file can't be mapped, or is no quarantine.
    pub(crate) fn all(path: &Path, stop: Option<&Stop>) -> Result<Vec<Section>> {
        let source = open(path, stop)?;
        let Some(map) = source.map() else { return Err(no_quarantine(path)) };
        let mut sections: Vec<Section> = Vec::new();
        let path: Arc<Path> = path.into();
        for (line, head) in heads(map) {
            if let Some(before) = sections.last_mut() {
                before.lines.end = line.start;
            }
            let (lines, original) = (line.end..map.bytes().len(), origin(&map.bytes()[line.end..]));
            let (options, head) = (Arc::new(head.options()), Arc::new(head));
            sections.push(Section { path: path.clone(), lines, head, options, original });
            if sections.len() == 1 && !map.bytes()[..line.start].trim_ascii().is_empty() {
                return Err(no_quarantine(&path));
            }
        }
        match damage(map, &path, u64::MAX) {
            Some(error) => Err(error),
            None if sections.is_empty() => Err(no_quarantine(&path)),
            None => Ok(sections),
        }
    }

    /// The quarantine.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The file that the records come from, if there are any.
    pub(crate) fn original(&self) -> Option<&Path> {
        self.original.as_deref()
    }

    /// The format of the records.
    pub(crate) fn format(&self) -> Format {
        self.head.from
    }

    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    /// After the last line.
    pub(crate) fn end(&self) -> usize {
        self.lines.end
    }

    /// The longest line that a record of this length may have. JSON writes a byte as six at most.
    pub(crate) fn longest_line(&self, max_record: usize) -> usize {
        max_record.saturating_mul(6).saturating_add(NOTED)
    }

    /// The quarantine as a source.
    pub(crate) fn open(&self, stop: Option<&Stop>) -> Result<Source> {
        open(&self.path, stop)
    }

    /// What reads its lines, and the records in them.
    pub(crate) fn reading(&self, options: &Options) -> Result<Box<dyn ReadFormat>, OpenError> {
        let lines = format::open(Format::PLAIN, &Options::default(), &[], true)?;
        match (self.head.open(options)?, lines) {
            (Opening::Ready(records), Opening::Ready(lines)) => {
                Ok(Box::new(Reading { records, lines, start: self.lines.start }))
            }
            _ => Err(no_quarantine(&self.path).into()),
        }
    }

    /// Takes the records out of `lines`, which begin at `offset` of the file; each is put into `room`.
    pub(crate) fn each<E: From<Error>>(
        &self,
        lines: &[u8],
        offset: u64,
        room: &mut Vec<u8>,
        mut record: impl FnMut(&Origin, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut file: Arc<Path> = Path::new("").into();
        let mut at = 0;
        while at < lines.len() {
            let end = memchr::memchr(b'\n', &lines[at..]).map_or(lines.len(), |found| at + found + 1);
            let (line, last) = (&lines[at..end], offset + end as u64 >= self.lines.end as u64);
            if !line.trim_ascii().is_empty() {
                room.clear();
                let origin = self.record(line, last, &mut file, room);
                let origin = origin.map_err(|reason| self.bad_line(offset + at as u64, reason))?;
                record(&origin, room)?;
            }
            at = end;
        }
        Ok(())
    }

    /// Puts the record of a line into `room`.
    fn record(&self, line: &[u8], last: bool, file: &mut Arc<Path>, room: &mut Vec<u8>) -> Result<Origin, String> {
        // The error gives the place in the line as if there were no other lines.
        let reason = |e: serde_json::Error| e.to_string().split(" at line ").next().unwrap_or_default().to_owned();
        let line: Line<'_> = serde_json::from_slice(line).map_err(reason)?;
        let name = Path::new(&*line.file);
        if **file != *name {
            *file = name.into();
        }
        match &line.raw {
            Some(raw) => line::decode(raw, room).map_err(|e| format!("`raw` is not base64: {e}"))?,
            None if line.text.is_none() => {
                return Err(
                    "it has neither `raw` nor `text` (a record that was too large to keep has no `raw`)".to_owned()
                );
            }
            None => {}
        }
        let len = match &line.text {
            Some(text) => self.replace(text.as_bytes(), last, room)?,
            None => self.terminate(b"\n", last, room),
        };
        let exact = line.text.is_none();
        let Line { record, line, start, end, document, .. } = line;
        Ok(Origin { file: file.clone(), record, line, start, end, exact, document: document && exact, len })
    }

    /// Puts a repaired text in the place of the record in `room`; gives its length.
    fn replace(&self, text: &[u8], last: bool, room: &mut Vec<u8>) -> Result<usize, String> {
        let terminator = terminator(room).to_vec();
        room.clear();
        self.head.from.begin_record(&self.options, text.len(), room)?;
        room.extend_from_slice(text);
        if terminator.is_empty() {
            // Only its end makes an empty line a line.
            return Ok(self.terminate(b"\n", last && !text.is_empty(), room));
        }
        let len = self.terminate(&terminator, false, room);
        Ok(if self.head.from.ends() == Ends::Comma { len } else { room.len() })
    }

    /// Ends a record as the ones that others follow have to end; gives its length without what was added.
    fn terminate(&self, line_break: &[u8], last: bool, room: &mut Vec<u8>) -> usize {
        let len = room.len();
        match self.head.from.ends() {
            Ends::Comma => room.push(b','),
            Ends::Break => {
                if !last && !matches!(room.last(), Some(b'\n' | b'\r')) {
                    room.extend_from_slice(line_break);
                }
            }
            Ends::Length => {}
        }
        len
    }

    fn bad_line(&self, offset: u64, reason: String) -> Error {
        let error = RecordError::new(0, format!("this is not a line of a quarantine file: {reason}")).hint(
            "A line has \"file\", \"record\", \"start\", \"end\" and \"raw\"; a repaired one has \"text\" too. Delete the lines of records that you do not want.",
        );
        Error::data(Position::new(&*self.path, 0, offset), error)
    }
}

/// The file that the record in the first of these lines comes from.
fn origin(lines: &[u8]) -> Option<Arc<Path>> {
    let end = memchr::memchr(b'\n', lines).unwrap_or(lines.len());
    let line: Line<'_> = serde_json::from_slice(&lines[..end]).ok()?;
    Some(Path::new(&*line.file).into())
}

fn open(path: &Path, stop: Option<&Stop>) -> Result<Source> {
    let metadata = std::fs::metadata(path).map_err(|e| Error::io("open", path, e))?;
    if !metadata.is_file() {
        return Err(Error::usage(format!(
            "{} is not a regular file, and a quarantine is read twice\n  Save it to a file first.",
            path.display()
        )));
    }
    if metadata.len() == 0 {
        return Err(no_quarantine(path));
    }
    let access = Access { mapping: Mapping::Must, decompress: Decompress::None, stop };
    Source::open(Box::new(FileStore::new(path)), access)
}

fn no_quarantine(path: &Path) -> Error {
    Error::usage(format!(
        "{} is not a quarantine file: its first line does not say how its records are read\n  ⟨on_error quarantine⟩ writes that line, and it has to stay.",
        path.display()
    ))
}

/// The heads, each with the place of its line.
fn heads(map: &Map) -> impl Iterator<Item = (Range<usize>, Head)> {
    let all = map.bytes();
    let finder = memchr::memmem::Finder::new(MARK);
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < all.len() {
            let stretch = at..all.len().min(at + STRETCH + MARK.len() - 1);
            let Some(found) = finder.find(&all[stretch.clone()]) else {
                map.release(stretch.start..all.len().min(at + STRETCH));
                at += STRETCH;
                continue;
            };
            let found = at + found;
            let start = memchr::memrchr(b'\n', &all[..found]).map_or(0, |before| before + 1);
            let end = memchr::memchr(b'\n', &all[found..]).map_or(all.len(), |behind| found + behind + 1);
            at = end;
            if let Some(head) = Head::read(&all[start..end]) {
                return Some((start..end, head));
            }
        }
        None
    })
}

/// Slices are lines; decoders get the records in them.
struct Reading {
    records: Box<dyn ReadFormat>,
    lines: Box<dyn ReadFormat>,
    start: usize,
}

impl ReadFormat for Reading {
    fn start(&self) -> usize {
        self.start
    }

    fn schema(&self) -> Option<&Schema> {
        self.records.schema()
    }

    fn types(&self) -> Option<Schema> {
        self.records.types()
    }

    fn schema_text(&self) -> Option<&str> {
        self.records.schema_text()
    }

    fn resolves(&self) -> bool {
        self.records.resolves()
    }

    fn replaced(&self) -> u64 {
        self.records.replaced()
    }

    fn cutter(&self) -> Box<dyn Cut> {
        self.lines.cutter()
    }

    fn decoder(&self, want: &Want) -> Box<dyn Decode> {
        self.records.decoder(want)
    }
}
