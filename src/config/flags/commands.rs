//! Sets of commands.

/// Sets of commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commands(u32);

impl Commands {
    /// None.
    pub const NONE: Commands = Commands(0);
    /// `convert`.
    pub const CONVERT: Commands = Commands(1);
    /// `replay`.
    pub const REPLAY: Commands = Commands(1 << 1);
    /// `count`.
    pub const COUNT: Commands = Commands(1 << 2);
    /// `generate`.
    pub const GENERATE: Commands = Commands(1 << 3);
    /// `audit`.
    pub const AUDIT: Commands = Commands(1 << 4);

    /// `run`.
    pub const JOBS: Commands = Commands(1 << 5);
    /// `config`.
    pub const CONFIG: Commands = Commands(1 << 6);
    /// `history`.
    pub const HISTORY: Commands = Commands(1 << 7);
    /// `alerts`.
    pub const ALERTS: Commands = Commands(1 << 8);
    /// `man`.
    pub const MAN: Commands = Commands(1 << 9);
    /// `bench`.
    pub const BENCH: Commands = Commands(1 << 10);
    /// `tune`.
    pub const TUNE: Commands = Commands(1 << 11);
    /// `head`.
    pub const HEAD: Commands = Commands(1 << 12);
    /// `split`.
    pub const SPLIT: Commands = Commands(1 << 13);
    /// `sort`.
    pub const SORT: Commands = Commands(1 << 14);
    /// `aggregate`.
    pub const AGGREGATE: Commands = Commands(1 << 15);
    /// `stats`.
    pub const STATS: Commands = Commands(1 << 16);
    /// `schema`.
    pub const SCHEMA: Commands = Commands(1 << 17);
    /// Commands that a job of a configuration may name; the first is what a job does unless it names one.
    pub const OF_JOBS: [Commands; 6] =
        [Commands::CONVERT, Commands::SPLIT, Commands::SORT, Commands::AGGREGATE, Commands::STATS, Commands::SCHEMA];
    /// Commands that describe fields.
    pub const DESCRIBE: Commands = Commands::STATS.or(Commands::SCHEMA);

    /// Commands that read inputs given on the command line.
    pub(super) const READ: Commands = Commands::MANY.or(Commands::COUNT);
    /// Commands that take several inputs, and may write one output for each.
    pub(super) const EACH: Commands = Commands::CONVERT.or(Commands::AUDIT);
    /// Commands that take several inputs.
    pub(super) const MANY: Commands = Commands::EACH
        .or(Commands::HEAD)
        .or(Commands::SPLIT)
        .or(Commands::SORT)
        .or(Commands::AGGREGATE)
        .or(Commands::DESCRIBE);
    /// Commands that show a table on a terminal.
    pub(super) const SHOWN: Commands = Commands::HEAD.or(Commands::SORT).or(Commands::AGGREGATE);
    /// Commands whose runs can be resumed where the output ends.
    pub(super) const LONG: Commands = Commands::EACH.or(Commands::REPLAY);
    /// The same, and those that are resumed in their own way.
    pub(super) const RESUMED: Commands = Commands::LONG.or(Commands::SORT);
    /// Commands that choose and change records.
    pub(super) const ROWS: Commands = Commands::RECORDS.or(Commands::DESCRIBE);
    /// Commands that choose and change records, and write records.
    pub(super) const RECORDS: Commands =
        Commands::LONG.or(Commands::HEAD).or(Commands::SPLIT).or(Commands::SORT).or(Commands::AGGREGATE);
    /// Commands that write records.
    pub(super) const WRITE: Commands = Commands::RECORDS.or(Commands::GENERATE);
    /// Commands that run a job.
    pub(super) const RUN: Commands = Commands::ROWS.or(Commands::COUNT);
    /// Commands that are told how to read their input, or have none.
    pub(super) const NAMED: Commands = Commands::READ.without(Commands::HEAD).or(Commands::GENERATE);
    /// All that do work of their own.
    pub(super) const ALL: Commands = Commands::RUN.or(Commands::GENERATE);
    /// Commands that look at configurations.
    pub(super) const CONFIGURED: Commands =
        Commands::ALL.or(Commands::JOBS).or(Commands::CONFIG).or(Commands::ANSWERS).or(Commands::TUNE);

    /// Commands that may print a summary at their end.
    pub(super) const SUMMED_UP: Commands =
        Commands::ALL.or(Commands::JOBS).or(Commands::CONFIG).or(Commands::BENCH).or(Commands::TUNE);
    /// Commands that give an answer.
    pub(super) const ANSWERS: Commands = Commands::HISTORY.or(Commands::BENCH);

    pub(super) const fn or(self, other: Commands) -> Commands {
        Commands(self.0 | other.0)
    }

    /// Those that are not among the others.
    pub(super) const fn without(self, others: Commands) -> Commands {
        Commands(self.0 & !others.0)
    }

    /// The name of a single one.
    pub fn name(self) -> &'static str {
        const NAMES: [&str; 18] = [
            "convert",
            "replay",
            "count",
            "generate",
            "audit",
            "run",
            "config",
            "history",
            "alerts",
            "man",
            "bench",
            "tune",
            "head",
            "split",
            "sort",
            "aggregate",
            "stats",
            "schema",
        ];
        NAMES.get(self.0.trailing_zeros() as usize).copied().unwrap_or_default()
    }

    /// The command of jobs with this name.
    pub fn of_job(name: &str) -> Option<Commands> {
        Commands::OF_JOBS.into_iter().find(|command| command.name().eq_ignore_ascii_case(name))
    }

    /// Whether settings of a configuration are added to its flags.
    pub fn takes_settings(self) -> bool {
        self.are_in(Commands::ALL.or(Commands::ANSWERS).or(Commands::TUNE))
    }

    /// Whether these read or write records: then flags of one name mean the same in all of them.
    pub fn works(self) -> bool {
        self.are_in(Commands::ALL.or(Commands::TUNE))
    }

    /// Whether it describes fields, and writes no records.
    pub fn describes(self) -> bool {
        self.are_in(Commands::DESCRIBE)
    }

    /// Whether the others include all of these.
    pub(super) const fn are_in(self, others: Commands) -> bool {
        self.0 & !others.0 == 0
    }

    /// Why a flag of other commands can't have an effect in this one.
    pub fn why_not(self) -> &'static str {
        match self {
            Commands::REPLAY => "the quarantine file says how its records are read",
            Commands::MAN => "a manual page is the same whatever is configured",
            Commands::COUNT => "records are counted, not written",
            Commands::STATS | Commands::SCHEMA => "fields are described, and no record is written",
            _ => "it is for other commands",
        }
    }
}
