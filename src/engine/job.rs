//! A job: a source, settings, a target.

use std::path::PathBuf;
use std::time::Instant;

use super::checkpoint::Resumable;
use super::open::{open_target, refuse_source};
use super::opened::Opened;
use super::phases::Phases;
use super::settings::{Settings, SourceSpec, TargetSpec};
use super::sum::Sum;
use crate::error::{Error, Result};
use crate::memory::audit;
use crate::metrics::{FileReport, Report};

/// A conversion that is ready to run.
pub struct Job {
    /// Where bytes come from.
    pub source: SourceSpec,
    /// Where bytes go.
    pub target: TargetSpec,
    /// Everything else.
    pub settings: Settings,
}

impl Job {
    /// Says how the job would run, without running it: the memory plan and the concrete choices.
    pub fn explain(self) -> Result<String> {
        let opened = Opened::new(self.source, &self.target, &self.settings)?;
        let route = &opened.route;
        let mut text = format!("source           {}\n", opened.source.path.display());
        text += &format!("formats          {} to {}\n", route.from, route.to);
        text += &format!("read by          {}\n", if opened.plan.streamed { "reading" } else { "mapping" });
        if let Some(unpacking) = &opened.plan.unpacking {
            text += &format!("decompressed     {unpacking}\n");
        }
        if let Some(packing) = &opened.plan.packing {
            text += &format!("compressed       {packing}\n");
        }
        if let Some(decoded) = &opened.source.decoded {
            text += &format!("decoded from     {}\n", decoded.encoding.name());
        }
        text += &format!(
            "records          {}\n",
            if route.pass_through { "passed through" } else { "decoded and encoded" }
        );
        let ops: Vec<_> = route.ops.iter().map(|op| op.name()).collect();
        text += &format!("ops              {}\n", if ops.is_empty() { "none".into() } else { ops.join(", ") });
        text += &opened.plan.explain();
        Ok(text)
    }

    /// Runs the job.
    ///
    /// # Errors
    /// See [`ErrorClass`](crate::error::ErrorClass). After an error there is no file under the target's name.
    pub fn run(self) -> Result<Report> {
        let started = Instant::now();
        let mut sum = Sum::new();
        let memory_limit = self.settings.memory_limit;
        let (done, output) = self.run_into(&mut sum)?;
        let stream = |path: &PathBuf| path.as_os_str() != "-";
        let (source, target) = (Some(done.source).filter(stream), done.target);
        Ok(Report { source, target, output, elapsed: started.elapsed(), ..sum.report(memory_limit) })
    }

    /// Runs the job and adds what it did to `sum`. Gives the bytes of a memory target too.
    pub(super) fn run_into(self, sum: &mut Sum) -> Result<(FileReport, Vec<u8>)> {
        let before = audit::counts();
        let settings = self.settings;
        if let Some(stop) = &settings.stop {
            stop.check().map_err(|e| Error::io("start", "the job", e))?;
        }
        let mut opened = Opened::new(self.source, &self.target, &settings)?;
        refuse_source(&self.target, [&*opened.source.path])?;
        let mut resumable = Resumable::open(&opened, &self.target, &settings)?;
        let mut target = match &resumable {
            Some(resumable) => resumable.target(settings.force)?,
            None => open_target(self.target, &settings)?,
        };
        let plan = opened.plan.clone();
        if let Some(packing) = &plan.packing {
            target = target.packed(packing)?;
        }
        let phases = Phases::new(plan.workers);
        let place = target.file_path().map(Into::into);
        let run = opened.convert(&target, &phases, resumable.as_mut()).map_err(|error| opened.source.blame(error));
        let mut run = match (run, resumable.as_ref()) {
            (Ok(run), _) => run,
            (Err(error), None) => return Err(error),
            (Err(error), Some(resumable)) => {
                return Err(resumable.fail(target, error, opened.source.unchanged().is_ok()));
            }
        };
        run.bytes_out = target.flush()?.unwrap_or(run.bytes_out);
        let output = match resumable {
            None => target.finish()?,
            Some(resumable) => {
                sum.resumed_from = resumable.from.as_ref().map(|entry| entry.input);
                resumable.finish(target)?
            }
        };
        sum.add(&opened, &run, &phases, &before);
        sum.warnings.extend_from_slice(opened.reading.warnings());
        sum.bytes_out += run.bytes_out;
        Ok((run.file(&opened.source.path, place), output))
    }
}
