//! A terminal on which running jobs are redrawn in place.
//!
//! Log lines only replace a text in memory; the terminal is drawn from a ticker, a few times a
//! second however loud the steps are. What has ended is printed once, above the running jobs.

use crate::bars::{Bars, Shared, lock};
use crate::hostile::hostile;
use crate::running::Tail;
use crate::text::duration_ms;
use crate::watch::{self, Watch};
use crate::words::{BOLD, DIM, HOST, Paint, step_sign, step_style, step_word};
use crate::{View, explain, publication};
use indicatif::{MultiProgress, ProgressDrawTarget};
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use stepwell_event::{Envelope, LineKind, Published, RunEvent, StepRecord, StepResult};

/// Draws per second, of all jobs together.
const RATE: u8 = 10;

/// One line per running job; jobs that ended collapse to a line above, failed steps with the end
/// of their log. What belongs to a stage stands below its name.
#[derive(Debug)]
pub struct Live {
    screen: MultiProgress,
    paint: Paint,
    watch: Watch,
    bars: Bars,
    jobs: HashMap<Arc<str>, LiveJob>,
    /// The stage whose name was printed last.
    stage: Option<Arc<str>>,
}

#[derive(Debug)]
struct LiveJob {
    running: Shared,
    tail: Tail,
}

impl Live {
    /// A view on standard error. Shows nothing when that is not a terminal.
    #[must_use]
    pub fn stderr(color: bool) -> Self {
        Self::new(ProgressDrawTarget::stderr_with_hz(RATE), color)
    }

    /// A view on `target`, which is as wide as standard error.
    #[must_use]
    pub fn new(target: ProgressDrawTarget, color: bool) -> Self {
        let screen = MultiProgress::with_draw_target(target);
        let paint = Paint(color);
        Self {
            bars: Bars::new(screen.clone(), paint),
            screen,
            paint,
            watch: Watch::default(),
            jobs: HashMap::new(),
            stage: None,
        }
    }

    /// Prints what is about a job, below the name of its stage.
    fn print(&mut self, job: &str, text: String) -> io::Result<()> {
        let stage = self.watch.stage_of(job).cloned();
        if let Some(stage) = stage {
            self.enter(&stage)?;
        }
        self.screen.println(text)
    }

    /// Prints the stage's name, unless it stands there.
    fn enter(&mut self, stage: &Arc<str>) -> io::Result<()> {
        if self.stage.as_ref() == Some(stage) {
            return Ok(());
        }
        self.stage = Some(Arc::clone(stage));
        let head = format!("── {} ──", self.watch.stage(stage));
        self.screen.println(self.paint.with(BOLD, head))
    }

    fn stage_finished(
        &mut self,
        stage: &Arc<str>,
        result: StepResult,
        reason: Option<&str>,
    ) -> io::Result<()> {
        let elapsed = self.watch.stage_elapsed_ms(stage);
        if result == StepResult::Succeeded && elapsed.is_some() {
            return Ok(());
        }
        if elapsed.is_none() {
            self.stage = None;
        }
        let name = format!("stage {}", self.watch.stage(stage));
        let text = self.end(&name, result, elapsed, reason);
        self.screen.println(text)
    }

    /// How a stage or a job ended.
    fn end(
        &self,
        name: &str,
        result: StepResult,
        elapsed_ms: Option<u64>,
        reason: Option<&str>,
    ) -> String {
        let mut text = format!("{} {name}", self.sign(result));
        text.extend(elapsed_ms.map(|elapsed| format!("  {}", duration_ms(elapsed))));
        if result != StepResult::Succeeded {
            text.push_str(&format!("  {}", step_word(result)));
        }
        text.extend(reason.map(|reason| format!(": {}", hostile(reason))));
        text
    }

    fn job_started(&mut self, job: &Arc<str>) {
        let running = Shared::default();
        lock(&running).job = self.watch.job(job).into_owned();
        self.bars.add(job, Arc::clone(&running));
        let tail = Tail::default();
        let live = LiveJob { running, tail };
        self.jobs.insert(Arc::clone(job), live);
    }

    fn step_started(&mut self, job: &str, step: u32) {
        let label = self.watch.step(job, step);
        let of = self.watch.steps(job);
        if let Some(job) = self.jobs.get_mut(job) {
            job.tail.clear();
            let mut running = lock(&job.running);
            running.step = format!("step {}/{of} {label}", u64::from(step) + 1);
            running.percent = None;
            running.last.clear();
        }
    }

    fn step_retried(&mut self, at: (&Arc<str>, u32), why: &str) -> io::Result<()> {
        let (job, step) = at;
        let head = format!("{} / {}", self.watch.job(job), self.watch.step(job, step));
        if let Some(job) = self.jobs.get_mut(job) {
            job.tail.clear();
            let mut running = lock(&job.running);
            running.percent = None;
            running.say(why);
        }
        let sign = self.sign(StepResult::SucceededWithIssues);
        self.print(
            job,
            format!("{sign} {}  {why}", self.paint.with(BOLD, head)),
        )
    }

    fn step_finished(&mut self, job: &str, step: u32, record: &StepRecord) -> io::Result<()> {
        let quiet = matches!(record.result, StepResult::Succeeded | StepResult::Skipped);
        if quiet && record.denials.is_empty() {
            return Ok(());
        }
        let head = format!("{} / {}", self.watch.job(job), self.watch.step(job, step));
        let mut text = format!(
            "{} {}  {} in {}",
            self.sign(record.result),
            self.paint.with(BOLD, head),
            step_word(record.result),
            explain::usage(record),
        );
        text.extend(explain::why(record).map(|why| format!(": {why}")));
        let tail = self.jobs.get(job).map(|job| job.tail.render(self.paint));
        let tail = tail.filter(|_| record.result == StepResult::Failed);
        for line in tail.unwrap_or_default() {
            text.push_str(&format!("\n    {line}"));
        }
        for denial in record
            .denials
            .iter()
            .filter(|_| record.result != StepResult::Failed)
        {
            text.push_str(&format!("\n    {HOST} {}", explain::denial(denial)));
        }
        self.print(job, text)
    }

    fn job_finished(
        &mut self,
        job: &str,
        result: StepResult,
        reason: Option<&str>,
    ) -> io::Result<()> {
        self.jobs.remove(job);
        self.bars.remove(job);
        if self.watch.ends_with_stage(job, result) {
            return Ok(());
        }
        let elapsed = self.watch.job_elapsed_ms(job);
        let text = self.end(&self.watch.job(job), result, elapsed, reason);
        self.print(job, text)
    }

    fn line(&mut self, job: &str, source: LineKind, text: &str) {
        let (source, text) = self.watch.heard(source, text);
        if let Some(job) = self.jobs.get_mut(job)
            && let Some(text) = job.tail.push(source, &text)
        {
            lock(&job.running).say(text);
        }
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
                let name = self.paint.with(BOLD, hostile(name));
                let extent = watch::extent(stages, jobs);
                let run = watch::aside(number, envelope.run);
                self.screen.println(format!("{name}: {extent}{run}"))
            }
            RunEvent::CancelRequested { now } => self.screen.println(match now {
                true => "stopping",
                false => "canceling: steps are asked to end; Ctrl-C again stops them at once",
            }),
            _ => Ok(()),
        }
    }

    fn sign(&self, result: StepResult) -> String {
        self.paint.with(step_style(result), step_sign(result))
    }
}

impl View for Live {
    fn on(&mut self, envelope: &Envelope) -> io::Result<()> {
        self.watch.apply(envelope);
        match &envelope.event {
            RunEvent::RunStarted { .. } | RunEvent::CancelRequested { .. } => {
                self.on_run(envelope)?;
            }
            RunEvent::StageStarted { stage } => self.enter(stage)?,
            RunEvent::StageFinished {
                stage,
                result,
                reason,
            } => self.stage_finished(stage, *result, reason.as_deref())?,
            RunEvent::JobExpanded { job, legs } => {
                let text = format!("  {}  {}", self.watch.job(job), watch::legs(legs));
                let first = legs.first().map_or(&**job, |leg| &*leg.name);
                self.print(first, self.paint.with(DIM, text))?;
            }
            RunEvent::JobStarted { job } => self.job_started(job),
            RunEvent::StepStarted { job, step } => self.step_started(job, *step),
            RunEvent::Line {
                job, source, text, ..
            } => self.line(job, *source, text),
            RunEvent::IssueReported { job, step, issue } => {
                let issue = explain::issue(issue);
                let head = format!("{} / {}", self.watch.job(job), self.watch.step(job, *step));
                self.print(job, format!("{head}: {issue}"))?;
            }
            RunEvent::Progressed {
                job,
                percent,
                message,
                ..
            } => {
                if let Some(job) = self.jobs.get(job) {
                    let mut running = lock(&job.running);
                    running.percent = Some(*percent);
                    running.say(message);
                }
            }
            RunEvent::Published { published, .. } => {
                // The summary shows the rest.
                if let Published::RunNumber { .. } = **published {
                    let phrase = publication::phrase(published);
                    self.screen.println(phrase.unwrap_or_default())?;
                }
            }
            RunEvent::StepRetried {
                job,
                step,
                retry,
                delay_ms,
                reason,
            } => {
                let why = explain::retry(*retry, *delay_ms, reason);
                self.step_retried((job, *step), &why)?;
            }
            RunEvent::StepKept { job, step, kept } => {
                if let Some(phrase) = explain::kept(kept) {
                    let head = format!("{} / {}", self.watch.job(job), self.watch.step(job, *step));
                    self.print(job, format!("{head}: {phrase}"))?;
                }
            }
            RunEvent::StepFinished { job, step, record } => {
                self.step_finished(job, *step, record)?;
            }
            RunEvent::JobFinished {
                job,
                result,
                reason,
            } => self.job_finished(job, *result, reason.as_deref())?,
            RunEvent::StepInvoked { .. }
            | RunEvent::VariableSet { .. }
            | RunEvent::RunFinished { .. } => {}
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.jobs.clear();
        self.bars.clear();
        // Between what happened and its summary.
        self.screen.println("")?;
        self.screen.clear()
    }
}
