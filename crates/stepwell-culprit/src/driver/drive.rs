//! A search on its way: judgements side by side, and what follows from their ends.

mod beginning;

use super::{Log, SearchError, Tools, comparing};
use crate::archive::Archive;
use crate::failure::{After, after, end_of, is_worth_keeping};
use crate::inquiry::{Inquiry, Want};
use crate::judge::{Answer, Asked, Judge};
use crate::kinds::Kinds;
use crate::lens::View;
use crate::request::Settings;
use crate::seed::seed;
use beginning::Begun;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use stepwell_event::{
    BisectEvent, Conclusion, Digest, Finite, NoiseModel, Observation, ProbeEnd, Purpose, Version,
};
use stepwell_runner::{CancelLevel, now_ms};
use stepwell_sandbox::StopHandle;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

/// How long a judge that was stopped may take to return.
const PATIENCE: Duration = Duration::from_secs(30);

/// A judgement that is under way.
struct Probe {
    want: Want,
    attempt: u32,
    asked: Asked,
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
    /// That of a search of which so many trials were begun before.
    pub(super) fn of(settings: &Settings, spent: u32) -> Self {
        let wall = settings.max_wall_ms.map(Duration::from_millis);
        Self {
            trials: spent,
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
                    Ok(proposal) => self.inquiry.proposed(&proposal, free),
                    Err(why) => {
                        let why = format!("the strategist did not answer: {why}");
                        return Ok(Some(Conclusion::Aborted { why }));
                    }
                };
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
            let wanted = !step.start.is_empty();
            let affordable = self.affordable(step.start);
            if wanted && affordable.is_empty() {
                // What is under way is paid for, and may be the rest of the answer.
                let over = self.running.is_empty();
                return Ok(over.then(|| self.undecided()));
            }
            match self.begin(affordable).await? {
                Begun::Known => {}
                Begun::Waiting => return Ok(None),
                Begun::Ended(conclusion) => return Ok(Some(*conclusion)),
            }
        }
    }

    /// As many of these judgements as may still begin; the others are not wanted any more.
    fn affordable(&mut self, wants: Vec<Want>) -> Vec<Want> {
        let most = self.log.record.settings.max_trials;
        let late = |deadline| Instant::now() >= deadline;
        let mut left = match most {
            _ if self.budget.deadline.is_some_and(late) => 0,
            Some(most) => most.saturating_sub(self.budget.trials),
            None => u32::MAX,
        };
        let (begun, beyond) = wants.into_iter().partition::<Vec<Want>, _>(|want| {
            let fits = left > 0;
            left = left.saturating_sub(want.trials);
            fits
        });
        for want in beyond {
            self.inquiry.withdraw(&want.version.id);
        }
        begun
    }

    fn probe(&self, want: Want, attempt: u32) -> Probe {
        // How many times this version was judged before.
        let version = (want.version.id.clone(), want.version.tree.clone());
        let nth = self.judged.get(&version).copied().unwrap_or(0);
        let asked = Asked {
            version: want.version.clone(),
            trials: want.trials,
            seed: seed(&want.version, nth, attempt),
            seeded: self.seeded || nth > 0,
            // What was kept does not confirm what was kept.
            fresh: want.purpose == Purpose::Verify || !self.log.record.settings.remember,
        };
        Probe {
            key: self.tools.judge.key(&asked),
            want,
            attempt,
            asked,
            stop: StopHandle::default(),
            canceled: false,
        }
    }

    /// Journals that a judgement begins.
    fn started(&mut self, probe: &Probe) -> u32 {
        let number = self.next_probe;
        self.next_probe += 1;
        let reverted = self.view.reverted(&probe.want.version.id);
        let reverted = reverted.iter().rev().map(|version| version.id.clone());
        let reverted = reverted.collect();
        self.log.append(BisectEvent::Started {
            reverted,
            probe: number,
            version: Box::new(probe.want.version.clone()),
            purpose: probe.want.purpose,
            trials: probe.asked.trials,
            seed: probe.asked.seed,
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
        let asked = probe.asked.clone();
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
            self.ended(done.probe, end_of(&done.answer), done.wall_ms);
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
                (Answer::Judged(_), After::End(why)) => {
                    let id = &probe.want.version.id;
                    let why = format!("{id} could not be judged: {why}");
                    conclusion = Some(Conclusion::Aborted { why });
                }
                (_, After::End(why)) => conclusion = Some(Conclusion::Aborted { why }),
            }
        }
        // What the search acts on must not be lost.
        self.tools.journal.flush().await?;
        for (probe, observation) in seen {
            if !probe.canceled {
                self.observe(&probe.want, &observation).await;
            }
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
        if let Some(key) = probe.key
            && is_worth_keeping(observation)
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
                        self.ended(done.probe, end_of(&done.answer), done.wall_ms);
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
