//! What a process of this program is, if it is not the program itself.

use crate::outbox::eprint;
use crate::{compiler, probe, worker};
use std::ffi::OsString;
use std::process::ExitCode;

/// A process that the program has started for itself. Users never do: it expects its channel as
/// standard input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Runs steps.
    Worker,
    /// Compiles one file.
    Compiler,
    /// Raises a worker's walls, tries to get over them, and reports.
    Probe,
}

impl Role {
    const ALL: [Self; 3] = [Self::Worker, Self::Compiler, Self::Probe];

    /// The word on the command line.
    pub(crate) fn argument(self) -> &'static str {
        match self {
            Self::Worker => "__worker",
            Self::Compiler => "__compile",
            Self::Probe => "__probe",
        }
    }

    /// Plays the role to its end.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let ended = match self {
            Self::Worker => worker::run(),
            Self::Compiler => compiler::run(),
            Self::Probe => probe::run(),
        };
        match ended {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprint(&error);
                ExitCode::FAILURE
            }
        }
    }
}

/// The role that a program's arguments, its name first, ask for.
#[must_use]
pub fn role(arguments: impl IntoIterator<Item = OsString>) -> Option<Role> {
    let word = arguments.into_iter().nth(1)?;
    Role::ALL.into_iter().find(|role| word == role.argument())
}
