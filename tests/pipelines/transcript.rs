//! The events of a run as text: a line for each, jobs in the order of the file, and nothing that is
//! different the next time.

use std::borrow::Cow;
use std::fmt::Write as _;
use stepwell_event::{Envelope, Issue, IssueSeverity, LineKind, RunEvent, StepRecord};

/// The transcript of the events in `json`, one a line.
pub(crate) fn transcript(json: &str) -> String {
    let events: Vec<RunEvent> = json
        .lines()
        .map(|line| serde_json::from_str::<Envelope>(line).unwrap().event)
        .collect();
    let Some(RunEvent::RunStarted { name, jobs, .. }) = events.first() else {
        panic!("a run begins with its start:\n{json}");
    };
    let mut text = format!("run {name:?} started\n");
    for job in jobs {
        for event in &events {
            if let Some(line) = line_of_job(&job.name, event) {
                writeln!(text, "{line}").unwrap();
            }
        }
    }
    if let Some(RunEvent::RunFinished { result }) = events.last() {
        writeln!(text, "run {result:?}").unwrap();
    }
    text
}

/// The line for an event of this job; `None` for an event of another, or one of no interest.
fn line_of_job(wanted: &str, event: &RunEvent) -> Option<String> {
    let (job, step, text) = match event {
        RunEvent::JobStarted { job } => {
            return (&**job == wanted).then(|| format!("{job} started"));
        }
        RunEvent::JobFinished { job, result } => {
            return (&**job == wanted).then(|| format!("{job} {result:?}"));
        }
        RunEvent::StepStarted { job, step } => (job, step, "started".to_owned()),
        // Frames and line numbers are the compiler's.
        RunEvent::Line { text, .. } if text.starts_with("  at ") => return None,
        RunEvent::Line { text, .. } if text.contains("' (1) panicked at ") => return None,
        RunEvent::Line {
            job,
            step,
            source,
            text,
        } => (
            job,
            step,
            format!("{} {text}", source_word(*source))
                .trim_end()
                .to_owned(),
        ),
        RunEvent::IssueReported { job, step, issue } => (job, step, issue_words(issue)),
        RunEvent::Progressed {
            job,
            step,
            percent,
            message,
        } => (
            job,
            step,
            format!("is at {percent}% {message}").trim_end().to_owned(),
        ),
        RunEvent::VariableSet {
            job,
            step,
            name,
            value,
        } => {
            let value = value
                .as_ref()
                .map_or("a secret".to_owned(), |value| format!("{value:?}"));
            (job, step, format!("set {name} to {value}"))
        }
        RunEvent::StepFinished { job, step, record } => (job, step, record_words(record)),
        RunEvent::RunStarted { .. }
        | RunEvent::CancelRequested { .. }
        | RunEvent::RunFinished { .. } => return None,
    };
    (&**job == wanted).then(|| format!("{job}/{} {}", step + 1, visible(&text)))
}

/// The text with characters of control written out: what is expected is a text file.
fn visible(text: &str) -> String {
    let show = |char: char| match char.is_control() {
        true => char.escape_default().to_string(),
        false => char.to_string(),
    };
    text.chars().map(show).collect()
}

fn source_word(source: LineKind) -> &'static str {
    match source {
        LineKind::Stdout => "|",
        LineKind::Stderr => "|!",
        LineKind::Debug => "debug:",
        LineKind::Info => "info:",
        LineKind::Warning => "warning:",
        LineKind::Error => "error:",
        LineKind::Host => ">",
    }
}

fn issue_words(issue: &Issue) -> String {
    let severity = match issue.severity {
        IssueSeverity::Error => "error",
        IssueSeverity::Warning => "warning",
    };
    let mut text = format!("reported {severity} {:?}", issue.message);
    for (what, value) in [
        ("path", issue.path.clone()),
        ("line", issue.line.map(|line| line.to_string())),
        ("column", issue.column.map(|column| column.to_string())),
        ("code", issue.code.clone()),
    ] {
        if let Some(value) = value {
            write!(text, " {what}={value}").unwrap();
        }
    }
    text
}

fn record_words(record: &StepRecord) -> String {
    let mut text = format!("{:?}", record.result);
    if let Some(reason) = &record.reason {
        write!(text, ": {}", redact(reason)).unwrap();
    }
    for denial in &record.denials {
        write!(text, " (denied {} on {})", denial.capability, denial.target).unwrap();
    }
    text
}

/// The reason without what the compiler and the allocator decide.
fn redact(reason: &str) -> Cow<'_, str> {
    match reason
        .split_once("trap: ")
        .and_then(|(_, trap)| trap.rsplit_once(" in `"))
    {
        Some((_, function)) => reason
            .trim_end_matches(&format!(" in `{function}"))
            .to_owned()
            .into(),
        None => match reason.rsplit_once(" (") {
            Some((before, after)) if after.ends_with(" asked)") => before.into(),
            _ => reason.into(),
        },
    }
}
