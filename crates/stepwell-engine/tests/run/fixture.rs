//! Small plans, and a transcript of what a run does.

use std::sync::Arc;
use std::time::Duration;
use stepwell_engine::{
    JobEnd, JobStart, Opening, OutputVariable, RunCommand, RunInput, RunMachine, StartVariable,
};
use stepwell_event::{Access, Digest, Limits, RunEvent, StepResult};
use stepwell_expr::{Expression, Names};
use stepwell_plan::{
    Ceilings, Commands, DEFAULT_STAGE, Grant, Invocation, Plan, PlannedJob, PlannedStage,
    PlannedStep, PlannedStrategy, PlannedTask, PlannedVariable, RunNumberFormat, VariableValue,
};

/// A plain command without arguments that runs if all before it succeeded.
pub(crate) fn step() -> PlannedStep {
    PlannedStep {
        name: None,
        label: "lint".to_owned(),
        task: 0,
        invocation: Invocation::Command { args: Vec::new() },
        env: Vec::new(),
        condition: Expression::default(),
        timeout: None,
        fuel: None,
        continue_on_error: false,
        retries: 0,
        commands: Commands::Restricted,
        settable_variables: None,
    }
}

/// A job of one step.
pub(crate) fn job(name: &str, depends_on: &[usize]) -> PlannedJob {
    PlannedJob {
        name: name.into(),
        id: name.into(),
        label: name.to_owned(),
        stage: 0,
        depends_on: depends_on.to_vec(),
        condition: Expression::default(),
        continue_on_error: false,
        timeout: None,
        fuel: None,
        cancel_timeout: Duration::from_secs(300),
        unmet_demand: None,
        strategy: PlannedStrategy::Single,
        variables: Vec::new(),
        steps: vec![step()],
    }
}

/// The job with this condition.
pub(crate) fn when(condition: &str, job: PlannedJob) -> PlannedJob {
    let condition = Expression::condition(condition, &Names::JOB_CONDITION).unwrap();
    PlannedJob { condition, ..job }
}

/// A variable whose value is an expression.
pub(crate) fn computed(name: &str, expression: &str) -> PlannedVariable {
    let expression = Expression::parse(expression, &Names::VARIABLE).unwrap();
    PlannedVariable {
        name: name.to_owned(),
        value: VariableValue::Expression(expression),
        read_only: false,
        secret: false,
    }
}

/// A stage that runs if those before it succeeded; its jobs are found by [`staged`].
pub(crate) fn stage(name: &str, depends_on: &[usize]) -> PlannedStage {
    PlannedStage {
        name: name.into(),
        label: name.to_owned(),
        depends_on: depends_on.to_vec(),
        condition: Expression::default(),
        variables: Vec::new(),
        jobs: Vec::new(),
    }
}

/// The stage with this condition.
pub(crate) fn stage_when(condition: &str, stage: PlannedStage) -> PlannedStage {
    let condition = Expression::condition(condition, &Names::STAGE_CONDITION).unwrap();
    PlannedStage { condition, ..stage }
}

/// A plan of the default stage.
pub(crate) fn plan(jobs: Vec<PlannedJob>) -> Plan {
    staged(vec![stage(DEFAULT_STAGE, &[])], jobs)
}

/// A plan of stages; a job is in the stage that it names by position.
pub(crate) fn staged(mut stages: Vec<PlannedStage>, mut jobs: Vec<PlannedJob>) -> Plan {
    for (position, job) in jobs.iter_mut().enumerate() {
        let stage = &mut stages[job.stage];
        stage.jobs.push(position);
        if &*stage.name != DEFAULT_STAGE {
            job.id = format!("{}.{}", stage.name, job.name).into();
        }
    }
    Plan {
        name: "demo".to_owned(),
        run_number: RunNumberFormat::default(),
        variables: Vec::new(),
        tasks: vec![PlannedTask {
            name: "lint".to_owned(),
            digest: Digest::from_sha256([7; 32]),
            grant: Grant {
                workspace: Access::None,
                limits: Limits {
                    memory: 32 << 20,
                    output: 1 << 20,
                    ..Limits::default()
                },
                ..Grant::default()
            },
        }],
        stages,
        jobs,
        ceilings: Ceilings::default(),
    }
}

/// What a run of the tests begins with.
pub(crate) fn opening() -> Opening {
    Opening {
        number: "7".to_owned(),
        variables: vec![variable("Greeting", "hello")],
        ..Opening::default()
    }
}

pub(crate) fn variable(name: &str, value: &str) -> StartVariable {
    StartVariable {
        name: name.to_owned(),
        value: value.to_owned(),
        secret: false,
        read_only: false,
        untrusted: false,
    }
}

pub(crate) fn output(name: &str, value: &str) -> OutputVariable {
    OutputVariable {
        name: name.to_owned(),
        value: value.to_owned(),
        secret: false,
    }
}

/// A run that is driven by hand.
pub(crate) struct Driver {
    pub(crate) machine: RunMachine,
    /// The jobs that were started, in order.
    pub(crate) starts: Vec<(usize, JobStart)>,
}

impl Driver {
    pub(crate) fn new(plan: Plan) -> Self {
        Self {
            machine: RunMachine::new(Arc::new(plan), opening()),
            starts: Vec::new(),
        }
    }

    pub(crate) fn started(plan: Plan) -> Self {
        let mut driver = Self::new(plan);
        driver.input(RunInput::Start);
        driver
    }

    /// What the machine does about an input, one line each.
    pub(crate) fn input(&mut self, input: RunInput) -> Vec<String> {
        let mut commands = Vec::new();
        self.machine.handle(input, &mut commands);
        let lines = commands.iter().map(describe).collect();
        self.starts
            .extend(commands.into_iter().filter_map(|command| match command {
                RunCommand::StartJob { instance, start } => Some((instance, start)),
                _ => None,
            }));
        lines
    }

    /// Ends the job of this identifier.
    #[track_caller]
    pub(crate) fn end(&mut self, id: &str, result: StepResult) -> Vec<String> {
        self.end_with(id, result, Vec::new())
    }

    /// Ends the job of this identifier, which leaves these outputs.
    #[track_caller]
    pub(crate) fn end_with(
        &mut self,
        id: &str,
        result: StepResult,
        outputs: Vec<OutputVariable>,
    ) -> Vec<String> {
        let started = self.starts.iter().find(|(_, start)| &*start.id == id);
        let instance = started.unwrap_or_else(|| panic!("{id} was not started")).0;
        let end = JobEnd {
            result,
            outputs,
            secrets: Vec::new(),
        };
        self.input(RunInput::JobFinished { instance, end })
    }

    /// The value of a variable that the job of this identifier was started with.
    #[track_caller]
    pub(crate) fn given(&self, id: &str, name: &str) -> Option<&StartVariable> {
        let started = self.starts.iter().find(|(_, start)| &*start.id == id);
        let start = &started.unwrap_or_else(|| panic!("{id} was not started")).1;
        start
            .variables
            .iter()
            .find(|variable| variable.name == name)
    }
}

fn describe(command: &RunCommand) -> String {
    match command {
        RunCommand::StartJob { start, .. } => format!("start {}", start.id),
        RunCommand::CancelJobs { now } => format!("cancel now={now}"),
        RunCommand::Finish(result) => format!("end {result:?}"),
        RunCommand::Emit(event) => told(event),
    }
}

fn told(event: &RunEvent) -> String {
    let because = |reason: &Option<String>| {
        let reason = reason.as_ref().map(|reason| format!(": {reason}"));
        reason.unwrap_or_default()
    };
    match event {
        RunEvent::RunStarted { .. } => "run started".to_owned(),
        RunEvent::CancelRequested { now } => format!("canceling now={now}"),
        RunEvent::RunFinished { result } => format!("run {result:?}"),
        RunEvent::StageStarted { stage } => format!("stage {stage} started"),
        RunEvent::StageFinished {
            stage,
            result,
            reason,
        } => format!("stage {stage} {result:?}{}", because(reason)),
        RunEvent::JobExpanded { job, legs } => {
            let names: Vec<&str> = legs.iter().map(|leg| &*leg.name).collect();
            format!("{job} is {}", names.join(", "))
        }
        RunEvent::StepFinished { job, step, record } => {
            assert_eq!(record.outcome, None);
            format!("{job}/{step} {:?}", record.result)
        }
        RunEvent::JobFinished {
            job,
            result,
            reason,
        } => format!("{job} {result:?}{}", because(reason)),
        other => format!("{other:?}"),
    }
}
