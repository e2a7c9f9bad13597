//! The whole run at a glance, after its end.

use crate::hostile::hostile;
use crate::table::{Align, Row, Table};
use crate::text::{bytes, count, duration, duration_ms, wrap};
use crate::words::{Paint, run_style, run_word, step_sign, step_style, step_word};
use crate::{View, explain};
use std::io::{self, Write};
use stepwell_event::{Envelope, JobState, RunResult, RunState, StepResult, StepState};

/// A reason longer than this many lines is cut.
const REASON_LINES: usize = 4;

/// The column of the table that is coloured.
const RESULT: usize = 2;

/// A table of all steps, one paragraph per failure, and a last line that says it all.
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
        rows: state.jobs.iter().flat_map(rows).collect(),
    };
    let mut text = String::new();
    if !table.rows.is_empty() {
        text.push_str(&table.render(width, RESULT, paint));
        text.push('\n');
    }
    let failures = failures(state, width, paint);
    if !failures.is_empty() {
        text.push_str(&failures);
        text.push('\n');
    }
    text.push_str(&last_line(state, paint));
    text
}

fn rows(job: &JobState) -> impl Iterator<Item = Row<7>> {
    // Only the first row of a job names it.
    let name = hostile(&job.name).into_owned();
    let names = std::iter::once(name).chain(std::iter::repeat_with(String::new));
    names
        .zip(&job.steps)
        .map(|(name, step)| row(name, job, step))
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

/// A paragraph for every step that failed or was refused something.
fn failures(state: &RunState, columns: usize, paint: Paint) -> String {
    let mut text = String::new();
    for (job, step) in steps(state) {
        let Some(record) = &step.record else {
            continue;
        };
        let failed = matches!(record.result, StepResult::Failed | StepResult::Canceled);
        if !failed && record.denials.is_empty() {
            continue;
        }
        let sign = paint.with(step_style(record.result), step_sign(record.result));
        let mut line = format!("{} / {}", hostile(&job.name), hostile(&step.label));
        line.extend(explain::why(record).map(|why| format!(": {why}")));
        let denials = record.denials.iter().map(explain::denial);
        let mut before = format!("{sign} ");
        for line in std::iter::once(line).chain(denials) {
            for line in wrap(&line, columns.saturating_sub(4).max(20), REASON_LINES) {
                text.push_str(&format!("{before}{line}\n"));
                before = "    ".to_owned();
            }
        }
    }
    text
}

fn last_line(state: &RunState, paint: Paint) -> String {
    let id = state
        .run
        .map_or_else(|| "run".to_owned(), |run| run.to_string());
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
        RunResult::Failed => {
            let failed = with(StepResult::Failed);
            format!("{failed} of {steps} failed in {elapsed}")
        }
        RunResult::PartiallySucceeded => {
            let issues = with(StepResult::SucceededWithIssues);
            format!("{issues} of {steps} had issues in {elapsed}")
        }
        RunResult::Canceled => format!("{ended} of {steps} ended in {elapsed}"),
        RunResult::Succeeded => match with(StepResult::Skipped) {
            0 => format!("{steps} in {elapsed}"),
            skipped => format!("{steps} in {elapsed}, {skipped} skipped"),
        },
    };
    format!("{id} {word}: {tail}\n")
}

fn steps(state: &RunState) -> impl Iterator<Item = (&JobState, &StepState)> {
    let jobs = state.jobs.iter();
    jobs.flat_map(|job| job.steps.iter().map(move |step| (job, step)))
}
