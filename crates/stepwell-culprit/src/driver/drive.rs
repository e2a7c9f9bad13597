//! A search on its way: judgements side by side, and what follows from their ends.

mod beginning;

use super::{Log, SearchError, Tools, comparing};
use crate::archive::Archive;
use crate::failure::{After, after, end_of, is_of_the_machine};
use crate::inquiry::{Inquiry, Want};
use crate::judge::{Answer, Asked, Judge};
use crate::kinds::Kinds;
use crate::lens::View;
use crate::request::Settings;
use crate::seed::seed;
use beginning::Begun;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use stepwell_event::{
    BisectEvent, Conclusion, Digest, Finite, NoiseModel, Observation, ProbeEnd, SkipKind, Verdict,
    Version,
};
use stepwell_runner::{CancelLevel, now_ms};
use stepwell_sandbox::StopHandle;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

/// Versions at which the machine may fail before the search is ended.
const MOST_BROKEN: usize = 2;

/// How long a judge that was stopped may take to return.
const PATIENCE: Duration = Duration::from_secs(30);

/// A judgement that is under way.
struct Probe {
    want: Want,
    /// How many times this version was judged before.
    nth: u32,
    attempt: u32,
    key: Option<Digest>,
    stop: StopHandle,
    /// Its result can change nothing any more.
    canceled: bool,
}

/// A judgement that has ended.
struct Done {
    probe: u32,
    answer: Answer,
    wall_ms: u64,
}

/// What all searches for culprits together may use.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    /// Trials that were begun.
    pub(super) trials: u32,
    deadline: Option<Instant>,
}

impl Budget {
    pub(super) fn of(settings: &Settings) -> Self {
        let wall = settings.max_wall_ms.map(Duration::from_millis);
        Self {
            trials: 0,
            deadline: wall.map(|wall| Instant::now() + wall),
        }
    }
}

/// A search that has come to an end.
pub(super) struct Driven {
    pub(super) log: Log,
    pub(super) budget: Budget,
    /// None if it was told to stop.
    pub(super) conclusion: Option<Conclusion>,
}

/// A search on its way.
pub(super) struct Drive<'t, J, A> {
    log: Log,
    inquiry: Inquiry,
    view: View,
    tools: &'t Tools<J, A>,
    running: HashMap<u32, Probe>,
    tasks: JoinSet<Done>,
    next_probe: u32,
    /// By identifier and digest of the files.
    judged: HashMap<(String, String), u32>,
    /// Versions of which something is taken back; if it cannot be, why.
    looked: HashMap<String, Result<Version, String>>,
    budget: Budget,
    /// Versions at which the machine failed, whatever was tried.
    broken: HashSet<String>,
    seeded: bool,
}

impl<'t, J: Judge, A: Archive> Drive<'t, J, A> {
    pub(super) fn new(
        log: Log,
        inquiry: Inquiry,
        view: View,
        budget: Budget,
        tools: &'t Tools<J, A>,
    ) -> Self {
        let record = &log.record;
        let noise = record.summary().map(|summary| summary.noise);
        Self {
            running: HashMap::new(),
            tasks: JoinSet::new(),
            next_probe: record.next_probe(),
            judged: record.judged(),
            looked: HashMap::new(),
            budget,
            broken: HashSet::new(),
            seeded: noise != Some(NoiseModel::Deterministic),
            log,
            inquiry,
            view,
            tools,
        }
    }

    /// Goes on until there is a conclusion, or until it is told to stop.
    pub(super) async fn run(mut self) -> Result<Driven, SearchError> {
        let mut cancel = self.tools.cancel.clone();
        let conclusion = loop {
            if *cancel.borrow_and_update() != CancelLevel::Running {
                break None;
            }
            match self.begin_some().await? {
                Some(conclusion) => break Some(conclusion),
                None if self.running.is_empty() => {
                    let why = "nothing is left to judge, and nothing was found";
                    break Some(Conclusion::Aborted {
                        why: why.to_owned(),
                    });
                }
                None => {}
            }
            let ended = tokio::select! {
                biased;
                Ok(()) = cancel.changed() => continue,
                Some(ended) = self.tasks.join_next() => Some(ended),
                () = until(self.budget.deadline) => None,
            };
            let Some(ended) = ended else {
                break Some(self.undecided());
            };
            if let Some(conclusion) = self.take(ended).await? {
                break Some(conclusion);
            }
        };
        self.stop_all(&mut cancel).await?;
        Ok(Driven {
            log: self.log,
            budget: self.budget,
            conclusion,
        })
    }

    /// What can be said when the budget is spent.
    fn undecided(&mut self) -> Conclusion {
        match self.inquiry.undecided() {
            // What was found before stands.
            Conclusion::Aborted { .. } if !self.view.is_first() => Conclusion::Undecided {
                suspects: Vec::new(),
                newest_good: None,
            },
            undecided => undecided,
        }
    }

    /// Begins what is wanted, unless the search is over.
    async fn begin_some(&mut self) -> Result<Option<Conclusion>, SearchError> {
        loop {
            let free = (self.log.record.settings.jobs as usize).saturating_sub(self.running.len());
            let mut step = self.inquiry.next(free);
            if let (Some(question), Some(strategist)) = (step.ask.take(), &self.tools.strategist) {
                step = match strategist.propose(question).await {
                    Ok(proposal) => self.inquiry.proposed(&proposal),
                    Err(why) => {
                        let why = format!("the strategist did not answer: {why}");
                        return Ok(Some(Conclusion::Aborted { why }));
                    }
                };
                step.start.truncate(free);
            }
            for id in &step.cancel {
                for probe in self.running.values_mut() {
                    if probe.want.version.id == *id {
                        probe.canceled = true;
                        probe.stop.stop();
                    }
                }
            }
            if step.conclusion.is_some() {
                return Ok(step.conclusion);
            }
            if !step.start.is_empty() && self.is_spent() {
                return Ok(Some(self.undecided()));
            }
            match self.begin(step.start).await? {
                Begun::Known => {}
                Begun::Waiting => return Ok(None),
                Begun::Ended(conclusion) => return Ok(Some(*conclusion)),
            }
        }
    }

    /// Whether nothing more may be judged.
    fn is_spent(&self) -> bool {
        let most = self.log.record.settings.max_trials;
        most.is_some_and(|most| self.budget.trials >= most)
            || self
                .budget
                .deadline
                .is_some_and(|deadline| Instant::now() >= deadline)
    }

    fn probe(&self, want: Want, attempt: u32) -> Probe {
        let version = (want.version.id.clone(), want.version.tree.clone());
        let nth = self.judged.get(&version).copied().unwrap_or(0);
        let asked = asked(&want, nth, attempt);
        let key = self.tools.judge.key(&asked, self.seeded || nth > 0);
        Probe {
            want,
            nth,
            attempt,
            key,
            stop: StopHandle::default(),
            canceled: false,
        }
    }

    /// Journals that a judgement begins.
    fn started(&mut self, probe: &Probe) -> u32 {
        let number = self.next_probe;
        self.next_probe += 1;
        let asked = asked(&probe.want, probe.nth, probe.attempt);
        let reverted = self.view.reverted(&asked.version.id);
        let reverted = reverted.iter().rev().map(|version| version.id.clone());
        let reverted = reverted.collect();
        self.log.append(BisectEvent::Started {
            reverted,
            probe: number,
            version: Box::new(asked.version),
            purpose: probe.want.purpose,
            trials: asked.trials,
            seed: asked.seed,
        });
        number
    }

    fn ended(&mut self, probe: u32, end: ProbeEnd, wall_ms: u64) {
        let end = Box::new(end);
        self.log.append(BisectEvent::Ended {
            probe,
            end,
            wall_ms,
        });
    }

    fn spawn(&mut self, probe: Probe, after: Duration) {
        let number = self.started(&probe);
        let judge = Arc::clone(&self.tools.judge);
        let asked = asked(&probe.want, probe.nth, probe.attempt);
        let stop = probe.stop.clone();
        self.budget.trials = self.budget.trials.saturating_add(asked.trials);
        self.running.insert(number, probe);
        self.tasks.spawn(async move {
            let began = Instant::now();
            let answer = async {
                tokio::time::sleep(after).await;
                judge.judge(asked, stop.clone()).await
            };
            let answer = tokio::select! {
                biased;
                answer = answer => answer,
                // A judge that does not return is left alone.
                () = overdue(&stop) => Answer::Stopped,
            };
            let wall_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            Done {
                probe: number,
                answer,
                wall_ms,
            }
        });
    }

    /// Takes what has ended, all of it before anything is decided: otherwise judgements would be begun
    /// that the next result cancels.
    async fn take(
        &mut self,
        first: Result<Done, JoinError>,
    ) -> Result<Option<Conclusion>, SearchError> {
        let mut all = vec![first.map_err(SearchError::Defect)?];
        tokio::task::yield_now().await;
        while let Some(done) = self.tasks.try_join_next() {
            all.push(done.map_err(SearchError::Defect)?);
        }
        let mut seen = Vec::new();
        let mut again = Vec::new();
        let mut conclusion = None;
        for done in all {
            let Some(probe) = self.running.remove(&done.probe) else {
                continue;
            };
            let retry = after(&done.answer, probe.attempt);
            let end = end_of(&done.answer, matches!(retry, After::Again(_)));
            self.ended(done.probe, end, done.wall_ms);
            match (done.answer, retry) {
                (Answer::Judged(observation), After::Done) => {
                    self.remember(&probe, &observation);
                    seen.push((probe, observation));
                }
                (_, After::Done) if !probe.canceled => {
                    self.inquiry.withdraw(&probe.want.version.id);
                }
                (_, After::Done) => {}
                (_, _) if probe.canceled => {}
                (_, After::Again(wait)) => again.push((probe, wait)),
                (_, After::End(why)) => conclusion = Some(Conclusion::Aborted { why }),
            }
        }
        // What the search acts on must not be lost.
        self.tools.journal.flush().await?;
        for (probe, observation) in seen {
            if !probe.canceled {
                self.observe(&probe.want, &observation).await;
            }
            if observation.verdict == Verdict::Skip(SkipKind::Infrastructure) {
                self.broken.insert(probe.want.version.id);
            }
        }
        if self.broken.len() > MOST_BROKEN {
            let count = self.broken.len();
            let why = format!(
                "the machine failed at {count} versions, whatever was tried; see to it and go on with the search"
            );
            conclusion = conclusion.or(Some(Conclusion::Aborted { why }));
        }
        if conclusion.is_none() {
            for (probe, wait) in again {
                let probe = self.probe(probe.want, probe.attempt + 1);
                self.spawn(probe, wait);
            }
        }
        Ok(conclusion)
    }

    fn remember(&self, probe: &Probe, observation: &Observation) {
        let settings = &self.log.record.settings;
        if let Some(key) = probe.key
            && observation.cacheable
            && settings.remember
            && !is_of_the_machine(observation)
        {
            self.tools.journal.keep_verdict(key, now_ms(), observation);
        }
    }

    async fn observe(&mut self, want: &Want, observation: &Observation) {
        let version = (want.version.id.clone(), want.version.tree.clone());
        *self.judged.entry(version).or_default() += 1;
        if let Some(wanted) = &self.view.lens.signature {
            let judge = &*self.tools.judge;
            comparing::is_same(&mut self.log, judge, wanted, observation).await;
        }
        let seen = self.view.see(observation, &Kinds::of(&self.log.record));
        let (id, purpose) = (&want.version.id, Some(want.purpose));
        self.inquiry.observe(id, purpose, &seen);
        if let Some(progress) = self.inquiry.progress() {
            self.log.append(BisectEvent::Progress {
                left: progress.left,
                rounds: progress.rounds,
                confidence: progress.confidence.and_then(Finite::new),
            });
        }
    }

    /// Ends what is still under way, and journals what it still says.
    async fn stop_all(
        &mut self,
        cancel: &mut watch::Receiver<CancelLevel>,
    ) -> Result<(), SearchError> {
        let asked = *cancel.borrow_and_update() == CancelLevel::Gracefully;
        for probe in self.running.values() {
            match asked {
                true => probe.stop.ask(),
                false => probe.stop.stop(),
            }
        }
        while !self.tasks.is_empty() {
            tokio::select! {
                biased;
                Some(done) = self.tasks.join_next() => {
                    let done = done.map_err(SearchError::Defect)?;
                    if let Some(probe) = self.running.remove(&done.probe) {
                        if let Answer::Judged(observation) = &done.answer {
                            self.remember(&probe, observation);
                        }
                        self.ended(done.probe, end_of(&done.answer, false), done.wall_ms);
                    }
                }
                Ok(()) = cancel.changed() => {
                    self.running.values().for_each(|probe| probe.stop.stop());
                }
            }
        }
        self.tools.journal.flush().await?;
        Ok(())
    }
}

fn asked(want: &Want, nth: u32, attempt: u32) -> Asked {
    Asked {
        version: want.version.clone(),
        trials: want.trials,
        seed: seed(&want.version, nth, attempt),
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// Returns when a judgement that was stopped should have returned long ago.
async fn overdue(stop: &StopHandle) {
    stop.stopped().await;
    tokio::time::sleep(PATIENCE).await;
}
