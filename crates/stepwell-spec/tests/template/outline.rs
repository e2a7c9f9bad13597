//! A pipeline as some lines of text.

use std::fmt::Write as _;
use stepwell_spec::{
    Arguments, DEFAULT_STAGE, Job, Legs, Pair, Pipeline, Step, Strategy, Variable, VariableValue,
};

/// What a pipeline says, without places and defaults.
pub(crate) fn of(pipeline: &Pipeline) -> String {
    let mut out = String::new();
    if pipeline.name != "pipeline" {
        writeln!(out, "name {}", pipeline.name).unwrap();
    }
    for (name, value) in &pipeline.parameters {
        writeln!(out, "parameter {name}={value}").unwrap();
    }
    out.push_str(&variables("", &pipeline.variables));
    for task in &pipeline.tasks {
        let source = task.source.as_ref().map_or("", |source| &source.value);
        writeln!(out, "task {} {source}", task.name.value).unwrap();
    }
    for stage in &pipeline.stages {
        if stage.name.value != DEFAULT_STAGE {
            writeln!(out, "stage {}", stage.name.value).unwrap();
            out.push_str(&variables("  ", &stage.variables));
        }
    }
    for job in &pipeline.jobs {
        out.push_str(&job_lines(job));
    }
    out
}

fn variables(indent: &str, variables: &[Variable]) -> String {
    let line = |variable: &Variable| {
        let value = match &variable.value.value {
            VariableValue::Text(text) => text.clone(),
            VariableValue::Expression(expression) => format!("$[{}]", expression.text()),
        };
        let lock = if variable.read_only { " readonly" } else { "" };
        format!("{indent}variable {}={value}{lock}\n", variable.name.value)
    };
    variables.iter().map(line).collect()
}

fn job_lines(job: &Job) -> String {
    let mut out = format!("job {}", job.name.value);
    if let Some(stage) = &job.stage {
        write!(out, " in {}", stage.value).unwrap();
    }
    for name in &job.depends_on {
        write!(out, " after {}", name.value).unwrap();
    }
    if job.condition.text() != "succeeded()" {
        write!(out, " if {}", job.condition.text()).unwrap();
    }
    out.push('\n');
    out.push_str(&variables("  ", &job.variables));
    if let Strategy::Matrix {
        legs: Legs::Listed(legs),
        ..
    } = &job.strategy
    {
        for leg in legs {
            writeln!(out, "  leg {}{}", leg.name.value, pairs(&leg.variables)).unwrap();
        }
    }
    for step in &job.steps {
        writeln!(out, "  {}", step_line(step)).unwrap();
    }
    out
}

fn step_line(step: &Step) -> String {
    let mut out = step.task.value.clone();
    if let Some(name) = &step.name {
        write!(out, " name={name}").unwrap();
    }
    if let Some(name) = &step.display_name {
        write!(out, " {name:?}").unwrap();
    }
    match &step.arguments {
        Arguments::None => {}
        Arguments::Inputs(inputs) => out.push_str(&pairs(&inputs.value)),
        Arguments::Args(args) => write!(out, " {:?}", args.value).unwrap(),
    }
    if !step.env.is_empty() {
        write!(out, " env{}", pairs(&step.env)).unwrap();
    }
    if step.condition.text() != "succeeded()" {
        write!(out, " if {}", step.condition.text()).unwrap();
    }
    if step.continue_on_error {
        out.push_str(" continue-on-error");
    }
    out
}

fn pairs(pairs: &[Pair]) -> String {
    let texts: Vec<_> = pairs
        .iter()
        .map(|pair| {
            format!(
                "{}={}",
                pair.name.value,
                pair.value.value.replace('\n', "|")
            )
        })
        .collect();
    format!(" {{{}}}", texts.join(", "))
}
