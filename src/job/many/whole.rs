//! The outputs of earlier runs that are whole.

use std::path::Path;
use std::time::Instant;

use crate::error::Result;
use crate::job::opened::Opened;
use crate::job::pass::Run;
use crate::job::settings::Settings;
use crate::job::spec::SourceSpec;
use crate::job::sum::Sum;
use crate::memory::audit;
use crate::metrics::{FileReport, Report};
use crate::plan::named::Lacking;
use crate::resume::Whole;
use crate::sink::TargetSpec;

/// The report of a run that finds its output whole: an earlier one has written it.
pub(super) fn report(
    whole: &Whole,
    sources: Vec<SourceSpec>,
    target: &Path,
    settings: &Settings,
    started: Instant,
) -> Result<Report> {
    let (mut sum, mut files) = (Sum::new(settings.progress.as_ref()), Vec::new());
    sum.add_whole(whole, target);
    for source in sources {
        let before = audit::counts();
        let opened = Opened::among(source, &TargetSpec::Memory, settings, Lacking::Absent)?;
        let mut run = Run::earlier(0, 0);
        sum.add(&opened, &mut run, &before);
        files.push(FileReport { delimiter: opened.delimiter(), ..run.file(&opened.source, None) });
    }
    whole.tell(&mut files);
    let target = Some(target.to_path_buf());
    Ok(Report { target, files, elapsed: started.elapsed(), ..sum.report(settings.memory_limit) })
}
