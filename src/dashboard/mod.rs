//! The page of a run: a small HTTP server that shows what a run does, to people and to programs.
//!
//! | address | what |
//! |---|---|
//! | `/` | the page, and beside it what it needs |
//! | `/api/snapshot` | everything, as one JSON object |
//! | `/api/events` | the same, and then what changes, as server-sent events |
//! | `/metrics` | the text of Prometheus or OpenMetrics, by `Accept` |
//! | `/healthz` | `ok` or `failed` |
//!
//! Two threads do it, and the run shares no lock with either. A [view](crate::monitor::View) renders each event once for
//! all clients; the server's thread hands it out. A client has one slot with the newest events: what it was too slow for
//! is dropped and counted, and it gets a snapshot instead.
//!
//! Nothing can be changed from here, and nobody else may look: see `gate.rs`.

mod address;
mod assets;
mod bind;
mod events;
mod gate;
mod hub;
mod json;
mod lists;
mod marks;
mod patient;
mod random;
mod server;
mod token;
mod told;

pub use address::Address;
pub use bind::Listening;
pub use json::date;
pub use server::Dashboard;
pub use token::Token;
pub use told::{Earlier, End, Page, Past, Row, Usual};
