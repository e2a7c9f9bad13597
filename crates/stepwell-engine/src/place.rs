//! Which step an event is about.

use crate::request::Recorded;
use std::sync::Arc;
use stepwell_event::{
    Issue, LineKind, Outcome, Published, RunEvent, StepRecord, StepResult, Usage,
};

/// A step of a job.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) job: Arc<str>,
    pub(crate) step: u32,
}

impl Place {
    /// The step at position `step`.
    pub(crate) fn new(job: &Arc<str>, step: usize) -> Self {
        Self {
            job: Arc::clone(job),
            step: u32::try_from(step).unwrap_or(u32::MAX),
        }
    }

    pub(crate) fn started(&self) -> RunEvent {
        RunEvent::StepStarted {
            job: Arc::clone(&self.job),
            step: self.step,
        }
    }

    pub(crate) fn invoked(&self, attempt: u32, recorded: &Recorded) -> RunEvent {
        RunEvent::StepInvoked {
            job: Arc::clone(&self.job),
            step: self.step,
            attempt,
            request: recorded.request.clone(),
            secrets: recorded.secrets.clone(),
        }
    }

    pub(crate) fn line(&self, source: LineKind, text: String) -> RunEvent {
        RunEvent::Line {
            job: Arc::clone(&self.job),
            step: self.step,
            source,
            text,
        }
    }

    pub(crate) fn issue(&self, issue: Issue) -> RunEvent {
        RunEvent::IssueReported {
            job: Arc::clone(&self.job),
            step: self.step,
            issue,
        }
    }

    pub(crate) fn progressed(&self, percent: u8, message: String) -> RunEvent {
        RunEvent::Progressed {
            job: Arc::clone(&self.job),
            step: self.step,
            percent,
            message,
        }
    }

    pub(crate) fn variable(&self, name: String, value: Option<String>) -> RunEvent {
        RunEvent::VariableSet {
            job: Arc::clone(&self.job),
            step: self.step,
            name,
            value,
        }
    }

    pub(crate) fn published(&self, published: Published) -> RunEvent {
        RunEvent::Published {
            job: Arc::clone(&self.job),
            step: self.step,
            published: Box::new(published),
        }
    }

    pub(crate) fn retried(&self, retry: u32, delay_ms: u64, reason: String) -> RunEvent {
        RunEvent::StepRetried {
            job: Arc::clone(&self.job),
            step: self.step,
            retry,
            delay_ms,
            reason,
        }
    }

    pub(crate) fn finished(&self, record: StepRecord) -> RunEvent {
        RunEvent::StepFinished {
            job: Arc::clone(&self.job),
            step: self.step,
            record: Box::new(record),
        }
    }

    /// The step ended without having begun.
    pub(crate) fn not_begun(
        &self,
        result: StepResult,
        reason: String,
        outcome: Option<Outcome>,
    ) -> RunEvent {
        self.finished(StepRecord {
            result,
            outcome,
            reason: Some(reason),
            usage: Usage::default(),
            errors: 0,
            warnings: 0,
            denials: Vec::new(),
        })
    }
}
