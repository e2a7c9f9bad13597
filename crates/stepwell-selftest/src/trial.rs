//! One case from its folders to its verdict.

use crate::arena::Arena;
use crate::canary::Canary;
use crate::case::{Case, Order, Program, Word};
use crate::handmade;
use crate::judge::{End, Ran, judge};
use crate::place::Place;
use crate::process;
use crate::recorder::{Ear, Recorder};
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use stepwell_event::{Access, Digest, Entry, Limits, StepRequest, WorkspaceGrant};
use stepwell_sandbox::{Code, LoadError, Metering, StopHandle};

/// What came of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The defence held.
    Held(Word),
    /// It did not; what was wrong.
    GotThrough(Vec<String>),
    /// It could not be tried here; why.
    NotTested(String),
}

/// One attempt and what came of it.
#[derive(Debug, Clone)]
pub struct Trial {
    /// Its identifier.
    pub id: &'static str,
    /// What came of it.
    pub verdict: Verdict,
    /// How its programs ended, each told once.
    pub ends: Vec<String>,
    /// How long it took.
    pub took: Duration,
    /// Bytes that the host grew by, where that was measured.
    pub memory: Option<u64>,
}

/// What trials share.
pub(crate) struct Ground<'a> {
    pub(crate) arena: &'a dyn Arena,
    pub(crate) guest: Option<&'a [u8]>,
    pub(crate) folder: &'a Path,
    pub(crate) canary: Canary,
    /// Code of programs that are run more than once.
    pub(crate) codes: Mutex<HashMap<(Digest, Metering), Code>>,
    /// The most that this process held.
    pub(crate) peak: AtomicU64,
    /// The process does other things meanwhile, so that its memory says nothing.
    pub(crate) beside_others: bool,
}

/// One program of a case, ready to be loaded.
struct Contestant<'a> {
    bytes: Cow<'a, [u8]>,
    attempt: Option<(&'static str, u64)>,
}

impl Ground<'_> {
    /// Compiles what an attempt needs, so that it does not count to the attempt.
    pub(crate) fn warm_up(&self, case: &Case) {
        for one in self.contestants(case).iter().flatten() {
            self.compile(case, one);
        }
    }

    fn compile(&self, case: &Case, one: &Contestant<'_>) {
        // Whether it can be is told when it is run.
        drop(self.code(case, one));
    }

    /// Remembers the peak before it is measured anew.
    pub(crate) fn note_peak(&self) {
        self.peak.fetch_max(process::peak(), Ordering::Relaxed);
    }

    /// Tries one attempt.
    pub(crate) fn try_out(&self, case: &Case) -> Trial {
        let started = Instant::now();
        let mut trial = Trial {
            id: case.id,
            verdict: Verdict::Held(case.word),
            ends: Vec::new(),
            took: Duration::ZERO,
            memory: None,
        };
        let mut wrong = Vec::new();
        let mut programs = 0;
        match self.contestants(case) {
            Err(reason) => trial.verdict = Verdict::NotTested(reason),
            Ok(contestants) => {
                programs = contestants.len();
                // Compiled first: what is measured is the attempt.
                if case.memory.is_some() {
                    contestants.iter().for_each(|one| self.compile(case, one));
                }
                self.note_peak();
                if case.memory.is_some() {
                    process::mark_peak();
                }
                let before = process::resident();
                wrong = self.run_all(case, &contestants, &mut trial.ends);
                if let Some(bound) = case.memory {
                    let grown = process::peak().saturating_sub(before);
                    trial.memory = Some(grown);
                    self.note_peak();
                    if grown > bound && !self.beside_others {
                        wrong.push(format!("the host grew by {} MiB", grown >> 20));
                    }
                }
            }
        }
        trial.took = started.elapsed();
        let bound = Duration::from_millis(case.bound_ms(programs));
        if trial.took > bound {
            wrong.push(format!(
                "it took {:.1} s and must not take {:.1} s",
                trial.took.as_secs_f64(),
                bound.as_secs_f64()
            ));
        }
        if !wrong.is_empty() {
            wrong.dedup();
            trial.verdict = Verdict::GotThrough(wrong);
        }
        trial
    }

    fn contestants(&self, case: &Case) -> Result<Vec<Contestant<'_>>, String> {
        let mut contestants = Vec::new();
        for program in case.programs {
            match program {
                Program::Guest(attempt, number) => {
                    let bytes = self.guest.ok_or("this build carries no hostile task")?;
                    contestants.push(Contestant {
                        bytes: Cow::Borrowed(bytes),
                        attempt: Some((attempt, *number)),
                    });
                }
                Program::Made(name) => {
                    let bytes = handmade::made(name).ok_or("there is no such component")?;
                    contestants.push(Contestant {
                        bytes: Cow::Borrowed(bytes),
                        attempt: None,
                    });
                }
                Program::File(make) => contestants.push(Contestant {
                    bytes: Cow::Owned(make()),
                    attempt: None,
                }),
                Program::Files(make) => {
                    contestants.extend(make().into_iter().map(|bytes| Contestant {
                        bytes: Cow::Owned(bytes),
                        attempt: None,
                    }));
                }
            }
        }
        Ok(contestants)
    }

    fn run_all(
        &self,
        case: &Case,
        contestants: &[Contestant<'_>],
        ends: &mut Vec<String>,
    ) -> Vec<String> {
        let groups: Vec<&[Contestant<'_>]> = match case.order {
            Order::Apart => contestants.chunks(1).collect(),
            Order::InTurn | Order::Together => vec![contestants],
        };
        let mut wrong = Vec::new();
        for (index, group) in groups.into_iter().enumerate() {
            let name = match index {
                0 => case.id.to_owned(),
                more => format!("{}-{more}", case.id),
            };
            match self.run_group(case, &name, group, ends) {
                Ok(more) => wrong.extend(more),
                Err(error) => wrong.push(format!("its folders cannot be kept: {error}")),
            }
        }
        wrong
    }

    /// Runs programs that share a place.
    fn run_group(
        &self,
        case: &Case,
        name: &str,
        group: &[Contestant<'_>],
        ends: &mut Vec<String>,
    ) -> std::io::Result<Vec<String>> {
        let place = Place::new(self.folder, name, self.canary.clone())?;
        (case.prepare)(&place)?;
        let read_only = (case.workspace == Access::Read).then(|| place.fingerprint());
        let before = read_only.transpose()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let ran = runtime.block_on(async {
            let mut steps: Vec<Running<'_, (Ran, Ear)>> = Vec::new();
            for contestant in group {
                let step = Box::pin(self.run_one(case, contestant, &place));
                match case.order {
                    Order::Together => steps.push(step),
                    Order::Apart | Order::InTurn => steps.push(ready(step.await)),
                }
            }
            join_all(steps).await
        });
        // A call that never ends must not keep the suite; its thread is noticed afterwards.
        runtime.shutdown_background();
        let mut wrong = Vec::new();
        for ((ran, ear), contestant) in ran.iter().zip(group) {
            wrong.extend(judge(case, contestant.attempt.is_some(), ran, &place));
            let late = ear.late();
            if late > 0 {
                wrong.push(format!("{late} events came after its end"));
            }
            let end = ran.describe();
            self.canary.search(end.as_bytes());
            self.canary.count(4);
            if !ends.contains(&end) && ends.len() < 8 {
                ends.push(end);
            }
        }
        if before.is_some_and(|before| place.fingerprint().ok() != Some(before)) {
            wrong.push("a workspace that it may only read was changed".to_owned());
        }
        place.search();
        place.remove()?;
        Ok(wrong)
    }

    async fn run_one(&self, case: &Case, one: &Contestant<'_>, place: &Place) -> (Ran, Ear) {
        let ear = Ear::default();
        let code = match self.code(case, one) {
            Ok(code) => code,
            Err(error) => {
                let ran = Ran {
                    end: End::NotLoaded(error.kind(), error.to_string()),
                    heard: ear.end(),
                };
                return (ran, ear);
            }
        };
        let stop = StopHandle::default();
        let recorder = Recorder {
            ear: ear.clone(),
            canary: self.canary.clone(),
            stop: stop.clone(),
            ask: case.ask,
            stalled: case.stalled,
        };
        let request = request(case, one, &code, place);
        let run = self.arena.run(&code, request, stop, Box::new(recorder));
        let report = run.await;
        let ran = Ran {
            end: End::Step(Box::new(report)),
            heard: ear.end(),
        };
        (ran, ear)
    }

    fn code(&self, case: &Case, one: &Contestant<'_>) -> Result<Code, LoadError> {
        let digest = Digest::from_sha256(Sha256::digest(&one.bytes).into());
        let metering = Metering::of(&limits(case));
        let lock = || self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(code) = lock().get(&(digest, metering)) {
            return Ok(code.clone());
        }
        let code = self.arena.load(&one.bytes, digest, metering)?;
        if one.attempt.is_some() || case.programs.len() > 1 {
            lock().insert((digest, metering), code.clone());
        }
        Ok(code)
    }
}

fn limits(case: &Case) -> Limits {
    let mut limits = Limits {
        timeout_ms: Some(case.timeout_ms),
        grace_ms: case.grace_ms,
        ..Limits::default()
    };
    for (limit, value) in case.limits {
        limits.set(*limit, *value);
    }
    limits
}

fn request(case: &Case, one: &Contestant<'_>, code: &Code, place: &Place) -> StepRequest {
    let entry = match one.attempt {
        Some((attempt, number)) => Entry::Task {
            inputs: vec![
                ("attempt".to_owned(), attempt.to_owned()),
                ("number".to_owned(), number.to_string()),
            ],
        },
        None => Entry::Command { args: Vec::new() },
    };
    let text = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    StepRequest {
        component: code.digest(),
        entry,
        env: case.env.iter().map(text).collect(),
        workspace: (case.workspace != Access::None).then(|| WorkspaceGrant {
            path: place.workspace(),
            access: case.workspace,
            folders: Vec::new(),
        }),
        grants: (case.grants)(),
        limits: limits(case),
    }
}

type Running<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + 'a>>;

fn ready<'a, T: 'a>(value: T) -> Running<'a, T> {
    Box::pin(std::future::ready(value))
}

/// Waits for all, polling each in turn.
async fn join_all<T>(mut futures: Vec<Running<'_, T>>) -> Vec<T> {
    let mut outputs: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, output) in futures.iter_mut().zip(&mut outputs) {
            if output.is_none()
                && let std::task::Poll::Ready(value) = future.as_mut().poll(context)
            {
                *output = Some(value);
            }
        }
        if outputs.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    outputs.into_iter().flatten().collect()
}
