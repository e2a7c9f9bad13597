//! What holds for every job, every guest and every moment of a cancel or a timer.

use crate::fixture::{condition, job, plan, report, step};
use proptest::prelude::*;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use stepwell_engine::{JobCommand, JobEnd, JobInput, JobMachine, JobStart, StartVariable, Timer};
use stepwell_event::{
    Collect, Collected, Denial, DetailUpdate, Digest, Frame, GuestEvent, Issue, IssueSeverity,
    LogLevel, Outcome, Publish, RunEvent, StepResult, StoredFile, Stream, TestFailure,
    TestResultsRequest, TestRun, TrapKind,
};
use stepwell_plan::{Commands, Invocation, PlannedJob, PlannedStep};

/// What the guest of a step does, and how it ends unless it is stopped.
type Script = (Vec<GuestEvent>, Outcome);

/// All that is random about a job.
#[derive(Debug, Clone)]
struct Schedule {
    job: PlannedJob,
    /// A secret that the job starts with.
    secret: String,
    /// What steps do, in the order in which they begin; endless by repetition.
    scripts: Vec<Script>,
    /// What happens from outside, and after how many moves.
    inputs: Vec<(usize, JobInput)>,
}

/// Everything that was told of a job.
#[derive(Debug, PartialEq)]
struct Trace {
    events: Vec<RunEvent>,
    end: JobEnd,
}

struct Simulation {
    schedule: Schedule,
    machine: JobMachine,
    scripts: usize,
    running: Option<Script>,
    script: VecDeque<GuestEvent>,
    collecting: Vec<Collect>,
    timers: Vec<Timer>,
    secrets: Vec<String>,
    events: Vec<RunEvent>,
    end: Option<JobEnd>,
}

impl Simulation {
    fn new(schedule: Schedule) -> Self {
        let secret = StartVariable {
            name: "given".to_owned(),
            value: schedule.secret.clone(),
            secret: true,
            read_only: false,
            untrusted: false,
        };
        let start = JobStart {
            job: 0,
            secrets: Vec::new(),
            id: "build".into(),
            variables: vec![secret],
        };
        let plan = Arc::new(plan(vec![schedule.job.clone()]));
        Self {
            machine: JobMachine::new(plan, start, PathBuf::new()),
            secrets: vec![schedule.secret.clone()],
            schedule,
            scripts: 0,
            running: None,
            script: VecDeque::new(),
            collecting: Vec::new(),
            timers: Vec::new(),
            events: Vec::new(),
            end: None,
        }
    }

    fn trace(mut self) -> Trace {
        let mut inputs = std::mem::take(&mut self.schedule.inputs);
        for moves in 0.. {
            assert!(moves < 10_000, "the job does not end");
            inputs.retain(|(after, input)| {
                let due = *after == moves;
                if due {
                    self.input(input.clone());
                }
                !due
            });
            if moves == 1 {
                self.input(JobInput::Start);
            }
            if self.end.is_some() {
                break;
            }
            if moves > 1 {
                self.advance();
            }
        }
        assert!(self.machine.is_finished());
        let end = self.end.expect("a job that stands still has ended");
        Trace {
            events: self.events,
            end,
        }
    }

    /// Lets the job do one thing.
    fn advance(&mut self) {
        if let Some(event) = self.script.pop_front() {
            self.guest(event);
        } else if let Some((_, outcome)) = self.running.take() {
            self.input(JobInput::StepEnded(report(outcome)));
        } else if !self.collecting.is_empty() {
            let secret = self.secrets.concat();
            let answers = std::mem::take(&mut self.collecting)
                .into_iter()
                .map(|collect| collected(&collect, &secret));
            self.input(JobInput::Collected(answers.collect()));
        } else {
            let at = self.timers.iter().position(|timer| *timer == Timer::Retry);
            let timer = self.timers.remove(at.expect("a job waits for something"));
            self.input(JobInput::TimerFired(timer));
        }
    }

    fn guest(&mut self, event: GuestEvent) {
        let secret = match &event {
            GuestEvent::AddSecret { value } => Some(value.clone()),
            GuestEvent::SetVariable { value, secret, .. } if *secret => Some(value.clone()),
            _ => None,
        };
        let mut commands = Vec::new();
        let answer = self.machine.guest(event, &mut commands);
        self.follow(commands);
        let masked = secret.filter(|secret| answer.is_ok() && !secret.is_empty());
        self.secrets.extend(masked);
    }

    fn input(&mut self, input: JobInput) {
        let mut commands = Vec::new();
        self.machine.handle(input, &mut commands);
        self.follow(commands);
    }

    fn follow(&mut self, commands: Vec<JobCommand>) {
        for command in commands {
            assert_eq!(self.end, None, "nothing follows the end");
            match command {
                JobCommand::Emit(event) => {
                    check_masked(&event, &self.secrets);
                    self.events.push(event);
                }
                JobCommand::RunStep { .. } => {
                    assert!(self.running.is_none() && self.collecting.is_empty());
                    let scripts = &self.schedule.scripts;
                    let script = scripts[self.scripts % scripts.len()].clone();
                    self.scripts += 1;
                    self.script = script.0.clone().into();
                    self.running = Some(script);
                }
                JobCommand::StopStep { now } => {
                    self.script.clear();
                    let running = self
                        .running
                        .as_mut()
                        .expect("only a running step is stopped");
                    running.1 = Outcome::Canceled { graceful: !now };
                }
                JobCommand::StartTimer { timer, .. } => {
                    self.timers.retain(|known| *known != timer);
                    self.timers.push(timer);
                }
                JobCommand::Collect { requests, .. } => {
                    assert!(self.running.is_none() && !requests.is_empty());
                    self.collecting = requests;
                }
                JobCommand::Finish(end) => self.end = Some(end),
            }
        }
    }
}

/// An answer that is full of secrets.
fn collected(collect: &Collect, secret: &str) -> Result<Collected, String> {
    let file = || StoredFile {
        path: secret.to_owned(),
        digest: Digest::from_sha256([1; 32]),
        bytes: 3,
    };
    Ok(match collect {
        Collect::Files { path, .. } if path.contains('b') => {
            return Err(format!("no such file: {secret}"));
        }
        Collect::Files { .. } => Collected::Files {
            files: vec![file()],
        },
        Collect::Text { .. } => Collected::Text {
            text: format!("# {secret}\n{secret}"),
            truncated: true,
        },
        Collect::TestResults { .. } => Collected::TestResults {
            runs: vec![TestRun {
                file: secret.to_owned(),
                failed: 1,
                failures: vec![TestFailure {
                    name: secret.to_owned(),
                    message: secret.to_owned(),
                }],
                ..TestRun::default()
            }],
            files: vec![file()],
        },
        Collect::Coverage { .. } => Collected::Coverage {
            coverage: stepwell_event::Coverage::default(),
            files: vec![file()],
        },
    })
}

/// Looks through everything that is in the event. Secrets begin with `S`, see [`secret`], since words
/// of the format itself, such as `unreachable`, are in the text too.
fn check_masked(event: &RunEvent, secrets: &[String]) {
    let text = format!("{event:?}");
    for secret in secrets {
        assert!(!text.contains(secret.as_str()), "{secret} in {text}");
    }
}

fn publish() -> impl Strategy<Value = Publish> {
    let name = || prop_oneof![secret(), text()];
    prop_oneof![
        (name(), name(), text()).prop_map(|(kind, name, path)| Publish::Attachment {
            kind,
            name,
            path
        }),
        text().prop_map(|path| Publish::Summary { path }),
        (name(), prop::option::of(name()), text())
            .prop_map(|(name, folder, path)| Publish::Artifact { name, folder, path }),
        (name(), text()).prop_map(|(title, file)| Publish::TestResults(TestResultsRequest {
            format: "junit".to_owned(),
            files: vec![file],
            title: Some(title.clone()),
            platform: Some(title),
            fail_on_failed_tests: true,
            ..TestResultsRequest::default()
        })),
        name().prop_map(|number| Publish::RunNumber { number }),
        name().prop_map(|tag| Publish::Tag { tag }),
        (name(), name()).prop_map(|(name, operation)| Publish::Detail(DetailUpdate {
            id: "11111111-1111-1111-1111-111111111111".to_owned(),
            kind: Some(name.clone()),
            name: Some(name),
            operation,
            ..DetailUpdate::default()
        })),
    ]
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
        Just("##vso[task.complete result=Succeeded;done=true]".to_owned()),
        Just("##vso[task.setvariable variable=s;issecret=true]".to_owned()),
        Just("##vso[task.settaskvariable variable=s]".to_owned()),
        Just("##vso[task.uploadsummary]".to_owned()),
        Just("##vso[build.addbuildtag]".to_owned()),
        Just("##vso[task.prependpath]".to_owned()),
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
                value: if secret { format!("Sa{value}") } else { value },
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
        1 => publish().prop_map(|publish| GuestEvent::Publish { publish }),
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

fn planned_step() -> impl Strategy<Value = PlannedStep> {
    let conditions = prop::sample::select(vec![
        "succeeded()",
        "succeeded()",
        "failed()",
        "always()",
        "canceled()",
        "succeededOrFailed()",
        "ne(variables.given, variables['n.a'])",
        "eq(variables.a, variables.given)",
        "gt(1, variables.b)",
    ]);
    let commands = prop::sample::select(vec![Commands::Any, Commands::Restricted, Commands::None]);
    (
        conditions,
        any::<[bool; 4]>(),
        commands,
        prop_oneof![4 => Just(0), 1 => 1..4_u8],
    )
        .prop_map(
            |(text, [named, typed, continue_on_error, settable], commands, retries)| PlannedStep {
                name: named.then(|| "n".to_owned()),
                task: 1,
                invocation: if typed {
                    Invocation::Task {
                        inputs: vec![("i".to_owned(), "$(a) $(n.a)".to_owned())],
                    }
                } else {
                    Invocation::Command {
                        args: vec!["$(b)".to_owned()],
                    }
                },
                condition: condition(text),
                continue_on_error,
                retries,
                commands,
                settable_variables: settable.then(|| vec!["a*".to_owned()]),
                ..step()
            },
        )
}

fn schedule() -> impl Strategy<Value = Schedule> {
    let steps = prop::collection::vec(planned_step(), 1..5);
    let planned = (steps, any::<bool>()).prop_map(|(steps, timeout)| PlannedJob {
        timeout: timeout.then_some(Duration::from_secs(60)),
        ..job("build", &[], steps)
    });
    let script = (prop::collection::vec(guest_event(), 0..6), outcome());
    let input = prop_oneof![
        any::<bool>().prop_map(|now| JobInput::Cancel { now }),
        Just(JobInput::TimerFired(Timer::Timeout)),
        Just(JobInput::TimerFired(Timer::Grace)),
    ];
    let inputs = prop_oneof![
        Just(Vec::new()),
        prop::collection::vec((0..30_usize, input), 1..4),
    ];
    (
        planned,
        secret(),
        prop::collection::vec(script, 1..8),
        inputs,
    )
        .prop_map(|(job, secret, scripts, inputs)| Schedule {
            job,
            secret,
            scripts,
            inputs,
        })
}

/// The results of the job's steps in the order of their end.
fn step_results(trace: &Trace) -> Vec<(u32, StepResult)> {
    let ends = trace.events.iter().filter_map(|event| match event {
        RunEvent::StepFinished { step, record, .. } => Some((*step, record.result)),
        _ => None,
    });
    ends.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(768))]

    /// Along the way the simulation checks that no secret shows after it became known, and that the
    /// machine never asks for two things at once.
    #[test]
    fn every_job_ends_with_every_step_in_one_final_state(schedule in schedule()) {
        let trace = Simulation::new(schedule.clone()).trace();
        let steps: Vec<u32> = step_results(&trace).iter().map(|(step, _)| *step).collect();
        prop_assert_eq!(steps, (0..schedule.job.steps.len() as u32).collect::<Vec<_>>());
        let first_is_start = matches!(trace.events.first(), Some(RunEvent::JobStarted { .. }));
        prop_assert!(first_is_start);
        let last_is_end = matches!(
            trace.events.last(),
            Some(RunEvent::JobFinished { result, .. }) if *result == trace.end.result
        );
        prop_assert!(last_is_end);
    }

    #[test]
    fn a_failed_step_leaves_no_job_successful(schedule in schedule()) {
        let trace = Simulation::new(schedule).trace();
        let failed = step_results(&trace).iter().any(|(_, result)| *result == StepResult::Failed);
        if failed {
            prop_assert!(matches!(trace.end.result, StepResult::Failed | StepResult::Canceled));
        }
    }

    #[test]
    fn a_step_is_tried_no_more_often_than_planned(schedule in schedule()) {
        let trace = Simulation::new(schedule.clone()).trace();
        for (index, step) in schedule.job.steps.iter().enumerate() {
            let retries = trace.events.iter().filter(|event| {
                matches!(event, RunEvent::StepRetried { step, .. } if *step as usize == index)
            });
            prop_assert!(retries.count() <= usize::from(step.retries));
        }
    }

    #[test]
    fn secret_outputs_are_marked(schedule in schedule()) {
        let trace = Simulation::new(schedule.clone()).trace();
        for output in &trace.end.outputs {
            prop_assert!(output.secret || !output.value.contains(&schedule.secret));
        }
    }

    #[test]
    fn the_same_inputs_give_the_same_events(schedule in schedule()) {
        let trace = Simulation::new(schedule.clone()).trace();
        prop_assert_eq!(trace, Simulation::new(schedule).trace());
    }
}
