//! Results that are written while records still come: windows of time, and totals so far.

use std::sync::Arc;
use std::thread;

use crate::error::{Error, Result};
use crate::flow::order::reached::Place;
use crate::fold::groups::Aggregate;
use crate::fold::pen::Written;
use crate::fold::so_far::SoFar;
use crate::fold::windows::TimeWindows;
use crate::format::{Format, Frame};
use crate::job::folded::{ended, onto, options};
use crate::job::opened::Opened;
use crate::job::pass::Run;
use crate::job::settings::Settings;
use crate::metrics::Registry;
use crate::quarantine::Ledger;
use crate::sink::Target;

/// What is written while records still come.
pub(crate) enum Live {
    Windows(Box<TimeWindows>),
    SoFar(Box<SoFar>),
}

/// Refuses inputs that may fail as a whole: what they had is written already.
///
/// # Errors
/// Usage: the settings ask for both.
pub(crate) fn refuse(settings: &Settings, keep_going: bool) -> Result<()> {
    if keep_going && settings.aggregate.as_ref().is_some_and(Aggregate::is_live) {
        return Err(Error::usage(
            "⟨keep_going⟩: what an input that fails partway had would have been written already\n  Leave out ⟨keep_going⟩.",
        ));
    }
    Ok(())
}

impl Live {
    /// Goes on with a source; begins if there is nothing yet.
    ///
    /// # Errors
    /// Memory; the target can't be written.
    pub fn go_on(
        so_far: Option<Live>,
        opened: &Opened<'_>,
        to: Format,
        target: &Target,
        registry: &Registry,
    ) -> Result<Live> {
        let spec = opened.settings.aggregate.as_ref();
        let every = spec.and_then(|spec| Some((spec, spec.emits()?)));
        match (so_far, every) {
            (Some(Live::Windows(windows)), _) => {
                Ok(Live::Windows(Box::new(opened.go_on(Some(*windows), to, registry)?)))
            }
            (None, None) => Ok(Live::Windows(Box::new(opened.go_on(None, to, registry)?))),
            (Some(Live::SoFar(so_far)), _) => {
                so_far.go_on(&opened.budget, opened.number, opened.names_read(), registry)?;
                Ok(Live::SoFar(so_far))
            }
            (None, Some((spec, every))) => {
                let options = options(opened.settings);
                let onto = onto(opened.settings, to, target, &options);
                let so_far = SoFar::new(Arc::new(spec.clone()), every, &onto, &opened.budget)?;
                so_far.go_on(&opened.budget, opened.number, opened.names_read(), registry)?;
                Ok(Live::SoFar(Box::new(so_far)))
            }
        }
    }
}

/// Where a run writes, and what it counts.
pub(crate) struct Onto<'r> {
    pub to: Format,
    pub target: &'r Target,
    pub registry: &'r Registry,
    pub ledger: &'r mut Ledger,
}

impl Live {
    /// Takes in the records of a source. `begun` is how far the target is, if it was begun.
    ///
    /// # Errors
    /// Those of a run.
    pub fn read(&mut self, opened: &mut Opened<'_>, begun: Option<Place>, run: Onto<'_>) -> Result<Run> {
        let Onto { to, target, registry, ledger } = run;
        ledger.begin(&opened.source.path, || opened.head());
        let run = match self {
            Live::Windows(windows) => {
                let place = match begun {
                    Some(place) => place,
                    None => {
                        let prefix = windows.frame().prefix;
                        target.write(&prefix, 0)?;
                        Place::after(prefix.len())
                    }
                };
                opened.time_windows(windows, target, registry, place, ledger)
            }
            Live::SoFar(so_far) => {
                let settings = opened.settings;
                let options = options(settings);
                let onto = onto(settings, to, target, &options);
                thread::scope(|scope| {
                    let often = scope.spawn(|| so_far.write_often(&onto));
                    let run = opened.totals_so_far(so_far, registry, ledger);
                    so_far.ended();
                    // It has no reason to panic; if it does, so does this thread.
                    let _ = often.join();
                    run
                })
            }
        };
        run.map_err(|error| opened.source.blame(error))
    }

    /// What is written around the records.
    pub fn frame(&self) -> Frame {
        match self {
            Live::Windows(windows) => windows.frame(),
            Live::SoFar(_) => Frame::default(),
        }
    }

    /// Whether records of the last source are bad because they are late.
    pub fn refused_late(&self) -> bool {
        matches!(self, Live::Windows(windows) if windows.refused_late())
    }

    /// No more records come: writes what is left.
    ///
    /// # Errors
    /// A value that the target can't hold; memory; the target can't be written.
    pub fn finish(self, settings: &Settings, to: Format, target: &Target, place: Place) -> Result<Written> {
        match self {
            Live::Windows(windows) => ended(*windows, settings, to, target, place),
            Live::SoFar(so_far) => so_far.finish(&onto(settings, to, target, &options(settings))),
        }
    }
}
