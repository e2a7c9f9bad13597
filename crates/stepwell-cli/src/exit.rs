//! Exit codes. They are part of the interface: `docs/exit-codes.md` documents them.

use std::process::ExitCode;
use stepwell_event::RunResult;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The run succeeded, also with issues; the check found no error.
    Succeeded,
    /// The run failed.
    RunFailed,
    /// The input is wrong: a file, a flag, a component.
    WrongInput,
    /// A task asks for a grant that the pipeline does not give.
    GrantDenied,
    /// The run was canceled.
    Canceled,
    /// Stepwell could not do its work: a defect, or a host that cannot keep the journal.
    Defect,
}

impl From<RunResult> for Exit {
    fn from(result: RunResult) -> Self {
        match result {
            RunResult::Succeeded | RunResult::PartiallySucceeded => Self::Succeeded,
            RunResult::Failed => Self::RunFailed,
            RunResult::Canceled => Self::Canceled,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Succeeded => 0,
            Exit::RunFailed => 1,
            Exit::WrongInput => 2,
            Exit::GrantDenied => 3,
            Exit::Canceled => 130,
            Exit::Defect => 70,
        })
    }
}
