//! The registry: everything a job counts, whether it has one source or many.
//!
//! The cells are those of the [`Pass`] that is going on, see there; what passes before it counted is added up here. The
//! lock is taken when a pass begins or ends and by those who look, never by workers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::counted::Metrics;
use super::pass::{Begin, Pass};

/// What a job counts, for those who look at it. A clone is the same registry.
#[derive(Clone, Debug)]
pub struct Registry(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// What the sources that are done have together.
    done: Metrics,
    /// The last pass that began.
    pass: Option<Arc<Pass>>,
    /// It is among those that are done.
    ended: bool,
}

impl Registry {
    pub(crate) fn new() -> Registry {
        Registry(Arc::new(Mutex::new(State { done: Metrics::none(), pass: None, ended: false })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A pass begins. What the one before counted is forgotten, unless that one was [ended](Self::end).
    pub(crate) fn begin(&self, begin: Begin) -> Arc<Pass> {
        let pass = Arc::new(Pass::new(begin));
        let mut state = self.lock();
        (state.pass, state.ended) = (Some(Arc::clone(&pass)), false);
        pass
    }

    /// The pass went well: what it counted counts.
    pub(crate) fn end(&self) {
        let state = &mut *self.lock();
        if let (Some(pass), false) = (&state.pass, state.ended) {
            pass.add_to(&mut state.done);
            state.done.sources_done += 1;
            state.ended = true;
        }
    }

    /// What was counted until now.
    pub fn snapshot(&self) -> Metrics {
        let state = self.lock();
        let mut metrics = state.done.clone();
        let pass = state.pass.clone().filter(|_| !state.ended);
        drop(state);
        if let Some(pass) = pass {
            pass.add_to(&mut metrics);
            pass.describe(&mut metrics);
        }
        metrics
    }
}
