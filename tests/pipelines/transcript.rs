//! The events of a run as text: a line for each, stages and jobs in the order of the file, and
//! nothing that is different the next time.

use crate::publication::publication;
use std::borrow::Cow;
use std::fmt::Write as _;
use stepwell_event::{Envelope, Issue, IssueSeverity, JobSummary, LineKind, RunEvent, StepRecord};

/// The transcript of the events in `json`, one a line.
pub(crate) fn transcript(json: &str) -> String {
    let events: Vec<RunEvent> = json
        .lines()
        .map(|line| serde_json::from_str::<Envelope>(line).unwrap().event)
        .collect();
    let Some(RunEvent::RunStarted {
        name,
        number,
        snapshot,
        stages,
        jobs,
    }) = events.first()
    else {
        panic!("a run begins with its start:\n{json}");
    };
    // The number that a run has by default is the day's.
    let number = match snapshot.text.contains("run-number") {
        true => format!(" {number:?}"),
        false => String::new(),
    };
    let mut text = format!("run {name:?}{number} started\n");
    // A pipeline without stages has one that is not told of.
    let mut names: Vec<&str> = stages.iter().map(|stage| &*stage.name).collect();
    if names.is_empty() {
        names.push("");
    }
    for stage in names {
        let told = |event: &RunEvent| line_of_stage(stage, event);
        text.extend(events.iter().filter_map(told).take(1));
        for job in jobs
            .iter()
            .filter(|job| stage.is_empty() || &*job.stage == stage)
        {
            text.push_str(&text_of_job(job, &events));
        }
        text.extend(events.iter().filter_map(told).skip(1));
    }
    if let Some(RunEvent::RunFinished { result }) = events.last() {
        writeln!(text, "run {result:?}").unwrap();
    }
    text
}

/// What happened in a job, and in its legs if they were found out.
fn text_of_job(job: &JobSummary, events: &[RunEvent]) -> String {
    let mut text = String::new();
    let legs = events.iter().find_map(|event| match event {
        RunEvent::JobExpanded {
            job: expanded,
            legs,
        } if *expanded == job.name => Some(legs),
        _ => None,
    });
    if let Some(legs) = legs {
        let names: Vec<&str> = legs.iter().map(|leg| &*leg.name).collect();
        writeln!(text, "{} becomes {}", job.name, names.join(", ")).unwrap();
    }
    for job in legs.map_or(std::slice::from_ref(job), Vec::as_slice) {
        for line in events
            .iter()
            .filter_map(|event| line_of_job(&job.name, event))
        {
            writeln!(text, "{line}").unwrap();
        }
    }
    text
}

/// The line for the beginning or the end of this stage.
fn line_of_stage(wanted: &str, event: &RunEvent) -> Option<String> {
    match event {
        RunEvent::StageStarted { stage } if &**stage == wanted => {
            Some(format!("stage {stage} started\n"))
        }
        RunEvent::StageFinished {
            stage,
            result,
            reason,
        } if &**stage == wanted => {
            let why = why(reason.as_deref());
            Some(format!("stage {stage} {result:?}{why}\n"))
        }
        _ => None,
    }
}

/// The line for an event of this job; `None` for an event of another, or one of no interest.
fn line_of_job(wanted: &str, event: &RunEvent) -> Option<String> {
    let (job, step, text) = match event {
        RunEvent::JobStarted { job } => {
            return (&**job == wanted).then(|| format!("{job} started"));
        }
        RunEvent::JobFinished {
            job,
            result,
            reason,
        } => {
            let why = why(reason.as_deref());
            return (&**job == wanted).then(|| format!("{job} {result:?}{why}"));
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
        RunEvent::Published {
            job,
            step,
            published,
        } => (job, step, publication(published)),
        RunEvent::StepRetried {
            job,
            step,
            retry,
            delay_ms,
            reason,
        } => (
            job,
            step,
            format!("failed: {reason}; retry {retry} in {delay_ms} ms"),
        ),
        RunEvent::StepKept { job, step, kept } => (job, step, format!("kept {kept:?}")),
        RunEvent::StepFinished { job, step, record } => (job, step, record_words(record)),
        RunEvent::RunStarted { .. }
        | RunEvent::StageStarted { .. }
        | RunEvent::StageFinished { .. }
        | RunEvent::JobExpanded { .. }
        | RunEvent::StepInvoked { .. }
        | RunEvent::CancelRequested { .. }
        | RunEvent::RunFinished { .. } => return None,
    };
    (&**job == wanted).then(|| format!("{job}/{} {}", step + 1, visible(&text)))
}

fn why(reason: Option<&str>) -> String {
    reason.map_or(String::new(), |reason| format!(": {reason}"))
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
        None => match reason
            .split_once(" asked, ")
            .and_then(|(asked, limit)| Some((asked.split_once(": ")?.0, limit)))
        {
            Some((what, limit)) => format!("{what}: {limit}").into(),
            None => reason.into(),
        },
    }
}
