//! Work that only writes, for those who look at it.

use std::sync::Arc;

use super::pass::{Begin, Committed, Pass};
use super::progress::Progress;

/// Counts what is written by work that reads nothing: how far it is is how much it has written.
#[derive(Debug)]
pub struct Writing(Arc<Pass>);

impl Progress {
    /// Work begins that will write `size` bytes, if that is known.
    pub fn begin_writing(&self, size: Option<u64>) -> Writing {
        let pass = self.job().begin(Begin { input_size: size, makes: true, ..Begin::default() });
        self.begin_pass(&pass);
        Writing(pass)
    }
}

impl Writing {
    /// So many bytes are written in all.
    pub fn at(&self, bytes: u64) {
        self.0.read_to(bytes, 0);
        self.0.committed(&Committed { written: bytes, ..Committed::default() });
    }

    /// It is done: this many bytes and records.
    pub fn done(&self, bytes: u64, records: u64) {
        let (records_read, records_written) = (records, records);
        self.0.read_to(bytes, 0);
        self.0.committed(&Committed { written: bytes, records_read, records_written, ..Committed::default() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::status;

    #[test]
    fn what_is_written_is_how_far_it_is() {
        let progress = Progress::new();
        let writing = progress.begin_writing(Some(100));
        writing.at(40);
        let now = progress.snapshot();
        assert_eq!((now.bytes_in, now.bytes_total, now.bytes_out, now.records_out), (40, Some(100), 40, 0));
        assert!(now.makes && status(&now).starts_with("40 B of 100 B written (40.0 %), 0.0 s"), "{}", status(&now));
        writing.done(100, 7);
        let now = progress.snapshot();
        assert_eq!((now.bytes_in, now.bytes_out, now.records_out), (100, 100, 7));
    }
}
