//! Opening the source and the target that a job names.

use std::env::temp_dir;
use std::path::Path;
use std::sync::Arc;

use crate::compress::{Blocking, Compress, Compression, Decompress};
use crate::error::{Error, Result};
use crate::flow::place;
use crate::format::{self, Format, fwf, sniff, source_format};
use crate::job::settings::{InvalidUtf8, Io, OnError, Settings};
use crate::job::spec::SourceSpec;
use crate::plan::sizes;
use crate::sink::{Encode, Recode, Target, TargetSpec};
use crate::source::{Access, CopyPlace, Encoding, Malform, Mapping, Source, Spooled, Store, UTF_32, UnrolledStore};
use crate::sys::{self, Done};
use crate::wording::input;

/// Opens the source. `from`: its format; none: it is taken as it is.
pub(crate) fn open_source(source: SourceSpec, from: Option<Format>, settings: &Settings) -> Result<Source> {
    let mapping = match settings.io {
        Io::Auto => Mapping::May,
        Io::Map => Mapping::Must,
        Io::Read => Mapping::No,
    };
    if settings.memory_limit < sizes::TIGHT {
        sys::forget_code(Done::Asked);
    }
    let source = match source.section() {
        Some(section) => section.open(settings.stop.as_ref()),
        None => {
            let access = Access { mapping, decompress: settings.decompress, stop: settings.stop.as_ref() };
            let store = source.store();
            if let Some(unroll) = from.and_then(Format::unroll) {
                let access = Access { decompress: Decompress::None, ..access };
                return Source::open(Box::new(unrolled(store, unroll, settings)), access);
            }
            // What is read twice can't be a pipe.
            let looks_first = settings.source_rows().looks_first();
            let store = if looks_first { Box::new(Spooled::new(store, copy_place(settings))) } else { store };
            Source::open(store, access)
        }
    }?;
    if let Some(map) = source.map().filter(|_| settings.memory_limit < sizes::TIGHT) {
        map.in_small_pages();
    }
    Ok(source)
}

/// A store of whose columns a stream of records is made.
fn unrolled(store: Box<dyn Store>, unroll: format::Unroll, settings: &Settings) -> UnrolledStore {
    // A half is for what becomes of the records.
    let most = settings.memory_limit / 2;
    let workers = settings.all_workers();
    let made = move |file| unroll(file, workers, most);
    UnrolledStore::new(store, Box::new(made), settings.decompress, copy_place(settings), most)
}

/// Where the copy of a pipe goes.
fn copy_place(settings: &Settings) -> CopyPlace {
    let instead = match settings.rows.dedupe {
        Some(_) => "Name a folder with more room with ⟨spill_dir⟩, or give a file.",
        None => "Set TMPDIR to a folder with more room, or give a file.",
    };
    CopyPlace { folder: settings.spill_dir.clone().unwrap_or_else(temp_dir), instead }
}

/// Opens the source, as UTF-8 if its format is text. What a compressed one holds is known once it is unpacked: it has
/// to be made [text](as_records) then.
pub(crate) fn open_text(source: SourceSpec, from: Format, settings: &Settings) -> Result<Source> {
    let decoded = source.section().is_some();
    let source = open_source(source, Some(from), settings)?;
    if decoded || source.packed().is_some() { Ok(source) } else { as_records(source, from, settings) }
}

/// The same source as UTF-8, if its format is text, or it has none, and it is in another encoding; its bytes are to be
/// counted, so UTF-8 is checked too, if it was said.
pub(crate) fn as_text(source: Source, from: Option<Format>, settings: &Settings) -> Result<Source> {
    match settings.encoding.filter(|encoding| encoding.is_utf8()) {
        Some(encoding) if from.is_none_or(Format::is_text) => forwards(source, encoding, settings, whole(settings)),
        _ => decoded(source, from, settings, whole(settings)),
    }
}

/// The same for a source whose records are read: where bad ones are left out, so is one that is malformed.
pub(crate) fn as_records(source: Source, from: Format, settings: &Settings) -> Result<Source> {
    let malformed = match settings.on_error {
        OnError::Skip | OnError::Quarantine if !replaces(settings) => Malform::Mark,
        // Only what is replaced in records that are written counts.
        _ if replaces(settings) && !settings.rows.are_all() => Malform::Leave,
        _ => whole(settings),
    };
    decoded(source, Some(from), settings, malformed)
}

/// What becomes of malformed text where it can't be left out.
fn whole(settings: &Settings) -> Malform {
    if replaces(settings) { Malform::Replace } else { Malform::Fail }
}

/// What is strict loses nothing.
fn replaces(settings: &Settings) -> bool {
    settings.invalid_utf8 == InvalidUtf8::Replace && !settings.strict
}

/// The same source as UTF-8, if its format is text, or it has none.
fn decoded(mut source: Source, from: Option<Format>, settings: &Settings, malformed: Malform) -> Result<Source> {
    if let Some(from) = from.filter(|from| !from.is_text()) {
        return match settings.encoding {
            None => Ok(source),
            Some(_) => Err(Error::usage(format!(
                "⟨encoding⟩ is for text, CSV, TSV, JSON, JSON5, NDJSON and fixed-width text, not for {from}"
            ))),
        };
    }
    let encoding = match settings.encoding {
        // Its records are checked one by one.
        Some(encoding) if encoding.is_utf8() => return Ok(source),
        Some(encoding) => encoding.by_mark(&source.beginning()?),
        // The bytes of text stay as they are unless something else is said.
        None if from.is_none_or(Format::has_any_bytes) => return Ok(source),
        None => match Encoding::detect(&source.beginning()?).map_err(|_| utf_32(&source.path))? {
            Some(encoding) => encoding,
            None => return Ok(source),
        },
    };
    if from.is_some_and(Format::has_widths) && !encoding.is_utf8() {
        fwf::refuse_bytes(&settings.options, "source", encoding.name())?;
    }
    forwards(source, encoding, settings, malformed)
}

fn utf_32(path: &Path) -> Error {
    Error::usage(sniff::naming(UTF_32, path)).in_file(path)
}

/// The same source, decoded while it is read.
fn forwards(source: Source, encoding: Encoding, settings: &Settings, malformed: Malform) -> Result<Source> {
    if settings.io == Io::Map {
        let (path, name) = (input(&source.path), encoding.name());
        return Err(Error::usage(format!(
            "{path} is decoded from {name}, so it can't be mapped\n  Leave out ⟨io map⟩."
        )));
    }
    source.decode(encoding, malformed)
}

/// The target in the encoding that the settings say.
///
/// # Errors
/// Usage: the format is no text, a width is in bytes, or a byte order mark is wanted that the encoding does not have.
pub(crate) fn encoded(target: Target, to: Format, settings: &Settings) -> Result<Target> {
    Ok(match recode(to, settings)? {
        Some(recode) => target.encoded(recode),
        None => target,
    })
}

/// The encoding of a target, if it is not UTF-8.
///
/// # Errors
/// Usage: the format is no text, a width is in bytes, or the encoding lacks a byte order mark that is asked for.
pub(crate) fn recode(to: Format, settings: &Settings) -> Result<Option<Recode>> {
    let Some(encoding) = settings.other_encoding() else { return Ok(None) };
    if !to.is_text() {
        return Err(Error::usage(format!(
            "⟨out_encoding⟩ is for text, CSV, TSV, JSON, JSON5, NDJSON and fixed-width text, not for {to}"
        )));
    }
    if to.has_widths() {
        fwf::refuse_bytes(&settings.options, "output", encoding.name())?;
    }
    if settings.options.out_dialect.bom && encoding.characters().first_missing("\u{feff}").is_some() {
        let name = encoding.name();
        return Err(Error::usage(format!("⟨out_dialect.bom⟩: {name} has no byte order mark\n  Leave it out.")));
    }
    let begin = move || {
        let mut encoder = encoding.encoder();
        Box::new(move |text: &str, last: bool, out: &mut Vec<u8>| encoder.encode(text, last, out)) as Encode
    };
    Ok(Some(Recode { name: encoding.name(), begin: Arc::new(begin) }))
}

/// Adds the exact place to an error of a file that is no longer open.
pub(crate) fn tell_again(error: Error, settings: &Settings) -> Error {
    let path = error.position().filter(|place| place.line == 0).map(|place| place.file.clone());
    let Some(path) = path.filter(|path| path.as_os_str() != "-") else { return error };
    let Ok(from) = source_format(settings.from, Some(&path), &settings.extensions) else { return error };
    match open_text(path.into(), from, settings) {
        Ok(source) => place::tell(&source, from, error),
        Err(_) => error,
    }
}

/// How the whole target is compressed, if it is. A container compresses its blocks instead, unless its extension says
/// more.
///
/// # Errors
/// Usage: only containers can be compressed so.
pub(crate) fn compression(to: Format, target: &TargetSpec, settings: &Settings) -> Result<Option<Compression>> {
    match settings.compress {
        _ if to.has_blocks() => Ok(Compress::Auto.of(target.path())),
        Compress::Blocks(of) => Err(Error::usage(format!(
            "⟨compress⟩: {} compresses the blocks of a container, and {to} has none\n  Files are compressed with gzip, zstd, bzip2, xz or lz4.",
            of.codec.name()
        ))),
        compress => Ok(compress.of(target.path())),
    }
}

/// The target as a container, if its format is one.
pub(crate) fn in_blocks(
    target: Target,
    to: Format,
    blocking: Option<&Blocking>,
    settings: &Settings,
) -> Result<Target> {
    match (blocking, to.blocks(&settings.options, settings.compress)?) {
        (Some(blocking), Some(blocks)) => target.in_blocks(blocks, blocking),
        _ => Ok(target),
    }
}

/// Refuses results whose types nobody knows.
pub(crate) fn refuse_groups(to: Format, settings: &Settings) -> Result<()> {
    match settings.aggregate.is_some() && to.takes(&settings.options).types {
        true => Err(Error::usage(format!(
            "groups and totals can't be written as {to}: their types are not known before the first of them\n  Write them as ndjson, and convert that."
        ))),
        false => Ok(()),
    }
}

/// Refuses to write onto a source.
pub(crate) fn refuse_source<'s>(target: &TargetSpec, sources: impl IntoIterator<Item = &'s SourceSpec>) -> Result<()> {
    let Some(own) = target.file_id() else { return Ok(()) };
    let is_own = |source: &&SourceSpec| source.file_id().as_ref() == Some(&own);
    let Some(source) = sources.into_iter().find(is_own) else { return Ok(()) };
    let (path, name) = (input(source.name()).to_string(), target.name());
    let same = if path == name { "the source".to_owned() } else { format!("the same file as the source, {path}") };
    Err(Error::usage(format!(
        "{name} is {same}; writing to it would destroy it\n  Write to another file and rename that."
    )))
}
