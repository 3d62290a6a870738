//! pagemill converts big files: between CSV, TSV, NDJSON, JSON, text and binary records, as
//! fast as the machine can write the answer, and it keeps three promises.
//!
//! 1. **A memory ceiling that holds** for the whole process, whatever the size of the input.
//! 2. **No value is ever changed silently.** Number text is kept digit for digit, null is not empty text,
//!    and what a format can't hold is counted by kind and reported ([`record::LossyKind`]).
//! 3. **The same bytes out**, whatever the number of workers, the slice size or the memory limit.
//!
//! ```text
//! source ──cut──▶ slice ──decode──▶ batch ──ops──▶ batch ──encode──▶ output buffer ──commit──▶ target
//!          │                    (arena)                                   │ (pool)
//!    exact boundaries,                                        input order, by offset;
//!    short lock                                               pages behind are released
//! ```
//!
//! The input is mapped and cut on record boundaries into *slices*; workers convert slices in parallel. Each
//! has a bump *arena* that is reset after every *batch* of records, and fills an *output buffer* that goes
//! back to a pool. After the first slices nothing is allocated.
//!
//! # Converting
//!
//! ```
//! use pagemill::{Format, Job, SourceSpec, TargetSpec};
//!
//! let csv = "id,price,note\n1,1.10,\n2,007,\"\"\n";
//! let report = Job::new(SourceSpec::bytes(csv), TargetSpec::Memory).from(Format::Csv).to(Format::Ndjson).run()?;
//!
//! let expected = concat!(
//!     r#"{"id":1,"price":1.10,"note":null}"#, "\n",
//!     r#"{"id":2,"price":"007","note":""}"#, "\n",
//! );
//! assert_eq!(report.output, expected.as_bytes());
//! assert_eq!((report.records_in, report.lossy.total()), (2, 0));
//! # Ok::<(), pagemill::Error>(())
//! ```
//!
//! Files are named by their paths; see [`Job`] for everything that can be said about a job. What the formats are, what
//! becomes of values and errors, and why pagemill is built as it is, is described in [`docs`].
//!
//! ```no_run
//! # use pagemill::Job;
//! let report = Job::new("trips.csv", "trips.ndjson").memory_limit(32_000_000).workers(2).run()?;
//! println!("{} records, {} bytes resident at the peak", report.records_out, report.peak_rss_bytes);
//! # Ok::<(), pagemill::Error>(())
//! ```
//!
//! # An op of your own
//!
//! ```
//! use pagemill::op::Op;
//! use pagemill::record::{Batch, Value};
//! use pagemill::{Format, Job, SourceSpec, TargetSpec};
//!
//! /// Puts `***` in place of every text.
//! struct Mask;
//!
//! impl Op for Mask {
//!     fn name(&self) -> &str {
//!         "mask"
//!     }
//!     fn apply(&self, batch: &mut Batch<'_>) {
//!         for value in batch.values_mut() {
//!             if let Value::Text(_) = value.typed() {
//!                 *value = Value::Text(b"***");
//!             }
//!         }
//!     }
//! }
//!
//! let source = SourceSpec::bytes("{\"name\":\"Ada\",\"born\":1815}\n");
//! let report = Job::new(source, TargetSpec::Memory).from(Format::Ndjson).to(Format::Csv).op(Mask).run()?;
//! assert_eq!(report.output, b"name,born\n***,1815\n");
//! # Ok::<(), pagemill::Error>(())
//! ```
//!
//! # Bad records
//!
//! A record that its format does not allow ends a job, unless [`OnError`](job::OnError) says otherwise: it can be
//! left out, or be written into a quarantine with its place and its bytes, from where [`Job::replay`] converts it once
//! it is repaired. [`MaxErrors`](job::MaxErrors) limits how many there may be.
//!
//! # Ending early, and what can go wrong outside
//!
//! A [`Stop`] handle ends a job from another thread, a [`Progress`] handle tells how far it is. A file that shrinks
//! while it is mapped raises SIGBUS, which ends a process; a program may opt in to [`guard_maps`], after which that is
//! an error like any other. The library touches no signal and no other global state unasked.
//!
//! # Allocation audits
//!
//! [`audit`] has a counting allocator and checks such as [`assert_no_alloc`](audit::assert_no_alloc) for the
//! tests of any crate.
//!
//! # What is public
//!
//! What is described here: [`Job`] and what it takes and gives, the [formats](mod@format), [ops](op), [records](record),
//! [metrics], [`audit`] and [errors](error). Enums and settings may grow. Everything else that can be reached is there
//! for the command, benches and fuzzing, and may change in any version.
#![deny(unsafe_code)]

#[cfg(any(feature = "cli", feature = "otlp"))]
mod address;
#[doc(hidden)]
pub mod alerts;
#[doc(hidden)]
pub mod bench;
pub(crate) mod chart;
pub mod compress;
#[doc(hidden)]
pub mod config;
#[cfg(feature = "dashboard")]
#[doc(hidden)]
pub mod dashboard;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod described;
pub mod error;
#[doc(hidden)]
pub mod expr;
pub(crate) mod flow;
pub(crate) mod fold;
pub mod format;
#[cfg(feature = "history")]
#[doc(hidden)]
pub mod history;
pub mod job;
#[doc(hidden)]
pub mod memory;
pub mod metrics;
#[doc(hidden)]
pub mod monitor;
pub(crate) mod nearest;
pub mod op;
#[cfg(feature = "otlp")]
#[doc(hidden)]
pub mod otlp;
pub(crate) mod plan;
#[cfg(all(feature = "profile", target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
#[doc(hidden)]
pub mod profile;
pub(crate) mod quarantine;
pub mod record;
pub(crate) mod resume;
#[doc(hidden)]
pub mod sample;
#[doc(hidden)]
#[allow(unsafe_code)]
pub mod scan;
#[doc(hidden)]
pub mod schema;
pub(crate) mod sigma;
#[doc(hidden)]
pub mod sink;
#[doc(hidden)]
pub mod source;
pub(crate) mod spill;
#[doc(hidden)]
#[allow(unsafe_code)]
pub mod sys;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod tune;
#[doc(hidden)]
pub mod wording;

/// The reference, one page a module.
#[cfg(doc)]
pub mod docs {
    #[doc = include_str!("docs/columns.md")]
    pub mod columns {}
    #[doc = include_str!("docs/configuration.md")]
    pub mod configuration {}
    #[doc = include_str!("docs/aggregate.md")]
    pub mod aggregate {}
    #[doc = include_str!("docs/decisions.md")]
    pub mod decisions {}
    #[doc = include_str!("docs/errors.md")]
    pub mod errors {}
    #[doc = include_str!("docs/expressions.md")]
    pub mod expressions {}
    #[doc = include_str!("docs/formats.md")]
    pub mod formats {}
    #[doc = include_str!("docs/inputs.md")]
    pub mod inputs {}
    #[doc = include_str!("docs/limits.md")]
    pub mod limits {}
    #[doc = include_str!("docs/memory.md")]
    pub mod memory {}
    #[doc = include_str!("docs/protobuf.md")]
    pub mod protobuf {}
    #[doc = include_str!("docs/recipes.md")]
    pub mod recipes {}
    #[doc = include_str!("docs/rows.md")]
    pub mod rows {}
    #[doc = include_str!("docs/seeing.md")]
    pub mod seeing {}
    #[doc = include_str!("docs/schema.md")]
    pub mod schema {}
    #[doc = include_str!("docs/sort.md")]
    pub mod sort {}
    #[doc = include_str!("docs/speed.md")]
    pub mod speed {}
    #[doc = include_str!("docs/stats.md")]
    pub mod stats {}
    #[doc = include_str!("docs/values.md")]
    pub mod values {}
}

#[doc(inline)]
pub use memory::audit;

pub use error::{Error, Result};
pub use format::Format;
pub use job::{Job, Settings, SourceSpec, TargetSpec};
pub use metrics::{Progress, Report};
#[doc(inline)]
pub use sys::{Stop, guard_maps};
