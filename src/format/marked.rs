//! Targets that begin with a byte order mark.

use super::{Encode, Frame, WriteFormat};

/// The mark, as UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// A target with a byte order mark before everything else.
pub(super) struct Marked(pub Box<dyn WriteFormat>);

impl WriteFormat for Marked {
    fn frame(&self) -> Frame {
        let frame = self.0.frame();
        Frame { prefix: [MARK, &frame.prefix].concat(), ..frame }
    }

    fn encoder(&self) -> Box<dyn Encode> {
        self.0.encoder()
    }

    fn may_refuse(&self) -> bool {
        self.0.may_refuse()
    }
}
