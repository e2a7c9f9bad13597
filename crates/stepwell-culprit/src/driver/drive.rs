//! A search on its way: judgements side by side, and what follows from their ends.

use super::{Log, SearchError, Tools};
use crate::archive::Archive;
use crate::failure::{After, after, end_of, is_of_the_machine};
use crate::inquiry::{Inquiry, Want};
use crate::judge::{Answer, Asked, Judge};
use crate::seed::seed;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use stepwell_event::{
    BisectEvent, Conclusion, Digest, Finite, NoiseModel, Observation, ProbeEnd, SkipKind, Verdict,
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

/// A search on its way.
pub(super) struct Drive<'t, J, A> {
    log: Log,
    inquiry: Inquiry,
    tools: &'t Tools<J, A>,
    running: HashMap<u32, Probe>,
    tasks: JoinSet<Done>,
    next_probe: u32,
    judged: HashMap<String, u32>,
    trials: u32,
    /// Versions at which the machine failed, whatever was tried.
    broken: HashSet<String>,
    deadline: Option<Instant>,
    seeded: bool,
}

impl<'t, J: Judge, A: Archive> Drive<'t, J, A> {
    pub(super) fn new(log: Log, inquiry: Inquiry, tools: &'t Tools<J, A>) -> Self {
        let record = &log.record;
        let wall = record.settings.max_wall_ms.map(Duration::from_millis);
        let noise = record.summary().map(|summary| summary.noise);
        Self {
            running: HashMap::new(),
            tasks: JoinSet::new(),
            next_probe: record.next_probe(),
            judged: record.judged(),
            trials: record.spent(),
            broken: HashSet::new(),
            deadline: wall.map(|wall| Instant::now() + wall),
            seeded: noise != Some(NoiseModel::Deterministic),
            log,
            inquiry,
            tools,
        }
    }

    /// Goes on until there is a conclusion, or until it is told to stop.
    pub(super) async fn run(mut self) -> Result<(Log, Option<Conclusion>), SearchError> {
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
                () = until(self.deadline) => None,
            };
            let Some(ended) = ended else {
                break Some(self.inquiry.undecided());
            };
            if let Some(conclusion) = self.take(ended).await? {
                break Some(conclusion);
            }
        };
        self.stop_all(&mut cancel).await?;
        Ok((self.log, conclusion))
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
                return Ok(Some(self.inquiry.undecided()));
            }
            if !self.begin(step.start).await? {
                return Ok(None);
            }
        }
    }

    /// Whether nothing more may be judged.
    fn is_spent(&self) -> bool {
        let most = self.log.record.settings.max_trials;
        most.is_some_and(|most| self.trials >= most)
            || self
                .deadline
                .is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Answers from the store what is in it; if nothing is, begins the judgements. Whether something
    /// was answered, so that others may be wanted now.
    async fn begin(&mut self, wants: Vec<Want>) -> Result<bool, SearchError> {
        let probes: Vec<Probe> = wants.into_iter().map(|want| self.probe(want, 0)).collect();
        let mut known = HashMap::new();
        if self.log.record.settings.remember {
            let keys: Vec<Digest> = probes.iter().filter_map(|probe| probe.key).collect();
            known = self.tools.journal.verdicts(&keys).await?;
        }
        let remembered = |probe: &Probe| probe.key.and_then(|key| known.get(&key).cloned());
        if !probes.iter().any(|probe| remembered(probe).is_some()) {
            for probe in probes {
                self.spawn(probe, Duration::ZERO);
            }
            return Ok(false);
        }
        let mut answered = Vec::new();
        for probe in probes {
            match remembered(&probe) {
                None => self.inquiry.withdraw(&probe.want.version.id),
                Some(observation) => {
                    let number = self.started(&probe);
                    let end = ProbeEnd::Judged {
                        observation: observation.clone(),
                        cached: true,
                    };
                    self.ended(number, end, 0);
                    answered.push((probe, observation));
                }
            }
        }
        self.tools.journal.flush().await?;
        for (probe, observation) in answered {
            self.observe(&probe.want, &observation);
        }
        Ok(true)
    }

    fn probe(&self, want: Want, attempt: u32) -> Probe {
        let nth = self.judged.get(&want.version.id).copied().unwrap_or(0);
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
        self.log.append(BisectEvent::Started {
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
        self.trials = self.trials.saturating_add(asked.trials);
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
                self.observe(&probe.want, &observation);
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

    fn observe(&mut self, want: &Want, observation: &Observation) {
        let id = &want.version.id;
        *self.judged.entry(id.clone()).or_default() += 1;
        self.inquiry.observe(id, Some(want.purpose), observation);
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
