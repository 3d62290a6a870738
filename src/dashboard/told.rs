//! What the dashboard is told.

use crate::monitor::About;

/// A row of the plan: a setting, or a planned part of memory.
#[derive(Clone, Debug)]
pub struct Row {
    /// What it is.
    pub name: String,
    /// Its value, to be read.
    pub value: String,
    /// Who set it: a flag, a default.
    pub set_by: &'static str,
    /// The kind of memory that it plans.
    pub kind: Option<&'static str>,
}

/// What the page shows and does not change.
#[derive(Clone, Debug)]
pub struct Page {
    /// What is known of the run.
    pub about: About,
    /// Why it runs this way.
    pub plan: Vec<Row>,
    /// Tells this run from another one.
    pub run: String,
    /// The page stays after the run.
    pub lingers: bool,
}

/// How a run ended.
#[derive(Clone, Debug, Default)]
pub struct End {
    /// The exit code.
    pub exit_code: u8,
    /// The message of the error.
    pub error: Option<String>,
    /// Another run can go on from here.
    pub resumable: bool,
    /// The report, as JSON.
    pub report: Option<String>,
}
