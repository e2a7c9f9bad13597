//! A terminal on which running jobs are redrawn in place.
//!
//! Log lines only replace a text in memory; the terminal is drawn from a ticker, a few times a
//! second however loud the steps are. What has ended is printed once, above the running jobs.

use crate::hostile::hostile;
use crate::running::{Running, Tail};
use crate::text::{count, duration, duration_ms};
use crate::words::{BOLD, DIM, HOST, Paint, step_sign, step_style, step_word};
use crate::{View, explain};
use console::Term;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use stepwell_event::{Envelope, LineKind, RunEvent, RunState, StepRecord, StepResult};

/// How often running jobs are redrawn.
const TICK: Duration = Duration::from_millis(200);

/// Draws per second, of all jobs together.
const RATE: u8 = 10;

/// One line per running job; jobs that ended collapse to a line above, failed steps with the end
/// of their log.
#[derive(Debug)]
pub struct Live {
    screen: MultiProgress,
    paint: Paint,
    state: RunState,
    jobs: HashMap<Arc<str>, LiveJob>,
}

#[derive(Debug)]
struct LiveJob {
    bar: ProgressBar,
    running: Arc<Mutex<Running>>,
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
        Self {
            screen: MultiProgress::with_draw_target(target),
            paint: Paint(color),
            state: RunState::default(),
            jobs: HashMap::new(),
        }
    }

    fn job_started(&mut self, job: &Arc<str>) {
        let running = Arc::new(Mutex::new(Running {
            job: hostile(job).into_owned(),
            ..Running::default()
        }));
        let (shown, term, paint) = (running.clone(), Term::stderr(), self.paint);
        let line = move |state: &ProgressState, out: &mut dyn fmt::Write| {
            // Two columns for the spinner, and one free: a full line would wrap on some terminals.
            let columns = usize::from(term.size().1).saturating_sub(3);
            let line = lock(&shown).line(state.elapsed(), columns, paint);
            // What is drawn into is a string.
            let _ = out.write_str(&line);
        };
        let style = ProgressStyle::default_spinner();
        let style = style.template("{spinner} {line}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = self.screen.add(ProgressBar::new_spinner());
        bar.set_style(style.with_key("line", line));
        bar.enable_steady_tick(TICK);
        let tail = Tail::default();
        self.jobs
            .insert(job.clone(), LiveJob { bar, running, tail });
    }

    fn step_started(&mut self, job: &str, step: u32) {
        let label = explain::label(&self.state, job, step);
        let of = self.state.job(job).map_or(0, |job| job.steps.len());
        if let Some(job) = self.jobs.get_mut(job) {
            job.tail.clear();
            let mut running = lock(&job.running);
            running.step = format!("step {}/{of} {label}", u64::from(step) + 1);
            running.percent = None;
            running.last.clear();
        }
    }

    fn step_finished(&mut self, job: &str, step: u32, record: &StepRecord) -> io::Result<()> {
        let quiet = matches!(record.result, StepResult::Succeeded | StepResult::Skipped);
        if quiet && record.denials.is_empty() {
            return Ok(());
        }
        let label = explain::label(&self.state, job, step);
        let head = format!("{} / {label}", hostile(job));
        let mut text = format!(
            "{} {}  {} in {}",
            self.sign(record.result),
            self.paint.with(BOLD, head),
            step_word(record.result),
            duration(record.usage.wall_us),
        );
        text.extend(explain::why(record).map(|why| format!(": {why}")));
        let tail = self.jobs.get(job).map(|job| job.tail.render());
        let tail = tail.filter(|_| record.result == StepResult::Failed);
        for line in tail.unwrap_or_default() {
            text.push_str(&format!("\n    {}", self.paint.with(DIM, line)));
        }
        for denial in record
            .denials
            .iter()
            .filter(|_| record.result != StepResult::Failed)
        {
            text.push_str(&format!("\n    {HOST} {}", explain::denial(denial)));
        }
        self.screen.println(text)
    }

    fn job_finished(&mut self, name: &str, result: StepResult) -> io::Result<()> {
        let mut text = format!("{} {}", self.sign(result), hostile(name));
        if let Some(job) = self.jobs.remove(name) {
            job.bar.finish_and_clear();
            self.screen.remove(&job.bar);
            let elapsed = self.state.job(name);
            let elapsed = elapsed.map_or(0, |job| job.elapsed_ms(self.state.seen_ms));
            text.push_str(&format!("  {}", duration_ms(elapsed)));
        }
        if result != StepResult::Succeeded {
            text.push_str(&format!("  {}", step_word(result)));
        }
        self.screen.println(text)
    }

    fn line(&mut self, job: &str, source: LineKind, text: &str) {
        if source == LineKind::Debug {
            return;
        }
        if let Some(job) = self.jobs.get_mut(job) {
            job.tail.push(source, text);
            lock(&job.running).say(text);
        }
    }

    fn sign(&self, result: StepResult) -> String {
        self.paint.with(step_style(result), step_sign(result))
    }
}

impl View for Live {
    fn on(&mut self, envelope: &Envelope) -> io::Result<()> {
        self.state.apply(envelope);
        match &envelope.event {
            RunEvent::RunStarted { name, jobs, .. } => {
                let name = self.paint.with(BOLD, hostile(name));
                let jobs = count(jobs.len(), "job");
                self.screen
                    .println(format!("{name}: {jobs} ({})", envelope.run))?;
            }
            RunEvent::JobStarted { job } => self.job_started(job),
            RunEvent::StepStarted { job, step } => self.step_started(job, *step),
            RunEvent::Line {
                job, source, text, ..
            } => self.line(job, *source, text),
            RunEvent::IssueReported { job, step, issue } => {
                let label = explain::label(&self.state, job, *step);
                let issue = explain::issue(issue);
                let job = hostile(job);
                self.screen.println(format!("{job} / {label}: {issue}"))?;
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
            RunEvent::StepFinished { job, step, record } => {
                self.step_finished(job, *step, record)?;
            }
            RunEvent::JobFinished { job, result } => self.job_finished(job, *result)?,
            RunEvent::CancelRequested { now } => {
                self.screen.println(if *now {
                    "stopping"
                } else {
                    "canceling: steps are asked to end; Ctrl-C again stops them at once"
                })?;
            }
            RunEvent::VariableSet { .. } | RunEvent::RunFinished { .. } => {}
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        for (_, job) in self.jobs.drain() {
            job.bar.finish_and_clear();
        }
        // Between what happened and its summary.
        self.screen.println("")?;
        self.screen.clear()
    }
}

fn lock(running: &Mutex<Running>) -> MutexGuard<'_, Running> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}
