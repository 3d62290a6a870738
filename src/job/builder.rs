//! Building a job step by step.

use std::path::PathBuf;
use std::sync::Arc;

use crate::compress::{Compress, Decompress};
use crate::error::Result;
use crate::fold::groups::Aggregate;
use crate::format::csv::Delimiter;
use crate::format::{Format, Options};
use crate::job::settings::{ColumnsFrom, InvalidUtf8, Io, OnError, Settings};
use crate::job::single::Job;
use crate::job::spec::SourceSpec;
use crate::metrics::Progress;
use crate::op::{self, Folding, Op, Rename};
use crate::quarantine::MaxErrors;
use crate::sink::TargetSpec;
use crate::sys::Stop;

impl Job {
    /// A job from a source to a target, with the default settings. Paths are files; their extensions
    /// name the formats unless [`from`](Job::from) and [`to`](Job::to) do.
    pub fn new(source: impl Into<SourceSpec>, target: impl Into<TargetSpec>) -> Job {
        Job { source: source.into(), target: target.into(), settings: Settings::default() }
    }

    /// The source's format.
    pub fn from(self, format: Format) -> Job {
        self.with(|settings| settings.from = Some(format))
    }

    /// The target's format.
    pub fn to(self, format: Format) -> Job {
        self.with(|settings| settings.to = Some(format))
    }

    /// Changes the options of the formats: dialects, layouts, types.
    pub fn options(self, change: impl FnOnce(&mut Options)) -> Job {
        self.with(|settings| change(&mut settings.options))
    }

    /// What separates the fields of a CSV or TSV source.
    pub fn delimiter(self, delimiter: impl Into<Delimiter>) -> Job {
        self.options(|options| options.dialect.delimiter = Some(delimiter.into()))
    }

    /// What separates the fields of a CSV or TSV target.
    pub fn out_delimiter(self, delimiter: impl Into<Delimiter>) -> Job {
        self.options(|options| options.out_dialect.delimiter = Some(delimiter.into()))
    }

    /// Adds an op after those that were added before.
    pub fn op(self, op: impl Op + 'static) -> Job {
        self.with(|settings| settings.ops.push(Arc::new(op)))
    }

    /// Adds ops by their names, as [`op::parse`] reads them: `upper`, or `trim,upper:name+city`.
    ///
    /// ```
    /// use pagemill::{Format, Job, TargetSpec};
    ///
    /// let job = Job::new(b"name;city\nada;london\n", TargetSpec::Memory).from(Format::Csv).to(Format::Ndjson);
    /// let report = job.delimiter(";").op_named("upper:name")?.run()?;
    /// assert_eq!(report.output, b"{\"name\":\"ADA\",\"city\":\"london\"}\n");
    /// # Ok::<(), pagemill::Error>(())
    /// ```
    ///
    /// # Errors
    /// Usage: an unknown name, an empty field, or anything after `wordcount`.
    pub fn op_named(self, text: &str) -> Result<Job> {
        let named = op::parse(text)?;
        if let Some(fold) = self.settings.fold {
            return Err(op::after(fold));
        }
        Ok(self.with(|settings| {
            settings.ops.extend(named.ops);
            settings.fold = named.fold;
        }))
    }

    /// Writes totals over all records, or over those of each group, instead of records.
    pub fn aggregate(self, aggregate: Aggregate) -> Job {
        self.with(|settings| settings.aggregate = Some(aggregate))
    }

    /// Writes what there is to say about every field, instead of records.
    ///
    /// ```
    /// use pagemill::{Format, Job, TargetSpec};
    ///
    /// let job = Job::new(b"fare\n1.10\n2.30\n", TargetSpec::Memory).from(Format::Csv).stats().to(Format::Ndjson);
    /// let report = job.run()?;
    /// assert!(report.output.starts_with(b"{\"field\":\"fare\",\"kind\":\"number\",\"count\":2,"));
    /// # Ok::<(), pagemill::Error>(())
    /// ```
    pub fn stats(self) -> Job {
        self.with(|settings| settings.fold = Some(Folding::Stats))
    }

    /// Writes the narrowest schema that holds every value and gives its text back, instead of records. Its form is one
    /// that [`PinSchema`](crate::op::PinSchema) reads.
    ///
    /// ```
    /// use pagemill::{Format, Job, SourceSpec, TargetSpec};
    ///
    /// let csv = SourceSpec::bytes("fare,zip\n1.10,007\n22.30,\n");
    /// let report = Job::new(csv, TargetSpec::Memory).from(Format::Csv).schema().run()?;
    /// let schema: serde_json::Value = serde_json::from_slice(&report.output).unwrap();
    /// assert_eq!(schema["fields"][0]["kind"], "decimal");
    /// assert_eq!((&schema["fields"][1]["kind"], &schema["fields"][1]["nullable"]), (&"text".into(), &true.into()));
    /// # Ok::<(), pagemill::Error>(())
    /// ```
    pub fn schema(self) -> Job {
        self.with(|settings| settings.fold = Some(Folding::Schema))
    }

    /// Only these fields, in this order.
    pub fn select<N: Into<String>>(self, fields: impl IntoIterator<Item = N>) -> Job {
        self.with(|settings| settings.select = fields.into_iter().map(Into::into).collect())
    }

    /// Without these fields.
    pub fn drop_fields<N: Into<String>>(self, fields: impl IntoIterator<Item = N>) -> Job {
        self.with(|settings| settings.drop = fields.into_iter().map(Into::into).collect())
    }

    /// Gives the field `old` the name `new`.
    pub fn rename(self, old: impl Into<String>, new: impl Into<String>) -> Job {
        self.with(|settings| settings.rename.push(Rename::new(old, new)))
    }

    /// Where the header of a tabular target comes from when the source is nested.
    pub fn columns(self, columns: ColumnsFrom) -> Job {
        self.with(|settings| settings.columns = columns)
    }

    /// How many workers; 0: one for each processor.
    pub fn workers(self, workers: usize) -> Job {
        self.with(|settings| settings.workers = workers)
    }

    /// About how many bytes of input a worker takes at a time; 0: 512 KiB.
    pub fn slice_size(self, bytes: usize) -> Job {
        self.with(|settings| settings.slice_size = bytes)
    }

    /// The ceiling for the whole process, in bytes.
    pub fn memory_limit(self, bytes: usize) -> Job {
        self.with(|settings| settings.memory_limit = bytes)
    }

    /// The longest record, in bytes; 0: 64 MiB.
    pub fn max_record_size(self, bytes: usize) -> Job {
        self.with(|settings| settings.max_record_size = bytes)
    }

    /// How a source file is read.
    pub fn io(self, io: Io) -> Job {
        self.with(|settings| settings.io = io)
    }

    /// Whether the source is compressed.
    pub fn decompress(self, decompress: Decompress) -> Job {
        self.with(|settings| settings.decompress = decompress)
    }

    /// Whether the target is to be compressed.
    pub fn compress(self, compress: Compress) -> Job {
        self.with(|settings| settings.compress = compress)
    }

    /// What a bad record does.
    pub fn on_error(self, on_error: OnError) -> Job {
        self.with(|settings| settings.on_error = on_error)
    }

    /// Where bad records are put: the same as [`OnError::Quarantine`] with [`Settings::quarantine`].
    pub fn quarantine(self, path: impl Into<PathBuf>) -> Job {
        self.with(|settings| (settings.on_error, settings.quarantine) = (OnError::Quarantine, Some(path.into())))
    }

    /// How many bad records may be left out; one more ends the job.
    pub fn max_errors(self, most: MaxErrors) -> Job {
        self.with(|settings| settings.max_errors = Some(most))
    }

    /// What invalid UTF-8 does where the target needs UTF-8.
    pub fn invalid_utf8(self, invalid_utf8: InvalidUtf8) -> Job {
        self.with(|settings| settings.invalid_utf8 = invalid_utf8)
    }

    /// Replaces an existing target.
    pub fn force(self, force: bool) -> Job {
        self.with(|settings| settings.force = force)
    }

    /// Refuses what would otherwise be a warning or counted as lossy.
    pub fn strict(self, strict: bool) -> Job {
        self.with(|settings| settings.strict = strict)
    }

    /// Lets another thread end the job early: see [`Stop`].
    pub fn stop_with(self, stop: &Stop) -> Job {
        self.with(|settings| settings.stop = Some(stop.clone()))
    }

    /// Lets another thread see how far the job is: see [`Progress`].
    pub fn watch_with(self, progress: &Progress) -> Job {
        self.with(|settings| settings.progress = Some(progress.clone()))
    }

    /// Changes any of the settings.
    pub fn with(mut self, change: impl FnOnce(&mut Settings)) -> Job {
        change(&mut self.settings);
        self
    }
}
