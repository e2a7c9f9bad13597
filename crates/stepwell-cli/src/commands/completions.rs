//! `stepwell completions`.

use crate::commands::Cli;
use crate::console::Console;
use crate::exit::Exit;
use clap::{Args, CommandFactory as _};

/// Print a completion script for a shell
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: clap_complete::Shell,
}

impl CompletionsArgs {
    pub(crate) fn execute(self) -> Exit {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "stepwell", &mut script);
        Console::new().out(&String::from_utf8_lossy(&script));
        Exit::Succeeded
    }
}
