//! Events, briefly.

use stepwell_event::{
    Envelope, FORMAT_VERSION, JobSummary, LineKind, Outcome, RunEvent, RunId, StepRecord,
    StepResult, StepSummary, Usage,
};

/// The events of a run, a tenth of a second apart.
pub(crate) fn envelopes(events: impl IntoIterator<Item = RunEvent>) -> Vec<Envelope> {
    (0..)
        .zip(events)
        .map(|(seq, event)| Envelope {
            v: FORMAT_VERSION,
            run: RunId::from_parts(1, 2),
            seq,
            time_ms: 1_700_000_000_000 + seq * 100,
            event,
        })
        .collect()
}

pub(crate) fn job(name: &str, depends_on: &[&str], labels: &[&str]) -> JobSummary {
    JobSummary {
        name: name.into(),
        label: name.into(),
        stage: "".into(),
        depends_on: depends_on.iter().map(|name| (*name).into()).collect(),
        steps: labels
            .iter()
            .map(|label| StepSummary {
                label: (*label).into(),
                task: "lint".into(),
            })
            .collect(),
    }
}

pub(crate) fn started(job: &str, step: u32) -> RunEvent {
    let job = job.into();
    RunEvent::StepStarted { job, step }
}

pub(crate) fn line(job: &str, step: u32, source: LineKind, text: &str) -> RunEvent {
    RunEvent::Line {
        job: job.into(),
        step,
        source,
        text: text.into(),
    }
}

pub(crate) fn record(
    result: StepResult,
    outcome: Option<Outcome>,
    reason: Option<&str>,
) -> StepRecord {
    StepRecord {
        result,
        outcome,
        reason: reason.map(Into::into),
        usage: Usage {
            wall_us: 1_234_567,
            cpu_us: 8_900,
            memory_peak: 3 << 20,
            ..Usage::default()
        },
        errors: 0,
        warnings: 0,
        denials: Vec::new(),
    }
}

pub(crate) fn finished(job: &str, step: u32, record: StepRecord) -> RunEvent {
    RunEvent::StepFinished {
        job: job.into(),
        step,
        record: Box::new(record),
    }
}

pub(crate) fn job_finished(job: &str, result: StepResult) -> RunEvent {
    RunEvent::JobFinished {
        job: job.into(),
        result,
        reason: None,
    }
}

/// No view may let through what a terminal acts on; colours are off in these tests.
pub(crate) fn text(out: Vec<u8>) -> String {
    let text = String::from_utf8(out).unwrap();
    let active = |ch: char| ch.is_control() && !"\n\t".contains(ch) || ch == '\u{202e}';
    assert!(!text.contains(active), "{text:?}");
    text
}
