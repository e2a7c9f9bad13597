//! `stepwell task`.

use crate::commands::OutputFormat;
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::isolation;
use crate::preparation::open_cache;
use crate::problem::Problems;
use clap::{Args, Subcommand};
use serde_json::json;
use std::fmt::Write as _;
use std::path::Path;
use stepwell_diagnostic::Diagnostic;
use stepwell_event::{About, Capability, Description, FORMAT_VERSION, InputSpec, NoiseModel, Role};
use stepwell_report::hostile;
use stepwell_sandbox::Metering;
use stepwell_tasks::{TaskFile, Tasks};

/// Look at tasks
#[derive(Debug, Args)]
pub(crate) struct TaskArgs {
    #[command(subcommand)]
    command: TaskCommand,
}

#[derive(Debug, Subcommand)]
enum TaskCommand {
    Inspect(InspectArgs),
    List(ListArgs),
}

/// Say what a task is, what it takes and what access it asks for
#[derive(Debug, Args)]
struct InspectArgs {
    /// A `.wasm` file, or the name of a built-in task
    task: String,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
}

/// List the built-in tasks
#[derive(Debug, Args)]
struct ListArgs {
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
}

impl TaskArgs {
    pub(crate) fn execute(self, environment: &Environment) -> Exit {
        let console = Console::new();
        match self.command {
            TaskCommand::List(args) => list(environment, console, args.output),
            TaskCommand::Inspect(args) => match inspect(&args.task, environment) {
                Ok(found) => {
                    console.out(&match args.output {
                        OutputFormat::Human => found.for_people(),
                        OutputFormat::Json => found.for_programs(),
                    });
                    Exit::Succeeded
                }
                Err(problem) => Problems::of_file(&args.task, problem).report(console, args.output),
            },
        }
    }
}

fn list(environment: &Environment, console: Console, output: OutputFormat) -> Exit {
    for name in Tasks::new(environment.tasks.clone()).names() {
        console.out(&match output {
            OutputFormat::Human => format!("{name}\n"),
            OutputFormat::Json => {
                format!(
                    "{}\n",
                    json!({ "v": FORMAT_VERSION, "type": "task", "name": name })
                )
            }
        });
    }
    Exit::Succeeded
}

struct Found {
    file: TaskFile,
    /// `None` for what is no task.
    description: Option<Description>,
    /// `None` for what takes no part in a search.
    role: Option<Role>,
}

fn inspect(task: &str, environment: &Environment) -> Result<Found, Diagnostic> {
    let tasks = Tasks::new(environment.tasks.clone());
    let is_path = task.ends_with(".wasm") || task.contains('/');
    let file = if is_path {
        Tasks::any_file(Path::new(task))
    } else {
        tasks.built_in(task)
    };
    let file = file.map_err(|error| {
        let problem = Diagnostic::error("unknown-task", error.to_string());
        error.help.into_iter().fold(problem, Diagnostic::help)
    })?;
    let invalid = |error: &stepwell_sandbox::LoadError| {
        let problem =
            Diagnostic::error("invalid-component", format!("`{task}` cannot run: {error}"));
        error.hint().into_iter().fold(problem, Diagnostic::help)
    };
    let cache = open_cache(environment)?;
    let cache = cache.as_deref();
    let loaded = stepwell_sandbox::load(
        cache,
        &isolation::compiler(),
        &file.bytes,
        file.digest,
        Metering::Off,
    )
    .map_err(|error| invalid(&error))?;
    Ok(Found {
        file,
        description: loaded.code.description().cloned(),
        role: loaded.code.role().cloned(),
    })
}

impl Found {
    fn for_programs(&self) -> String {
        let line = json!({
            "v": FORMAT_VERSION,
            "type": "task",
            "kind": self.kind(),
            "digest": self.file.digest,
            "size": self.file.bytes.len(),
            "description": self.description,
            "role": self.role,
        });
        format!("{line}\n")
    }

    fn kind(&self) -> &'static str {
        match (&self.role, &self.description) {
            (Some(Role::Oracle { .. }), _) => "oracle",
            (Some(Role::Strategist), _) => "strategist",
            (Some(Role::Notifier), _) => "notifier",
            (Some(Role::Publisher), _) => "publisher",
            (None, Some(_)) => "task",
            (None, None) => "command",
        }
    }

    fn for_people(&self) -> String {
        let mut text = String::new();
        match (&self.role, &self.description) {
            (Some(Role::Oracle { about, advises }), _) => oracle(&mut text, about, *advises),
            (Some(Role::Strategist), _) => {
                text.push_str("a strategist: it chooses what a bisection judges\n");
            }
            (Some(Role::Notifier), _) => {
                text.push_str("a notifier: it tells the author of a culprit\n");
            }
            (Some(Role::Publisher), _) => {
                text.push_str("a publisher: it publishes a version that is good\n");
            }
            (None, None) => {
                text.push_str(
                    "a plain WASI command: give it `args`, it answers with its exit code\n",
                );
            }
            (None, Some(description)) => describe(&mut text, description),
        }
        let size = self.file.bytes.len().div_ceil(1024);
        let _ = writeln!(text, "\n{} ({size} KiB)", self.file.digest);
        text
    }
}

/// Everything in it is the guest's text.
fn oracle(text: &mut String, about: &About, advises: bool) {
    let _ = writeln!(
        text,
        "{} {}, an oracle\n  {}\n",
        hostile(&about.name),
        hostile(&about.version),
        hostile(&about.summary)
    );
    let _ = writeln!(
        text,
        "verdicts: {} or {}",
        hostile(&about.terms.old),
        hostile(&about.terms.new)
    );
    let _ = match about.noise {
        NoiseModel::Deterministic => writeln!(text, "noise: none"),
        NoiseModel::Known {
            false_bad,
            false_good,
        } => writeln!(
            text,
            "noise: a good version is found bad at a rate of {}, a bad one good at {}",
            false_bad.get(),
            false_good.get()
        ),
        NoiseModel::Learned { .. } => writeln!(text, "noise: at rates that are learned"),
    };
    let _ = writeln!(
        text,
        "trials: at most {} in one judgement",
        about.max_trials
    );
    if advises {
        text.push_str("it also says where to look first\n");
    }
}

/// Everything in a description is the guest's text.
fn describe(text: &mut String, description: &Description) {
    let _ = writeln!(
        text,
        "{} {}\n  {}",
        hostile(&description.name),
        hostile(&description.version),
        hostile(&description.summary)
    );
    if !description.inputs.is_empty() {
        text.push_str("\ninputs\n");
    }
    for input in &description.inputs {
        let _ = writeln!(text, "  {}  {}", hostile(&input.name), input_terms(input));
        let _ = writeln!(text, "      {}", hostile(&input.help));
    }
    if !description.outputs.is_empty() {
        text.push_str("\noutputs\n");
    }
    for output in &description.outputs {
        let _ = writeln!(
            text,
            "  {}\n      {}",
            hostile(&output.name),
            hostile(&output.help)
        );
    }
    text.push_str("\nasks for\n");
    if description.capabilities.is_empty() {
        text.push_str("  nothing\n");
    }
    for capability in &description.capabilities {
        let _ = match capability {
            Capability::Workspace(access) => {
                writeln!(text, "  workspace: {}", access.as_str())
            }
            Capability::Host(host) => writeln!(text, "  network: {}", hostile(host)),
            Capability::Env(name) => writeln!(text, "  environment variable: {}", hostile(name)),
            Capability::Secret(name) => writeln!(text, "  secret: {}", hostile(name)),
        };
    }
}

fn input_terms(input: &InputSpec) -> String {
    let mut terms = input.kind.as_str().to_owned();
    if input.required {
        terms.push_str(", required");
    }
    if let Some(default) = &input.default {
        let _ = write!(terms, ", default `{}`", hostile(default));
    }
    if !input.values.is_empty() {
        let values: Vec<_> = input.values.iter().map(|value| hostile(value)).collect();
        let _ = write!(terms, ", one of {}", values.join(", "));
    }
    terms
}
