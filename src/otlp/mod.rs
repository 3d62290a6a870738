//! OpenTelemetry: what a run exports, as the messages of its protocol (OTLP 1.x).
//!
//! Nothing is sent from here: whoever sends knows where to, and how long that may take.

mod encode;
mod endpoint;
mod headers;
mod message;

pub use encode::{CONTENT_TYPE, Identity, Refused, refused, request};
pub use endpoint::Endpoint;
pub use headers::{Header, headers};
