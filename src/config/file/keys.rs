//! Which keys there are where.

use crate::config::flags::{Changes, Commands, Flag, Group, Takes, all};
use crate::op::nearest;

/// A part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The top: what holds for all runs.
    Top,
    /// A profile.
    Profile,
    /// A job of this command.
    Job(Commands),
}

/// The file with the token of the dashboard. It is no flag: arguments show in lists of processes.
pub const TOKEN_FILE: &str = "dashboard-token-file";

/// Whether the dashboard may show what bad records begin with beyond this machine. It is no flag: it is about who may see
/// what, not about a run.
pub const SAMPLES: &str = "dashboard-samples";

/// Where metrics are sent to. Headers with secrets go there too, so a file that came with data can't say it.
pub const OTLP: &str = "otlp";

/// The steps in their order.
pub const STEPS: &str = "steps";

/// What a job does. It is no flag: on the command line it is the first word.
pub const COMMAND: &str = "command";

/// What extensions of file names mean. It is no flag: `--from` and `--to` say it for one run.
pub const EXTENSIONS: &str = "extensions";

/// The switch that lets files be replaced.
const FORCE: &str = "force";

/// Whether a flag says where something goes, that is, names a file, a port or an address, or lets files be replaced. A
/// file that was found may have come with the data, so it may not say so for runs that it is not asked for.
pub fn writes(flag: &Flag) -> bool {
    match flag.takes {
        // Where inputs are read from, only a job says.
        Takes::Path(_) | Takes::Paths(_) => true,
        Takes::Text(_) | Takes::Any(_) | Takes::List(_) => flag.group == Group::See,
        Takes::Nothing => flag.name == FORCE,
        Takes::Word(..) | Takes::Count(_) | Takes::Expression(_) => false,
    }
}

/// Why a key of a file that was found is not taken.
pub fn not_found(key: &str) -> String {
    format!(
        "`{key}` is not taken from a file that was found in a folder: it may have come with the data\n  Put it into your own configuration, or name this file with --config."
    )
}

impl Scope {
    /// Whether a flag may be set here.
    pub fn has(self, flag: &Flag) -> bool {
        match flag.changes {
            Changes::Settings => false,
            Changes::Files => self.is_job(),
            Changes::Output | Changes::Run => self != Scope::Top,
            Changes::Manner => true,
        }
    }

    /// The flags that may be set here.
    pub fn flags(self) -> impl Iterator<Item = &'static Flag> {
        all().filter(move |flag| flag.is_in(self.command()) && self.has(flag))
    }

    /// The command whose flags these are.
    pub fn command(self) -> Commands {
        match self {
            Scope::Top | Scope::Profile => Commands::CONVERT,
            Scope::Job(command) => command,
        }
    }

    /// Whether it is a job.
    pub fn is_job(self) -> bool {
        matches!(self, Scope::Job(_))
    }

    /// What else there may be.
    pub fn others(self) -> &'static [&'static str] {
        match self {
            Scope::Top => &[TOKEN_FILE, SAMPLES, "profile", "job", "alert"],
            Scope::Profile => &[STEPS, EXTENSIONS],
            Scope::Job(_) => &[COMMAND, "profile", STEPS, EXTENSIONS],
        }
    }

    /// Why a key is not taken here, and what to do.
    pub fn refusal(self, key: &str) -> String {
        let flag = all().find(|flag| flag.is_in(self.command()) && flag.name == key);
        match flag.map(|flag| flag.changes) {
            Some(Changes::Files) if self == Scope::Top || self == Scope::Profile => {
                return format!(
                    "`{key}` says which files are read or written, which only a job can\n  Put it into a job: [job.NAME]."
                );
            }
            Some(Changes::Output | Changes::Run) if self == Scope::Top || key == STEPS => return for_some(key),
            Some(Changes::Settings) => return format!("`{key}` can only be given on the command line"),
            _ => {}
        }
        if self == Scope::Top && [STEPS, EXTENSIONS].contains(&key) {
            return for_some(key);
        }
        // What other commands have says itself which one is meant.
        let others = Commands::OF_JOBS.into_iter().filter(|command| *command != self.command());
        let others: Vec<String> = others
            .filter(|command| Scope::Job(*command).flags().any(|flag| flag.name == key))
            .map(|command| format!("command = \"{}\"", command.name()))
            .collect();
        if !others.is_empty() && self != Scope::Top {
            let (name, others) = (self.command().name(), others.join(" or "));
            let instead = match self {
                Scope::Job(_) => format!("What a job does is in its `{COMMAND}`: {others}."),
                _ => format!("Put it into a job, [job.NAME], with {others}."),
            };
            return format!("`{key}` is not a flag of `pagemill {name}`\n  {instead}");
        }
        let older = self.flags().find(|flag| flag.alias == Some(key)).map(|flag| flag.name);
        let names: Vec<&str> = self.flags().map(|flag| flag.name).chain(self.others().iter().copied()).collect();
        let like = older.or_else(|| nearest(&names, key));
        // It may be meant for another part.
        let elsewhere = || {
            let all: Vec<&str> = Scope::Job(Commands::CONVERT).flags().map(|flag| flag.name).collect();
            nearest(&all, key)
        };
        match like.or_else(elsewhere) {
            Some(like) => format!("there is no key `{key}`\n  Did you mean `{like}`?"),
            None => {
                let name = self.command().name();
                format!("there is no key `{key}`\n  Keys are the long flags of `pagemill {name}`, without the dashes.")
            }
        }
    }
}

fn for_some(key: &str) -> String {
    format!(
        "`{key}` changes the output, so it can't be set for all runs\n  Put it into a profile, [profile.NAME], and give --profile NAME; or into a job."
    )
}
