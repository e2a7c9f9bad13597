//! What holds for every plan, every guest and every moment of a cancel.

use crate::fixture::{job, plan, report, step};
use proptest::prelude::*;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use stepwell_engine::{JobCommand, JobInput, JobMachine, RunCommand, RunInput, RunMachine};
use stepwell_event::{
    Denial, Frame, GuestEvent, Issue, IssueSeverity, LogLevel, Outcome, RunEvent, RunResult,
    Snapshot, StepResult, Stream, TrapKind,
};
use stepwell_plan::{Condition, Invocation, Plan, PlannedJob, PlannedStep};

/// What the guest of a step does, and how it ends unless it is stopped.
type Script = (Vec<GuestEvent>, Outcome);

/// All that is random about a run.
#[derive(Debug, Clone)]
struct Schedule {
    plan: Plan,
    /// What steps do, in the order in which they begin.
    scripts: Vec<Script>,
    /// Which of the running jobs moves.
    picks: Vec<usize>,
    /// After how many moves somebody cancels, and whether at once.
    cancels: Vec<(usize, bool)>,
}

/// Everything that was told of a run.
#[derive(Debug, PartialEq)]
struct Trace {
    events: Vec<RunEvent>,
    result: RunResult,
}

/// A job that was started.
struct Running {
    index: usize,
    machine: JobMachine,
    script: VecDeque<GuestEvent>,
    outcome: Outcome,
    secrets: Vec<String>,
    result: Option<StepResult>,
}

struct Simulation {
    schedule: Schedule,
    plan: Arc<Plan>,
    run: RunMachine,
    running: Vec<Running>,
    scripts: VecDeque<Script>,
    events: Vec<RunEvent>,
    result: Option<RunResult>,
}

impl Simulation {
    fn new(schedule: Schedule) -> Self {
        let plan = Arc::new(schedule.plan.clone());
        Self {
            run: RunMachine::new(Arc::clone(&plan), Snapshot::default()),
            plan,
            running: Vec::new(),
            scripts: schedule.scripts.clone().into(),
            schedule,
            events: Vec::new(),
            result: None,
        }
    }

    fn trace(mut self) -> Trace {
        let mut cancels = std::mem::take(&mut self.schedule.cancels);
        for moves in 0.. {
            assert!(moves < 10_000, "the run does not end");
            cancels.retain(|(after, now)| {
                let due = *after == moves;
                if due {
                    self.run_input(RunInput::Cancel { now: *now });
                }
                !due
            });
            if moves == 1 {
                self.run_input(RunInput::Start);
            }
            if moves > 1 && !self.advance(moves) {
                break;
            }
        }
        let result = self.result.expect("a run that stands still has ended");
        assert_eq!(self.run.result(), Some(result));
        Trace {
            events: self.events,
            result,
        }
    }

    /// Lets one job do one thing; false if there is none.
    fn advance(&mut self, moves: usize) -> bool {
        if self.running.is_empty() {
            return false;
        }
        let picks = &self.schedule.picks;
        let at = picks[moves % picks.len()] % self.running.len();
        let job = &mut self.running[at];
        if let Some(event) = job.script.pop_front() {
            let secret = match &event {
                GuestEvent::AddSecret { value } => Some(value.clone()),
                GuestEvent::SetVariable { value, secret, .. } if *secret => Some(value.clone()),
                _ => None,
            };
            let mut events = Vec::new();
            let answer = job.machine.guest(event, &mut events);
            check_masked(&events, &job.secrets);
            self.events.extend(events);
            job.secrets
                .extend(secret.filter(|secret| answer.is_ok() && !secret.is_empty()));
        } else {
            let outcome = job.outcome.clone();
            self.job_input(at, JobInput::StepEnded(report(outcome)));
            self.end_jobs();
        }
        true
    }

    fn job_input(&mut self, at: usize, input: JobInput) {
        let job = &mut self.running[at];
        let mut commands = Vec::new();
        job.machine.handle(input, &mut commands);
        for command in commands {
            match command {
                JobCommand::Emit(event) => {
                    check_masked(std::slice::from_ref(&event), &job.secrets);
                    self.events.push(event);
                }
                JobCommand::RunStep { .. } => {
                    let (script, outcome) = self.scripts.pop_front().expect("enough scripts");
                    job.script = script.into();
                    job.outcome = outcome;
                }
                JobCommand::StopStep { now } => {
                    job.script.clear();
                    job.outcome = Outcome::Canceled { graceful: !now };
                }
                JobCommand::Finish(result) => {
                    assert_eq!(job.result.replace(result), None, "a job ends once");
                    assert!(job.machine.is_finished());
                }
            }
        }
    }

    fn run_input(&mut self, input: RunInput) {
        let mut commands = Vec::new();
        self.run.handle(input, &mut commands);
        for command in commands {
            match command {
                RunCommand::Emit(event) => self.events.push(event),
                RunCommand::StartJob { job } => {
                    self.running.push(Running {
                        index: job,
                        machine: JobMachine::new(Arc::clone(&self.plan), job, PathBuf::new()),
                        script: VecDeque::new(),
                        outcome: Outcome::Succeeded,
                        secrets: Vec::new(),
                        result: None,
                    });
                    self.job_input(self.running.len() - 1, JobInput::Start);
                }
                RunCommand::CancelJobs { now } => {
                    for at in 0..self.running.len() {
                        self.job_input(at, JobInput::Cancel { now });
                    }
                }
                RunCommand::Finish(result) => {
                    assert_eq!(self.result.replace(result), None, "a run ends once");
                }
            }
        }
        self.end_jobs();
    }

    fn end_jobs(&mut self) {
        while let Some(at) = self.running.iter().position(|job| job.result.is_some()) {
            let job = self.running.remove(at);
            self.run_input(RunInput::JobFinished {
                job: job.index,
                result: job.result.unwrap(),
            });
        }
    }
}

fn check_masked(events: &[RunEvent], secrets: &[String]) {
    for event in events {
        let text = format!("{event:?}");
        for secret in secrets {
            assert!(!text.contains(secret.as_str()), "{secret} in {text}");
        }
    }
}

fn secret() -> impl Strategy<Value = String> {
    "S[abc]{2,4}"
}

/// Text in which secrets are likely.
fn text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        secret(),
        secret().prop_map(|secret| format!("{secret}{secret}")),
        Just("\n".to_owned()),
        Just("##vso[task.setvariable variable=x]".to_owned()),
        Just("##vso[task.complete result=Failed;]".to_owned()),
        Just("##vso[task.logissue type=error;sourcepath=a]".to_owned()),
        "[abc \r=;]{0,5}",
    ];
    prop::collection::vec(word, 0..5).prop_map(|words| words.concat())
}

fn guest_event() -> impl Strategy<Value = GuestEvent> {
    let issue = (any::<bool>(), text()).prop_map(|(error, message)| {
        GuestEvent::Issue(Issue {
            severity: if error {
                IssueSeverity::Error
            } else {
                IssueSeverity::Warning
            },
            path: Some(message.clone()),
            code: Some(message.clone()),
            message,
            line: None,
            column: None,
        })
    });
    let variable = (
        "[ab.]{1,2}",
        prop_oneof![text(), secret()],
        any::<[bool; 3]>(),
    )
        .prop_map(
            |(name, value, [secret, output, read_only])| GuestEvent::SetVariable {
                name,
                value,
                secret,
                output,
                read_only,
            },
        );
    let result = prop::sample::select(vec![
        StepResult::Succeeded,
        StepResult::SucceededWithIssues,
        StepResult::Failed,
    ]);
    prop_oneof![
        4 => (any::<bool>(), text()).prop_map(|(error, text)| GuestEvent::Output {
            stream: if error { Stream::Stderr } else { Stream::Stdout },
            bytes: text.into_bytes(),
        }),
        2 => secret().prop_map(|value| GuestEvent::AddSecret { value }),
        2 => variable,
        1 => text().prop_map(|message| GuestEvent::Log { level: LogLevel::Info, message }),
        1 => issue,
        1 => (any::<u8>(), text()).prop_map(|(percent, message)| GuestEvent::Progress { percent, message }),
        1 => (result, text()).prop_map(|(result, message)| GuestEvent::Complete { result, message }),
        1 => text().prop_map(|target| GuestEvent::Denied(Denial {
            capability: "network".to_owned(),
            grant: Some(target.clone()),
            target,
        })),
    ]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        4 => Just(Outcome::Succeeded),
        1 => Just(Outcome::ExitCode { code: 3 }),
        1 => Just(Outcome::TimedOut { limit_ms: 5 }),
        1 => (text(), text()).prop_map(|(message, details)| Outcome::Failed {
            message,
            code: 1,
            details: Some(details),
        }),
        1 => text().prop_map(|function| Outcome::Trapped {
            trap: TrapKind::Unreachable,
            backtrace: vec![Frame { location: Some(function.clone()), function }],
        }),
        1 => text().prop_map(|message| Outcome::HostFailed { message }),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    prop_oneof![
        3 => Just(Condition::Succeeded),
        1 => Just(Condition::Failed),
        1 => Just(Condition::Always),
        1 => Just(Condition::SucceededOrFailed),
    ]
}

fn planned_step() -> impl Strategy<Value = PlannedStep> {
    (condition(), any::<[bool; 3]>()).prop_map(|(condition, [named, typed, continue_on_error])| {
        PlannedStep {
            name: named.then(|| "n".to_owned()),
            invocation: if typed {
                Invocation::Task {
                    inputs: vec![("i".to_owned(), "$(a) $(n.a)".to_owned())],
                }
            } else {
                Invocation::Command {
                    args: vec!["$(b)".to_owned()],
                }
            },
            condition,
            continue_on_error,
            ..step()
        }
    })
}

/// Each bit of the mask is a dependency on an earlier job.
fn planned_job() -> impl Strategy<Value = (u8, Condition, Vec<PlannedStep>)> {
    let steps = prop::collection::vec(planned_step(), 1..4);
    (any::<u8>(), condition(), steps)
}

fn schedule() -> impl Strategy<Value = Schedule> {
    let plan = prop::collection::vec(planned_job(), 1..6).prop_map(|jobs| {
        let planned = jobs
            .into_iter()
            .enumerate()
            .map(|(index, (mask, condition, steps))| {
                let depends_on: Vec<usize> =
                    (0..index).filter(|bit| mask >> bit & 1 == 1).collect();
                PlannedJob {
                    condition,
                    ..job(&format!("job-{index}"), &depends_on, steps)
                }
            });
        plan(planned.collect())
    });
    let script = (prop::collection::vec(guest_event(), 0..6), outcome());
    let cancels = prop_oneof![
        Just(Vec::new()),
        prop::collection::vec((0..30_usize, any::<bool>()), 1..3),
    ];
    (
        plan,
        prop::collection::vec(script, 20),
        prop::collection::vec(0..6_usize, 1..20),
        cancels,
    )
        .prop_map(|(plan, scripts, picks, cancels)| Schedule {
            plan,
            scripts,
            picks,
            cancels,
        })
}

/// The results of a job's steps in the order of their end.
fn step_results(trace: &Trace, name: &str) -> Vec<(u32, StepResult)> {
    let ends = trace.events.iter().filter_map(|event| match event {
        RunEvent::StepFinished { job, step, record } if **job == *name => {
            Some((*step, record.result))
        }
        _ => None,
    });
    ends.collect()
}

fn job_results(trace: &Trace, name: &str) -> Vec<StepResult> {
    let ends = trace.events.iter().filter_map(|event| match event {
        RunEvent::JobFinished { job, result } if **job == *name => Some(*result),
        _ => None,
    });
    ends.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Along the way the simulation checks that no secret shows after it became known.
    #[test]
    fn every_run_ends_with_every_step_and_job_in_one_final_state(schedule in schedule()) {
        let trace = Simulation::new(schedule.clone()).trace();
        for job in &schedule.plan.jobs {
            let steps: Vec<u32> = step_results(&trace, &job.name).iter().map(|(step, _)| *step).collect();
            prop_assert_eq!(steps, (0..job.steps.len() as u32).collect::<Vec<_>>());
            prop_assert_eq!(job_results(&trace, &job.name).len(), 1);
        }
        let first_is_start = matches!(trace.events.first(), Some(RunEvent::RunStarted { .. }));
        prop_assert!(first_is_start);
        let end = RunEvent::RunFinished { result: trace.result };
        prop_assert_eq!(trace.events.last(), Some(&end));
    }

    #[test]
    fn a_failed_step_leaves_no_job_and_no_run_successful(schedule in schedule()) {
        let trace = Simulation::new(schedule.clone()).trace();
        for job in &schedule.plan.jobs {
            let failed = step_results(&trace, &job.name)
                .iter()
                .any(|(_, result)| *result == StepResult::Failed);
            if failed {
                let results = job_results(&trace, &job.name);
                prop_assert!(matches!(results[..], [StepResult::Failed | StepResult::Canceled]));
                prop_assert!(matches!(trace.result, RunResult::Failed | RunResult::Canceled));
            }
        }
    }

    #[test]
    fn the_same_inputs_give_the_same_events(schedule in schedule()) {
        let trace = Simulation::new(schedule.clone()).trace();
        prop_assert_eq!(trace, Simulation::new(schedule).trace());
    }
}
