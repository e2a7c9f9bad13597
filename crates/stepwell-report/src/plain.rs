//! Lines, for pipes and logs.
//!
//! The sign between prefix and text says who speaks, and a guest cannot write it: `|` is output of
//! the step, `!` a problem that it reported, `>` Stepwell itself.

use crate::View;
use crate::explain;
use crate::hostile::hostile;
use crate::text::{count, duration, duration_ms};
use crate::words::{GUEST, HOST, ISSUE, run_word, step_word};
use std::fmt::Display;
use std::io::{self, Write};
use stepwell_event::{Envelope, LineKind, RunEvent, RunState, StepRecord, StepResult};

/// One line per log line and per change of state. Debug lines, progress and variables are left out.
#[derive(Debug)]
pub struct Plain<W> {
    out: W,
    state: RunState,
}

impl<W: Write> Plain<W> {
    /// A view that writes to `out`, whole lines at a time.
    pub fn new(out: W) -> Self {
        Self {
            out,
            state: RunState::default(),
        }
    }

    fn run_line(&mut self, text: impl Display) -> io::Result<()> {
        self.write(format!("run {HOST} {text}\n"))
    }

    fn step_line(&mut self, at: (&str, u32), sign: char, text: impl Display) -> io::Result<()> {
        let (job, step) = at;
        let label = explain::label(&self.state, job, step);
        let job = hostile(job);
        self.write(format!("{job} | {label} {sign} {text}\n"))
    }

    /// In one piece, so that lines stay whole when others write to the same place.
    fn write(&mut self, line: String) -> io::Result<()> {
        self.out.write_all(line.as_bytes())
    }

    fn step_finished(&mut self, at: (&str, u32), record: &StepRecord) -> io::Result<()> {
        let mut text = step_word(record.result).to_owned();
        if record.result != StepResult::Skipped {
            text.push_str(&format!(" in {}", duration(record.usage.wall_us)));
        }
        text.extend(explain::why(record).map(|why| format!(": {why}")));
        self.step_line(at, HOST, text)
    }

    fn job_finished(&mut self, job: &str, result: StepResult) -> io::Result<()> {
        let word = step_word(result);
        let started = self.state.job(job).filter(|job| job.started_ms.is_some());
        let elapsed = started.map(|job| duration_ms(job.elapsed_ms(self.state.seen_ms)));
        let job = hostile(job);
        match elapsed {
            Some(elapsed) => self.write(format!("{job} {HOST} {word} in {elapsed}\n")),
            None => self.write(format!("{job} {HOST} {word}\n")),
        }
    }
}

impl<W: Write> View for Plain<W> {
    fn on(&mut self, envelope: &Envelope) -> io::Result<()> {
        self.state.apply(envelope);
        match &envelope.event {
            RunEvent::RunStarted { name, jobs, .. } => {
                let steps = jobs.iter().map(|job| job.steps.len()).sum();
                let (jobs, steps) = (count(jobs.len(), "job"), count(steps, "step"));
                let name = hostile(name);
                self.run_line(format!(
                    "started {name}: {jobs}, {steps} ({})",
                    envelope.run
                ))
            }
            RunEvent::StepStarted { job, step } => self.step_line((job, *step), HOST, "started"),
            RunEvent::Line {
                job,
                step,
                source,
                text,
            } => {
                let text = hostile(text);
                let at = (&**job, *step);
                match source {
                    LineKind::Debug => Ok(()),
                    LineKind::Host => self.step_line(at, HOST, text),
                    LineKind::Stdout | LineKind::Stderr | LineKind::Info => {
                        self.step_line(at, GUEST, text)
                    }
                    LineKind::Warning => self.step_line(at, GUEST, format!("warning: {text}")),
                    LineKind::Error => self.step_line(at, GUEST, format!("error: {text}")),
                }
            }
            RunEvent::IssueReported { job, step, issue } => {
                self.step_line((job, *step), ISSUE, explain::issue(issue))
            }
            RunEvent::StepFinished { job, step, record } => {
                self.step_finished((job, *step), record)
            }
            RunEvent::JobFinished { job, result } => self.job_finished(job, *result),
            RunEvent::CancelRequested { now: false } => self.run_line("cancel requested"),
            RunEvent::CancelRequested { now: true } => {
                self.run_line("cancel requested, without grace")
            }
            RunEvent::RunFinished { result } => {
                let elapsed = duration_ms(self.state.elapsed_ms());
                self.run_line(format!("{} in {elapsed}", run_word(*result)))
            }
            RunEvent::JobStarted { .. }
            | RunEvent::Progressed { .. }
            | RunEvent::VariableSet { .. } => Ok(()),
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
