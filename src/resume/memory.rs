//! What a run remembers from record to record, and a run that continues it has to know.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::flow::totals::Totals;
use crate::record::{Lossy, Seen};

/// Something that is carried from one record to the next: it changes what a run does or reports later, so it is part of
/// every checkpoint. Implementations take all of it apart without `..`, so that what is added can't be forgotten.
pub(crate) trait Remembered {
    /// What is written into the journal.
    type State: Serialize + DeserializeOwned;

    /// What is remembered now.
    fn state(&self) -> Self::State;

    /// Continues from there.
    fn recall(&mut self, state: &Self::State);
}

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counted {
    records_in: u64,
    records_out: u64,
    pub records_failed: u64,
    records_filtered: u64,
    bytes_failed: u64,
    lossy: Lossy,
    /// Where text first follows a closing quote.
    odd_quote: Option<(u64, u64)>,
}

impl Remembered for Totals {
    type State = Counted;

    fn state(&self) -> Counted {
        let &Totals {
            records_in,
            records_out,
            records_failed,
            records_filtered,
            bytes_failed,
            // The settings say it.
            skipped: _,
            // The run that met it has reported it.
            first_bad: _,
            lossy,
            odd_quote,
            // It is only known of streams, which are never continued.
            odd_place: _,
        } = self;
        Counted { records_in, records_out, records_failed, records_filtered, bytes_failed, lossy, odd_quote }
    }

    fn recall(&mut self, state: &Counted) {
        let &Counted { records_in, records_out, records_failed, records_filtered, bytes_failed, lossy, odd_quote } =
            state;
        *self = Totals { records_in, records_out, records_failed, records_filtered, bytes_failed, ..Totals::default() };
        (self.lossy, self.odd_quote) = (lossy, odd_quote);
    }
}

/// The numbers of the names of fields that were met.
impl Remembered for &Seen {
    type State = Vec<usize>;

    fn state(&self) -> Vec<usize> {
        self.met().collect()
    }

    fn recall(&mut self, state: &Vec<usize>) {
        state.iter().for_each(|number| self.mark(*number));
        self.want(0..self.len());
    }
}
