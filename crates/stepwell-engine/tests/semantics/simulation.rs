//! A run on a clock that goes from event to event.

use crate::program::{Act, Program};
use crate::record::Record;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use stepwell_engine::{
    JobCommand, JobInput, JobMachine, Opening, RunCommand, RunInput, RunMachine, Timer,
};
use stepwell_event::{GuestEvent, Outcome, RunEvent, StepReport, StepRequest, Stream, Usage};
use stepwell_plan::Plan;

/// More events than any table needs: a run that goes on has lost its end.
const MAX_EVENTS: usize = 10_000;

enum Event {
    Run(RunInput),
    /// An input for the job of this number, unless it has ended.
    Job(usize, JobInput),
    /// A timer, unless it was set anew.
    Timer(usize, Timer, u64),
    /// The program goes on, if it still runs.
    Go(usize, u64),
    /// The program ends, if it still runs.
    End(usize, u64, Outcome),
}

struct Job {
    id: Arc<str>,
    machine: JobMachine,
    /// The step that runs, and its program.
    running: Option<(usize, Program)>,
    /// Which of all programs it is.
    generation: u64,
    /// How often each step was begun.
    attempts: HashMap<usize, u64>,
    timers: HashMap<Timer, u64>,
}

/// A run, and what is to happen.
pub(crate) struct Simulation {
    plan: Arc<Plan>,
    run: RunMachine,
    jobs: BTreeMap<usize, Job>,
    /// By time and then by the order in which it was planned.
    agenda: BTreeMap<(u64, u64), Event>,
    planned: u64,
    now: u64,
    finished: bool,
    record: Record,
}

impl Simulation {
    pub(crate) fn new(plan: Plan, opening: Opening) -> Self {
        let plan = Arc::new(plan);
        Self {
            run: RunMachine::new(Arc::clone(&plan), opening),
            plan,
            jobs: BTreeMap::new(),
            agenda: BTreeMap::new(),
            planned: 0,
            now: 0,
            finished: false,
            record: Record::default(),
        }
    }

    /// Cancels the run at this time. At time 0 it is canceled before it begins.
    pub(crate) fn cancel(&mut self, at: u64, now: bool) {
        self.plan_at(at, Event::Run(RunInput::Cancel { now }));
    }

    /// Runs to the end.
    pub(crate) fn run(mut self) -> Record {
        self.plan_at(0, Event::Run(RunInput::Start));
        for _ in 0..MAX_EVENTS {
            let Some(((now, _), event)) = self.agenda.pop_first() else {
                assert!(self.finished, "the run has no end");
                return self.record;
            };
            self.now = now;
            self.happen(event);
        }
        panic!("the run goes on and on");
    }

    fn plan_at(&mut self, at: u64, event: Event) -> u64 {
        self.planned += 1;
        self.agenda.insert((at, self.planned), event);
        self.planned
    }

    fn plan_in(&mut self, after: u64, event: Event) -> u64 {
        self.plan_at(self.now + after, event)
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Run(input) => self.tell_run(input),
            Event::Job(number, input) => self.tell_job(number, input),
            Event::Timer(number, timer, generation) => {
                let job = self.jobs.get(&number);
                if job.and_then(|job| job.timers.get(&timer)) == Some(&generation) {
                    self.tell_job(number, JobInput::TimerFired(timer));
                }
            }
            Event::Go(number, generation) if self.runs(number, generation) => {
                self.go(number, generation);
            }
            Event::End(number, generation, outcome) if self.runs(number, generation) => {
                self.end(number, outcome);
            }
            Event::Go(..) | Event::End(..) => {}
        }
    }

    fn runs(&self, number: usize, generation: u64) -> bool {
        self.jobs
            .get(&number)
            .is_some_and(|job| job.running.is_some() && job.generation == generation)
    }

    fn tell_run(&mut self, input: RunInput) {
        let mut commands = Vec::new();
        self.run.handle(input, &mut commands);
        for command in commands {
            assert!(!self.finished, "nothing comes after the end: {command:?}");
            match command {
                RunCommand::Emit(event) => self.record.note(self.now, event),
                RunCommand::StartJob { instance, start } => {
                    let plan = Arc::clone(&self.plan);
                    let job = Job {
                        id: Arc::clone(&start.id),
                        machine: JobMachine::new(plan, start, PathBuf::from("/work")),
                        running: None,
                        generation: 0,
                        attempts: HashMap::new(),
                        timers: HashMap::new(),
                    };
                    assert!(self.jobs.insert(instance, job).is_none());
                    self.plan_in(0, Event::Job(instance, JobInput::Start));
                }
                RunCommand::CancelJobs { now } => {
                    for instance in self.jobs.keys().copied().collect::<Vec<_>>() {
                        self.plan_in(0, Event::Job(instance, JobInput::Cancel { now }));
                    }
                }
                RunCommand::Finish(result) => {
                    assert_eq!(self.run.result(), Some(result));
                    self.finished = true;
                }
            }
        }
    }

    fn tell_job(&mut self, number: usize, input: JobInput) {
        let mut commands = Vec::new();
        if let Some(job) = self.jobs.get_mut(&number) {
            job.machine.handle(input, &mut commands);
        }
        self.follow(number, commands);
    }

    fn follow(&mut self, number: usize, commands: Vec<JobCommand>) {
        for command in commands {
            match command {
                JobCommand::Emit(event) => self.note(event),
                JobCommand::RunStep { step, request } => self.start(number, step, request),
                JobCommand::StopStep { now } => self.stop(number, now),
                JobCommand::StartTimer { timer, after } => {
                    let after = u64::try_from(after.as_millis()).unwrap();
                    let generation = self.planned + 1;
                    self.plan_in(after, Event::Timer(number, timer, generation));
                    self.job(number).timers.insert(timer, generation);
                }
                JobCommand::Collect { requests, .. } => {
                    let nothing = requests.iter().map(|_| Err("there is no file".to_owned()));
                    let answers = JobInput::Collected(nothing.collect());
                    self.plan_in(0, Event::Job(number, answers));
                }
                JobCommand::Finish(end) => {
                    let instance = number;
                    assert!(self.jobs.remove(&number).is_some());
                    self.plan_in(0, Event::Run(RunInput::JobFinished { instance, end }));
                }
            }
        }
    }

    fn note(&mut self, event: RunEvent) {
        self.record.note(self.now, event);
    }

    fn job(&mut self, number: usize) -> &mut Job {
        self.jobs.get_mut(&number).expect("the job has not ended")
    }

    fn start(&mut self, number: usize, step: usize, request: StepRequest) {
        let limit = request.limits.timeout_ms;
        let generation = self.planned + 1;
        let job = self.job(number);
        let attempt = job.attempts.entry(step).or_default();
        *attempt += 1;
        job.running = Some((step, Program::new(request, *attempt)));
        job.generation = generation;
        let told = format!("{}/{step} runs", job.id);
        self.record.at(self.now, &told);
        self.plan_in(0, Event::Go(number, generation));
        if let Some(limit_ms) = limit {
            let outcome = Outcome::TimedOut { limit_ms };
            self.plan_in(limit_ms, Event::End(number, generation, outcome));
        }
    }

    fn stop(&mut self, number: usize, now: bool) {
        let job = self.job(number);
        let Some((step, program)) = &job.running else {
            return;
        };
        let (after, generation) = (program.stop(now), job.generation);
        let asked = if now { "is stopped" } else { "is asked to end" };
        let told = format!("{}/{step} {asked}", job.id);
        self.record.at(self.now, &told);
        if let Some(after) = after {
            let outcome = Outcome::Canceled { graceful: !now };
            self.plan_in(after, Event::End(number, generation, outcome));
        }
    }

    fn go(&mut self, number: usize, generation: u64) {
        while let Some((_, program)) = &mut self.job(number).running {
            match program.act() {
                Act::Print(stream, line) => self.print(number, stream, &line),
                Act::Sleep(time) => {
                    self.plan_in(time, Event::Go(number, generation));
                    return;
                }
                Act::Hang => return,
                Act::End(outcome) => return self.end(number, outcome),
            }
        }
    }

    fn print(&mut self, number: usize, stream: Stream, line: &str) {
        let bytes = format!("{line}\n").into_bytes();
        let mut commands = Vec::new();
        let machine = &mut self.job(number).machine;
        let answer = machine.guest(GuestEvent::Output { stream, bytes }, &mut commands);
        assert_eq!(answer, Ok(()));
        self.follow(number, commands);
    }

    fn end(&mut self, number: usize, outcome: Outcome) {
        self.job(number).running = None;
        let report = StepReport {
            outcome,
            usage: Usage::default(),
            read_stdin: false,
            core_dump: None,
            reply: None,
        };
        self.tell_job(number, JobInput::StepEnded(report));
    }
}
