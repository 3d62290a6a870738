//! Where bytes come from: a mapped file, or a stream read into pooled buffers, which may be compressed.

mod ahead;
mod code_page;
mod encoder;
mod encoding;
mod failed;
mod file;
mod held_back;
mod identity;
mod inlet;
mod list;
mod opened;
mod reader;
mod skip;
mod sniff;
mod spooled;
mod store;
mod stream;
mod unpack;

pub use encoder::{Characters, Encoder};
pub(crate) use encoding::UTF_32;
pub use encoding::{Decoded, Encoding, MARK, Malform, Malformed};
pub(crate) use failed::{OTHER_ENCODING, read_error};
pub(crate) use file::{FileStore, Stdin};
pub(crate) use held_back::Unfinished;
pub use identity::{Stamp, place};
pub use list::Listed;
pub(crate) use opened::Access;
pub use opened::{Bytes, Mapping, Reach, Source, damage};
pub(crate) use reader::Reader;
pub use skip::Skip;
pub(crate) use skip::{Most, Part, Skipped, held_back};
pub(crate) use spooled::{CopyPlace, Spooled};
pub(crate) use store::Store;
pub use stream::Stream;
pub use unpack::Blocks;
