//! The table of flags. One entry defines everything about a flag: its name, value and help, which commands, sources and
//! targets it applies to, what it changes in the [`Settings`](crate::job::Settings), and how a report shows that.
//!
//! The command-line parser, its help, the refusal of flags without effect, the keys of configuration files, the variables
//! of the environment, and the settings in reports are made from this table. A new flag is one entry.

mod bench;
mod commands;
mod csv;
mod dialect;
mod errors;
mod fields;
mod flag;
mod input;
mod json;
mod kinds;
mod line;
mod meaning;
mod past;
mod rows;
mod run;
mod said;
mod set_by;
mod shown;
mod table;
mod unless;
mod values;
mod words;

pub use commands::Commands;
pub use flag::{Changes, Flag, Group, Takes};
pub use kinds::Kinds;
pub use line::{Line, Origin, kinds};
pub use meaning::settings;
pub use said::{Meant, Passed, Said};
pub use set_by::{Place, SetBy};
pub use shown::{shown, with_origins};
pub use table::{all, check, find};
pub use words::progress;
