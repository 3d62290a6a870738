//! `pagemill generate`.

use std::io::{self, Write};
use std::time::Instant;

use pagemill::Stop;
use pagemill::audit;
use pagemill::compress::Compress;
use pagemill::config::flags::{self, Commands, Kinds, Line, Origin, Said};
use pagemill::config::{parse_count, parse_size};
use pagemill::error::Error;
use pagemill::format::target_format;
use pagemill::metrics::{Report, Writing};
use pagemill::sample::{Amount, Sample, SampleReport};
use pagemill::sink::{Forwards, Target};

use super::console;
use super::dashboard::Port;
use super::exit::Exit;
use super::live::{Live, Shown};
use super::parser::Typed;
use super::paths::{file, name};
use super::profiles::Profiles;
use super::report_file::refuse_clashes;
use super::settings::settings as meaning;
use super::signals;

/// Writes sample data.
pub fn run(Typed { mut said, .. }: Typed) -> Result<Exit, Error> {
    let mut settings = meaning(&said)?;
    let output = said.path("output").and_then(file);
    let format = match (settings.to, output) {
        (Some(format), _) => format,
        (None, Some(path)) => target_format(None, Some(path), "csv".parse()?, &settings.extensions)?,
        (None, None) => {
            return Err(Error::usage(
                "the format of the data is not known, because standard output has no extension\n  Give it with --to: pagemill generate --to csv --size 100MB",
            ));
        }
    };
    let number = |said: &Said, name: &str| said.text(name).map(|text| text.and_then(|text| parse_count(text).ok()));
    let amount = match said.text("size")? {
        Some(size) => Amount::Bytes(parse_size("--size", size)?),
        None => match number(&said, "records")? {
            Some(records) => Amount::Records(records),
            None => {
                return Err(Error::usage(
                    "how much is to be generated?\n  Give --size SIZE or --records N, for example: --size 100MB",
                ));
            }
        },
    };
    loop {
        let kind = Kinds::of(format, settings.options.payload);
        let line = Line {
            command: Commands::GENERATE,
            said: &said,
            settings: &settings,
            sources: kind,
            targets: kind,
            origin: Origin::File,
            plain: true,
            to_file: said.path("output").and_then(file).is_some(),
        };
        let passed = flags::check(&line)?;
        if passed.is_empty() {
            break;
        }
        passed.into_iter().for_each(|passed| said.pass_over(passed));
        settings = meaning(&said)?;
    }
    let output = said.path("output").and_then(file);
    let sample = Sample {
        format,
        options: settings.options.clone(),
        seed: number(&said, "seed")?.unwrap_or(0),
        amount,
        workers: settings.workers,
    };
    let profiles = Profiles::of(&said)?;
    refuse_clashes(&profiles.files(), None, &output.into_iter().collect::<Vec<_>>())?;
    let started = Instant::now();
    let watch = signals::watch();
    let stop = watch.map(|watch| &watch.stop);
    settings.progress = watch.map(|watch| watch.progress.clone());
    let live = Live::of_making(&said)?;
    let target = match output {
        Some(path) => Target::open(path, settings.force, stop)?,
        None => Target::standard(stop)?,
    };
    let target = match Compress::Auto.of(output) {
        Some(compression) => target.packed(&compression.packing(sample.threads()))?,
        None => target,
    };
    let size = match amount {
        Amount::Bytes(size) => Some(size),
        // How long they will be is not known.
        Amount::Records(_) => None,
    };
    let profiling = profiles.start(settings.force)?;
    let shown = Shown::making(output.map_or_else(|| "standard output".to_owned(), name)).at(output);
    let watching = live.start(shown, &settings, output.is_none(), Port::NONE);
    let writing = settings.progress.as_ref().map(|progress| progress.begin_writing(size));
    let made = write(&sample, &target, stop, writing.as_ref()).and_then(|made| {
        target.finish()?;
        Ok(made)
    });
    if let (Some(writing), Ok(made)) = (&writing, &made) {
        writing.done(made.bytes, made.records);
    }
    watching.end(made.as_ref().err());
    let made = match made {
        Ok(made) => made,
        Err(error) => return Err(profiling.end_failed(error)),
    };
    if said.has("verbose") {
        let mut report = Report::default();
        report.target = output.map(Into::into);
        report.to = format.name();
        (report.bytes_out, report.records_out) = (made.bytes, made.records);
        report.elapsed = started.elapsed();
        report.workers = sample.threads();
        report.peak_rss_bytes = pagemill::sys::peak_rss_bytes();
        report.peak_heap_bytes = audit::counts().peak;
        console::note(&report.to_string());
    }
    profiling.end(None)?;
    Ok(Exit::Done)
}

/// Writes the data, and counts it for those who look on.
fn write(
    sample: &Sample,
    target: &Target,
    stop: Option<&Stop>,
    writing: Option<&Writing>,
) -> Result<SampleReport, Error> {
    let mut counted = Counted { to: Forwards::new(target).stop_with(stop), writing, bytes: 0 };
    // The target's own error, if it was the target that failed.
    sample.write(&mut counted).map_err(|error| counted.to.error().unwrap_or(error))
}

/// Counts what is written.
struct Counted<'t> {
    to: Forwards<'t>,
    writing: Option<&'t Writing>,
    bytes: u64,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.bytes += written as u64;
        if let Some(writing) = self.writing {
            writing.at(self.bytes);
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
