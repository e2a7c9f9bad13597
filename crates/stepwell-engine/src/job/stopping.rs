//! How a job that was asked to end, ends.
//!
//! At first it is only canceled: a step whose condition still holds goes on, and so do later ones.
//! Once it is forced, everything stops.

use crate::reason;
use std::time::Duration;
use stepwell_event::StepResult;

/// A job's way to its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stopping {
    pub(super) cause: Cause,
    pub(super) force: Option<Force>,
}

/// Why a job is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// Somebody wants it.
    Canceled,
    /// It took longer than this.
    TimedOut(Duration),
}

/// Why everything of a job stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Force {
    /// Somebody wants it at once.
    Now,
    /// It did not end within this time after it was asked to.
    Overdue(Duration),
}

impl Stopping {
    /// The result of a job that had `status` until it ended.
    pub(super) fn result(self, status: StepResult) -> StepResult {
        match (self.cause, self.force) {
            (Cause::TimedOut(_), Some(Force::Overdue(_))) => StepResult::Failed,
            _ => status,
        }
    }

    /// What more there is to say of the end than that the job was canceled.
    pub(super) fn reason(self) -> Option<String> {
        match (self.cause, self.force) {
            (Cause::Canceled, Some(Force::Overdue(grace))) => Some(format!(
                "the job did not end within its cancel-timeout of {}",
                told(grace)
            )),
            (Cause::Canceled, _) => None,
            (Cause::TimedOut(limit), Some(Force::Overdue(grace))) => Some(format!(
                "the job did not end within its timeout of {} and its cancel-timeout of {}",
                told(limit),
                told(grace)
            )),
            (Cause::TimedOut(limit), _) => Some(format!("the job timed out after {}", told(limit))),
        }
    }

    /// Why no further step starts; `None` if one may.
    pub(super) fn reason_to_skip(self) -> Option<String> {
        match self.force? {
            Force::Now => Some("the job was canceled at once".to_owned()),
            Force::Overdue(_) => self.reason(),
        }
    }
}

fn told(time: Duration) -> String {
    reason::duration(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}
