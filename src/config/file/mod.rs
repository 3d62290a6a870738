//! Configuration files and the environment: settings that are not on the command line.
//!
//! Keys and variables are the flags of the [table](crate::config::flags), under their long names. A later one wins:
//! built in, the user's file, the nearest `pagemill.toml` upward, the file that `--config` names, the environment, a
//! profile, a job, the command line. At the top of a file and in the environment there is only what can't change the
//! output.

mod alert;
mod configuration;
mod environment;
mod extensions;
mod fault;
mod find;
mod keys;
mod load;
mod read;
mod schema;
mod section;
mod step;
mod text;
mod value;

pub use alert::Alert;
pub use configuration::Configuration;
pub use fault::Fault;
pub use find::{NAME, own_file};
pub use load::{Loaded, load};
pub use schema::schema;
pub use section::{Entry, File, Section, is_name};
