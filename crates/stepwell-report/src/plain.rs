//! Lines, for pipes and logs.
//!
//! The sign between prefix and text says who speaks, and a guest cannot write it: `|` is output of
//! the step, `!` a problem that it reported, `>` Stepwell itself.

use crate::View;
use crate::formatting::Layout;
use crate::hostile::hostile;
use crate::text::{count, duration_ms};
use crate::watch::{self, Watch};
use crate::words::{GUEST, HOST, ISSUE, Paint, run_word, step_word};
use crate::{explain, publication};
use anstyle::Style;
use std::collections::HashMap;
use std::fmt::Display;
use std::io::{self, Write};
use std::sync::Arc;
use stepwell_event::{Envelope, LineKind, RunEvent, StepRecord, StepResult};

/// One line per log line and per change of state. Progress and variables are left out, and debug lines
/// unless `System.Debug` is on.
#[derive(Debug)]
pub struct Plain<W> {
    out: W,
    watch: Watch,
    /// The layout of the logs of running steps that have groups.
    layouts: HashMap<Arc<str>, Layout>,
}

impl<W: Write> Plain<W> {
    /// A view that writes to `out`, whole lines at a time.
    pub fn new(out: W) -> Self {
        Self {
            out,
            watch: Watch::default(),
            layouts: HashMap::new(),
        }
    }

    fn run_line(&mut self, text: impl Display) -> io::Result<()> {
        self.write(format!("run {HOST} {text}\n"))
    }

    fn job_line(&mut self, job: &str, text: impl Display) -> io::Result<()> {
        let job = self.watch.job(job);
        let line = format!("{job} {HOST} {text}\n");
        self.write(line)
    }

    fn step_line(&mut self, at: (&str, u32), sign: char, text: impl Display) -> io::Result<()> {
        let (job, step) = at;
        let label = self.watch.step(job, step);
        let job = self.watch.job(job);
        let line = format!("{job} | {label} {sign} {text}\n");
        self.write(line)
    }

    /// In one piece, so that lines stay whole when others write to the same place.
    fn write(&mut self, line: String) -> io::Result<()> {
        self.out.write_all(line.as_bytes())
    }

    fn on_run(&mut self, envelope: &Envelope) -> io::Result<()> {
        match &envelope.event {
            RunEvent::RunStarted {
                name,
                number,
                stages,
                jobs,
                ..
            } => {
                let steps = jobs.iter().map(|job| job.steps.len()).sum();
                let (extent, steps) = (watch::extent(stages, jobs), count(steps, "step"));
                let name = hostile(name);
                let run = watch::aside(number, envelope.run);
                self.run_line(format!("started {name}: {extent}, {steps}{run}"))
            }
            RunEvent::StageStarted { stage } => {
                let line = format!("stage {} {HOST} started\n", self.watch.stage(stage));
                self.write(line)
            }
            RunEvent::StageFinished {
                stage,
                result,
                reason,
            } => {
                let elapsed = self.watch.stage_elapsed_ms(stage);
                let end = end(*result, elapsed, reason.as_deref());
                let line = format!("stage {} {HOST} {end}\n", self.watch.stage(stage));
                self.write(line)
            }
            RunEvent::CancelRequested { now: false } => self.run_line("cancel requested"),
            RunEvent::CancelRequested { now: true } => {
                self.run_line("cancel requested, without grace")
            }
            RunEvent::RunFinished { result } => {
                let elapsed = duration_ms(self.watch.elapsed_ms());
                self.run_line(format!("{} in {elapsed}", run_word(*result)))
            }
            _ => Ok(()),
        }
    }

    fn job_finished(
        &mut self,
        job: &str,
        result: StepResult,
        reason: Option<&str>,
    ) -> io::Result<()> {
        self.layouts.remove(job);
        if self.watch.ends_with_stage(job, result) {
            return Ok(());
        }
        let elapsed = self.watch.job_elapsed_ms(job);
        self.job_line(job, end(result, elapsed, reason))
    }

    fn step_finished(&mut self, at: (&Arc<str>, u32), record: &StepRecord) -> io::Result<()> {
        self.layouts.remove(at.0);
        if self.watch.never_began(at.0) {
            return Ok(());
        }
        let mut text = step_word(record.result).to_owned();
        if record.result != StepResult::Skipped {
            text.push_str(&format!(" in {}", explain::usage(record)));
        }
        text.extend(explain::why(record).map(|why| format!(": {why}")));
        self.step_line((at.0, at.1), HOST, text)
    }

    fn line(&mut self, at: (&Arc<str>, u32), source: LineKind, text: &str) -> io::Result<()> {
        let (source, text) = self.watch.heard(source, text);
        let mut layout = self.layouts.get(at.0).copied().unwrap_or_default();
        let before = layout;
        let line = layout.line(source, &text);
        if layout != before {
            self.layouts.insert(Arc::clone(at.0), layout);
        }
        let Some(line) = line else {
            return Ok(());
        };
        let sign = match source {
            LineKind::Host => HOST,
            _ => GUEST,
        };
        self.step_line(
            (at.0, at.1),
            sign,
            line.look.shown(line.text, Style::new(), Paint(false)),
        )
    }
}

impl<W: Write> View for Plain<W> {
    fn on(&mut self, envelope: &Envelope) -> io::Result<()> {
        self.watch.apply(envelope);
        match &envelope.event {
            RunEvent::JobExpanded { job, legs } => self.job_line(job, watch::legs(legs)),
            RunEvent::StepStarted { job, step } => {
                self.layouts.remove(job);
                self.step_line((job, *step), HOST, "started")
            }
            RunEvent::Line {
                job,
                step,
                source,
                text,
            } => self.line((job, *step), *source, text),
            RunEvent::IssueReported { job, step, issue } => {
                self.step_line((job, *step), ISSUE, explain::issue(issue))
            }
            RunEvent::Published {
                job,
                step,
                published,
            } => match publication::phrase(published) {
                Some(phrase) => self.step_line((job, *step), HOST, phrase),
                None => Ok(()),
            },
            RunEvent::StepRetried {
                job,
                step,
                retry,
                delay_ms,
                reason,
            } => {
                self.layouts.remove(job);
                let retry = explain::retry(*retry, *delay_ms, reason);
                self.step_line((job, *step), HOST, retry)
            }
            RunEvent::StepKept { job, step, kept } => match explain::kept(kept) {
                Some(phrase) => self.step_line((job, *step), HOST, phrase),
                None => Ok(()),
            },
            RunEvent::StepFinished { job, step, record } => {
                self.step_finished((job, *step), record)
            }
            RunEvent::JobFinished {
                job,
                result,
                reason,
            } => self.job_finished(job, *result, reason.as_deref()),
            RunEvent::RunStarted { .. }
            | RunEvent::StageStarted { .. }
            | RunEvent::StageFinished { .. }
            | RunEvent::CancelRequested { .. }
            | RunEvent::RunFinished { .. } => self.on_run(envelope),
            RunEvent::JobStarted { .. }
            | RunEvent::StepInvoked { .. }
            | RunEvent::Progressed { .. }
            | RunEvent::VariableSet { .. } => Ok(()),
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// How a stage or job ended, when it began at all in how much time, and why.
fn end(result: StepResult, elapsed_ms: Option<u64>, reason: Option<&str>) -> String {
    let mut text = step_word(result).to_owned();
    text.extend(elapsed_ms.map(|elapsed| format!(" in {}", duration_ms(elapsed))));
    text.extend(reason.map(|reason| format!(": {}", hostile(reason))));
    text
}
