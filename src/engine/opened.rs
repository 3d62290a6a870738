//! A source that was looked at, and what will be done with it.

use super::checkpoint::Resumable;
use super::feed::read_head;
use super::open::open_text;
use super::pass::PassThrough;
use super::phases::Phases;
use super::plan::{Plan, Wishes};
use super::route::Route;
use super::run::{How, Run};
use super::settings::{Settings, SourceSpec, TargetSpec};
use super::wordcount::WordCount;
use crate::compress::{Codec, Compress, Compression};
use crate::error::{Error, Position, Result};
use crate::format::{self, Columns, Format, OpenError, Opening, ReadFormat, UnknownKey, WriteFormat};
use crate::record::Schema;
use crate::source::{Bytes, Source, damage};
use crate::target::Target;

/// A source that was looked at, and how it will be converted.
pub(super) struct Opened<'s> {
    pub settings: &'s Settings,
    pub source: Source,
    /// What was read of a stream to look at it.
    pub head: Vec<u8>,
    pub reading: Box<dyn ReadFormat>,
    pub route: Route,
    pub plan: Plan,
    /// Something of a stream was handed out.
    pub begun: bool,
}

impl<'s> Opened<'s> {
    pub fn new(source: SourceSpec, target: &TargetSpec, settings: &'s Settings) -> Result<Opened<'s>> {
        let path = match &source {
            SourceSpec::Path(path) => Some(path.as_path()),
            _ => None,
        };
        let from = format::source_format(settings.from, path)?;
        let path = match target {
            TargetSpec::Path(path) => Some(path.as_path()),
            _ => None,
        };
        let to = format::target_format(settings.to, path, from)?;
        let source = open_text(source, from, settings)?;
        let compression = match settings.compress {
            Compress::Auto => path.and_then(Codec::from_path).map(Compression::from),
            Compress::None => None,
            Compress::As(compression) => Some(compression),
        };
        Opened::look(source, (from, to), compression, settings)
    }

    /// Looks at the beginning of a source.
    fn look(
        mut source: Source,
        (from, to): (Format, Format),
        compression: Option<Compression>,
        settings: &'s Settings,
    ) -> Result<Opened<'s>> {
        let (streamed, input) = match &source.bytes {
            Bytes::Mapped(map) => (false, Some(map.bytes().len() as u64)),
            Bytes::Stream(_) => (true, None),
        };
        let plan = Plan::new(&Wishes {
            workers: settings.workers,
            slice_size: settings.slice_size,
            memory_limit: settings.memory_limit,
            max_record: settings.max_record_size,
            streamed,
            input,
            buffer_min: format::whole_record(to, &settings.options),
            packed: source.packed(),
            compression,
        })?;
        if let (Bytes::Stream(stream), Some(unpacking)) = (&mut source.bytes, plan.unpacking) {
            stream.unpack(unpacking).map_err(|e| Error::io("decompress", &source.path, e))?;
        }
        let mut options = settings.options.clone();
        options.max_record = plan.max_record;
        options.strict = settings.strict;
        let path = source.path.clone();
        let look = |head: &[u8], end: bool| match format::open(from, &options, head, end) {
            Ok(Opening::Ready(reading)) => Ok(Some(reading)),
            Ok(Opening::More) => Ok(None),
            Err(OpenError::Usage(error)) => Err(error),
            Err(OpenError::Data(error)) => {
                Err(Error::data(Position { file: path.clone(), record: 0, offset: error.offset as u64 }, error))
            }
        };
        let (head, reading) = match &mut source.bytes {
            Bytes::Mapped(map) => {
                let found = look(map.bytes(), true).map_err(|e| damage(map, &source.path, u64::MAX).unwrap_or(e))?;
                (Vec::new(), found.ok_or_else(|| Error::usage("the source has no beginning"))?)
            }
            Bytes::Stream(stream) => {
                read_head(stream, &source.path, plan.max_record, look).map_err(|error| source.tell(error))?
            }
        };
        let route = Route::new(settings, from, to, &*reading)?;
        Ok(Opened { settings, source, head, reading, route, plan, begun: false })
    }

    /// Converts everything; starts over when a header that was taken from the beginning turns out to lack a key.
    pub(super) fn convert(
        &mut self,
        target: &Target,
        phases: &Phases,
        mut resumable: Option<&mut Resumable>,
    ) -> Result<Run> {
        let on_error = self.settings.on_error;
        let (header, certain) = match resumable.as_mut().and_then(|resumable| resumable.columns.take()) {
            Some(names) => (Some(Columns { schema: Schema::new(names), unknown: self.route.unknown_key() }), false),
            None => self.header(target)?,
        };
        if let Some(resumable) = resumable.as_deref_mut() {
            resumable.start(header.as_ref().map(names))?;
        }
        let guess = self.writing(header);
        let refused = guess.is_err();
        let outcome = guess.and_then(|writing| {
            self.pass_by(How { on_error, resumable: resumable.as_deref() }, &*writing, target, phases)
        });
        match outcome {
            // What the target refuses in a header that is only a guess may be none of the whole one's.
            Err(error) if !certain && (refused || error.is_unknown_key()) => {
                let keys = self.all_columns()?;
                target.restart()?;
                if let Some(resumable) = resumable.as_deref_mut() {
                    resumable.restart(names(&keys))?;
                }
                let writing = self.writing(Some(keys))?;
                self.pass_by(How { on_error, resumable: resumable.as_deref() }, &*writing, target, phases)
            }
            outcome => outcome,
        }
    }

    /// The keys of the whole input as columns.
    fn all_columns(&mut self) -> Result<Columns> {
        Ok(Columns { schema: self.all_keys()?, unknown: UnknownKey::Refuse })
    }

    pub(super) fn writing(&self, header: Option<Columns>) -> Result<Box<dyn WriteFormat>> {
        let route = &self.route;
        if self.settings.word_count {
            return Ok(Box::new(WordCount::new(route.from == Format::Text)));
        }
        if route.pass_through {
            let start = self.reading.start();
            let prefix = match &self.source.bytes {
                Bytes::Mapped(map) => &map.bytes()[..start],
                Bytes::Stream(_) => &self.head[..start],
            };
            return Ok(Box::new(PassThrough { prefix: prefix.to_vec() }));
        }
        let mut options = self.settings.options.clone();
        options.strict = self.settings.strict;
        options.max_record = self.plan.max_record;
        format::create(route.to, &options, &route.shape(), header, route.from)
    }
}

/// The names of columns; keys of JSON are text.
fn names(columns: &Columns) -> Vec<String> {
    columns.schema.names().map(|name| String::from_utf8_lossy(name).into_owned()).collect()
}
