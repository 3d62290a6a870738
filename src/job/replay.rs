//! Converting the repaired records of a quarantine.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::format::Format;
use crate::job::settings::Settings;
use crate::job::single::Job;
use crate::job::spec::SourceSpec;
use crate::metrics::Report;
use crate::quarantine::Section;
use crate::sink::TargetSpec;
use crate::source::Encoding;

/// A conversion of the records in a quarantine, after they were repaired.
///
/// A quarantine is NDJSON. Its first line says how the records of a source are read, and must stay (a job of many
/// sources has one such line for each). Every other line is a bad record: `file`, `record` (its number there, from 1),
/// `start` and `end` (its bytes there), `reason`, and the bytes themselves in base64, `raw`. A record is repaired in
/// `raw`, or in a `text` that is added and takes precedence: the record without its line break; of frames the payload,
/// without its length; of a JSON array the value. Lines may be deleted.
///
/// What the quarantine says about reading applies wherever the settings have the default. [`Settings::on_error`]
/// decides about records that are still bad; errors give their place in the original file.
///
/// ```
/// use pagemill::Job;
/// use pagemill::job::OnError;
///
/// let folder = tempfile::tempdir()?;
/// let path = |name: &str| folder.path().join(name);
/// std::fs::write(path("a.csv"), "id,name\n1,Ada\n2\n3,Alan\n")?;
/// let report = Job::new(path("a.csv"), path("a.ndjson")).on_error(OnError::Quarantine).run()?;
/// assert_eq!(report.records_failed, 1);
///
/// let quarantine = report.quarantine.ok_or("no quarantine")?;
/// let text = std::fs::read_to_string(&quarantine)?;
/// assert!(text.contains(r#""record":2,"line":3,"start":14,"end":16,"reason":"1 field where the header has 2""#));
/// std::fs::write(&quarantine, text.replace("\"raw\"", "\"text\":\"2,Grace\",\"raw\""))?;
/// Job::replay(quarantine, path("b.ndjson")).run()?;
/// assert_eq!(std::fs::read_to_string(path("b.ndjson"))?, "{\"id\":2,\"name\":\"Grace\"}\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[non_exhaustive]
pub struct Replay {
    /// The quarantine, a file.
    pub quarantine: PathBuf,
    /// Where the bytes go.
    pub target: TargetSpec,
    /// Everything else.
    pub settings: Settings,
}

impl Job {
    /// A conversion of the repaired records of a quarantine, with the default settings.
    pub fn replay(quarantine: impl Into<PathBuf>, target: impl Into<TargetSpec>) -> Replay {
        Replay { quarantine: quarantine.into(), target: target.into(), settings: Settings::default() }
    }
}

impl Replay {
    /// Changes the settings.
    pub fn with(mut self, change: impl FnOnce(&mut Settings)) -> Replay {
        change(&mut self.settings);
        self
    }

    /// Says how the records of the first source would be converted, without doing it.
    pub fn explain(self) -> Result<String> {
        let (sections, settings) = self.look()?;
        match sections.into_iter().next() {
            Some(first) => job(first, self.target, settings).explain(),
            None => Err(Error::usage("there is no input")),
        }
    }

    /// Runs the conversion.
    ///
    /// # Errors
    /// Those of [`Job::run`]. Usage: the file is not a quarantine. Data: a line of it is malformed.
    pub fn run(self) -> Result<Report> {
        let (mut sections, settings) = self.look()?;
        if sections.len() == 1
            && let Some(only) = sections.pop()
        {
            return job(only, self.target, settings).run();
        }
        let sources = sections.into_iter().map(SourceSpec::Quarantined);
        Job::many(sources, self.target).with(|own| *own = settings).run()
    }

    /// The contents of the file, and the settings completed with what it says.
    fn look(&self) -> Result<(Vec<Section>, Settings)> {
        let sections = Section::all(&self.quarantine, self.settings.stop.as_ref())?;
        let mut settings = self.settings.clone();
        for pair in sections.windows(2) {
            if !pair[0].head().reads_as(pair[1].head()) {
                return Err(Error::usage(format!(
                    "{} has records of several jobs that are read in different ways\n  Replay them one by one.",
                    self.quarantine.display()
                )));
            }
        }
        for section in &sections {
            if let Some(from) = settings.from.filter(|from| *from != section.format()) {
                return Err(Error::usage(format!(
                    "⟨from {from}⟩: the records of {} are {}\n  Leave out ⟨from⟩.",
                    self.quarantine.display(),
                    section.format()
                )));
            }
            section.head().fill(&mut settings.options);
            section.head().type_fields(&mut settings.ops)?;
            if section.head().says_utf8() {
                settings.encoding = Some(Encoding::utf8());
            }
        }
        settings.from = sections.first().map(Section::format).filter(|_| sections.len() == 1);
        Ok((sections, settings))
    }
}

fn job(section: Section, target: TargetSpec, settings: Settings) -> Job {
    let from: Option<Format> = Some(section.format());
    Job { source: SourceSpec::Quarantined(section), target, settings: Settings { from, ..settings } }
}
