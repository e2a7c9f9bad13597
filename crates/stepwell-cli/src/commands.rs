//! The command line.

mod bisect;
mod check;
mod completions;
mod eval;
mod import;
mod plan;
mod replay;
mod run;
mod selftest;
mod task;
mod watch;

use crate::environment::Environment;
use clap::{Parser, Subcommand, ValueEnum};
use std::process::ExitCode;

/// Run pipelines whose every step is a WebAssembly component in a sandbox of its own
#[derive(Debug, Parser)]
#[command(name = "stepwell", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::RunArgs),
    Replay(replay::ReplayArgs),
    Bisect(Box<bisect::BisectArgs>),
    Watch(Box<watch::WatchArgs>),
    Check(check::CheckArgs),
    Plan(plan::PlanArgs),
    Eval(eval::EvalArgs),
    Import(import::ImportArgs),
    Task(task::TaskArgs),
    Selftest(selftest::SelftestArgs),
    Completions(completions::CompletionsArgs),
}

/// What to print.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// Text for people
    #[default]
    Human,
    /// One JSON object a line
    Json,
}

/// Reads `NAME=VALUE`.
fn name_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

impl Cli {
    pub(crate) fn execute(self, environment: &Environment) -> ExitCode {
        let exit = match self.command {
            Command::Run(args) => args.execute(environment),
            Command::Replay(args) => args.execute(environment),
            Command::Bisect(args) => args.execute(environment),
            Command::Watch(args) => args.execute(environment),
            Command::Check(args) => args.execute(environment),
            Command::Plan(args) => args.execute(environment),
            Command::Eval(args) => args.execute(),
            Command::Import(args) => args.execute(),
            Command::Task(args) => args.execute(environment),
            Command::Selftest(args) => args.execute(environment),
            Command::Completions(args) => args.execute(),
        };
        exit.into()
    }
}
