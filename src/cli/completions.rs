//! `pagemill completions`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;
use pagemill::error::Error;

use super::console;
use super::exit::Exit;

pub const EXAMPLES: &[&str] = &[
    "pagemill completions bash > ~/.local/share/bash-completion/completions/pagemill",
    "pagemill completions zsh > ~/.zfunc/_pagemill",
    "pagemill completions fish > ~/.config/fish/completions/pagemill.fish",
];

/// The arguments of `completions`.
#[derive(Args, Debug)]
pub struct Completions {
    /// The shell that is to complete
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

impl Completions {
    /// Prints a script for the shell.
    pub fn run(self) -> Result<Exit, Error> {
        // Into memory first: the generator panics when a write fails.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::commands::Cli::command(), "pagemill", &mut script);
        console::print(&String::from_utf8_lossy(&script))?;
        Ok(Exit::Done)
    }
}
