//! The whole run at a glance, after its end.

use crate::hostile::hostile;
use crate::name::Names;
use crate::section::sections;
use crate::table::{Align, Entry, Row, Table};
use crate::text::{bytes, count, duration, duration_ms, wrap};
use crate::words::{Paint, run_style, run_word, step_sign, step_style, step_word};
use crate::{View, explain, watch};
use std::collections::HashMap;
use std::io::{self, Write};
use stepwell_event::{Envelope, JobState, RunResult, RunState, StepResult, StepState};

/// A reason longer than this many lines is cut.
const REASON_LINES: usize = 4;

/// The column of the table that is coloured.
const RESULT: usize = 2;

/// A table of all steps, one paragraph per failure, what was published, and a last line that says
/// it all.
#[derive(Debug)]
pub struct Summary<W> {
    out: W,
    width: usize,
    color: bool,
    state: RunState,
}

impl<W: Write> Summary<W> {
    /// A view that writes to `out` when the run has ended, in lines of at most `width` columns.
    pub fn new(out: W, width: usize, color: bool) -> Self {
        Self {
            out,
            width,
            color,
            state: RunState::default(),
        }
    }
}

impl<W: Write> View for Summary<W> {
    fn on(&mut self, envelope: &Envelope) -> io::Result<()> {
        self.state.apply(envelope);
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        let text = summary(&self.state, self.width, self.color);
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }
}

/// The same for a run that is at hand already.
#[must_use]
pub fn summary(state: &RunState, width: usize, color: bool) -> String {
    let paint = Paint(color);
    let names = Names::of(state);
    let table = Table {
        header: [
            ("Job", Align::Left),
            ("Step", Align::Left),
            ("Result", Align::Left),
            ("Duration", Align::Right),
            ("CPU", Align::Right),
            ("Memory", Align::Right),
            ("Reason", Align::Left),
        ],
        rows: entries(state, &names),
    };
    let mut text = String::new();
    if !table.rows.is_empty() {
        text.push_str(&table.render(width, RESULT, paint));
        text.push('\n');
    }
    let failures = failures(state, &names, width, paint);
    if !failures.is_empty() {
        text.push_str(&failures);
        text.push('\n');
    }
    text.push_str(&sections(state, &names, width, paint));
    text.push_str(&last_line(state, paint));
    text
}

/// The jobs, below the names of their stages where there are any.
fn entries(state: &RunState, names: &Names) -> Vec<Entry<7>> {
    let mut entries = Vec::new();
    if state.stages.is_empty() {
        let rows = state.jobs.iter().flat_map(|job| rows(job, names, ""));
        entries.extend(rows.map(Entry::Row));
        return entries;
    }
    let mut jobs: HashMap<&str, Vec<&JobState>> = HashMap::new();
    for job in &state.jobs {
        jobs.entry(&job.stage).or_default().push(job);
    }
    for stage in &state.stages {
        let jobs = jobs.remove(&*stage.name).unwrap_or_default();
        let mut heading = names.stage(&stage.name).into_owned();
        let began = jobs.iter().any(|job| job.started_ms.is_some());
        if let Some(result) = stage.result
            && (!began || stage.reason.is_some())
        {
            heading.push_str(&format!("  {}", step_word(result)));
        }
        let reason = stage.reason.iter();
        heading.extend(reason.map(|reason| format!(": {}", hostile(reason))));
        entries.push(Entry::Heading(heading));
        // A stage that tells why it did not begin tells it for its jobs.
        if began || stage.reason.is_none() {
            let rows = jobs.into_iter().flat_map(|job| rows(job, names, "  "));
            entries.extend(rows.map(Entry::Row));
        }
    }
    entries
}

/// A row for each step, or one for a job that ended without having begun.
fn rows(job: &JobState, names: &Names, indent: &str) -> Vec<Row<7>> {
    let name = format!("{indent}{}", names.job(&job.name));
    if let (Some(result), None) = (job.result, job.started_ms) {
        let step = match job.steps.as_slice() {
            [step] => hostile(&step.label).into_owned(),
            steps => count(steps.len(), "step"),
        };
        let reason = job.reason.as_deref().map(hostile).unwrap_or_default();
        let cells = [
            name,
            step,
            step_word(result).to_owned(),
            String::new(),
            String::new(),
            String::new(),
            reason.into_owned(),
        ];
        return vec![Row {
            cells,
            result: Some(result),
        }];
    }
    // Only the first row of a job names it.
    let names = std::iter::once(name).chain(std::iter::repeat_with(String::new));
    names
        .zip(&job.steps)
        .map(|(name, step)| row(name, job, step))
        .collect()
}

fn row(job_name: String, job: &JobState, step: &StepState) -> Row<7> {
    let record = step.record.as_deref();
    // A job that was skipped has no records of its steps.
    let result = record.map(|record| record.result).or(job.result);
    let word = match result {
        Some(result) => step_word(result),
        None if step.started_ms.is_some() => "did not end",
        None => "not started",
    };
    let ran = record.filter(|record| record.outcome.is_some());
    let usage = |show: fn(&stepwell_event::Usage) -> String| {
        ran.map(|record| show(&record.usage)).unwrap_or_default()
    };
    Row {
        cells: [
            job_name,
            hostile(&step.label).into_owned(),
            word.to_owned(),
            usage(|usage| duration(usage.wall_us)),
            usage(|usage| duration(usage.cpu_us)),
            usage(|usage| bytes(usage.memory_peak)),
            record.and_then(explain::reason).unwrap_or_default(),
        ],
        result,
    }
}

/// A paragraph for everything that failed or was refused something, and does not fail only because
/// of something in it.
fn failures(state: &RunState, names: &Names, columns: usize, paint: Paint) -> String {
    let mut text = String::new();
    let mut paragraph = |result: StepResult, head: String, more: Vec<String>| {
        let sign = paint.with(step_style(result), step_sign(result));
        let mut before = format!("{sign} ");
        for line in std::iter::once(head).chain(more) {
            for line in wrap(&line, columns.saturating_sub(4).max(20), REASON_LINES) {
                text.push_str(&format!("{before}{line}\n"));
                before = "    ".to_owned();
            }
        }
    };
    for stage in &state.stages {
        if let (Some(result), Some(reason)) = (stage.result, &stage.reason)
            && is_failure(result)
        {
            let head = format!("stage {}: {}", names.stage(&stage.name), hostile(reason));
            paragraph(result, head, Vec::new());
        }
    }
    for job in &state.jobs {
        let name = names.job(&job.name);
        for step in &job.steps {
            let Some(record) = &step.record else {
                continue;
            };
            if !is_failure(record.result) && record.denials.is_empty() {
                continue;
            }
            let mut head = format!("{name} / {}", hostile(&step.label));
            head.extend(explain::why(record).map(|why| format!(": {why}")));
            let denials = record.denials.iter().map(explain::denial);
            paragraph(record.result, head, denials.collect());
        }
        if let (Some(result), Some(reason)) = (job.result, &job.reason)
            && is_failure(result)
        {
            paragraph(result, format!("{name}: {}", hostile(reason)), Vec::new());
        }
    }
    text
}

fn is_failure(result: StepResult) -> bool {
    matches!(result, StepResult::Failed | StepResult::Canceled)
}

fn last_line(state: &RunState, paint: Paint) -> String {
    let id = watch::run(&state.number, state.run);
    let all = steps(state).count();
    let with = |result: StepResult| {
        let results = steps(state).filter_map(|(_, step)| Some(step.record.as_ref()?.result));
        results.filter(|one| *one == result).count()
    };
    let ended = steps(state)
        .filter(|(_, step)| step.record.is_some())
        .count();
    let elapsed = duration_ms(state.elapsed_ms());
    let steps = count(all, "step");
    let Some(result) = state.result else {
        return format!("{id} did not end: {ended} of {steps} ended\n");
    };
    let word = paint.with(run_style(result), run_word(result));
    let tail = match result {
        RunResult::Failed => match share(state, StepResult::Failed) {
            Some(failed) => format!("{failed} failed in {elapsed}"),
            None => format!("{steps} in {elapsed}"),
        },
        RunResult::PartiallySucceeded => match share(state, StepResult::SucceededWithIssues) {
            Some(issues) => format!("{issues} had issues in {elapsed}"),
            None => format!("{steps} in {elapsed}"),
        },
        RunResult::Canceled => format!("{ended} of {steps} ended in {elapsed}"),
        RunResult::Succeeded => match with(StepResult::Skipped) {
            0 => format!("{steps} in {elapsed}"),
            skipped => format!("{steps} in {elapsed}, {skipped} skipped"),
        },
    };
    format!("{id} {word}: {tail}\n")
}

/// How many steps have this result; if none has it, how many jobs, or else stages.
fn share(state: &RunState, result: StepResult) -> Option<String> {
    let steps = steps(state).map(|(_, step)| step.record.as_ref().map(|record| record.result));
    let jobs = state.jobs.iter().map(|job| job.result);
    let stages = state.stages.iter().map(|stage| stage.result);
    let of = |results: &mut dyn Iterator<Item = Option<StepResult>>, noun: &str| {
        let (mut with, mut all) = (0, 0);
        for one in results {
            all += 1;
            with += usize::from(one == Some(result));
        }
        (with > 0).then(|| format!("{with} of {}", count(all, noun)))
    };
    of(&mut { steps }, "step")
        .or_else(|| of(&mut { jobs }, "job"))
        .or_else(|| of(&mut { stages }, "stage"))
}

fn steps(state: &RunState) -> impl Iterator<Item = (&JobState, &StepState)> {
    let jobs = state.jobs.iter();
    jobs.flat_map(|job| job.steps.iter().map(move |step| (job, step)))
}
