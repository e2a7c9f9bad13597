//! The program `stepwell`.
//!
//! This is the only crate that prints, exits and reads the environment. A command is a file of
//! `commands`: its arguments and a function from them to an exit code.

mod commands;
mod configuration;
mod console;
mod environment;
mod exit;
mod isolation;
mod predefined;
mod preparation;
mod problem;
mod project;
mod search;

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(role) = stepwell_worker::role(std::env::args_os()) {
        return role.run();
    }
    let environment = environment::Environment::read();
    environment.set_up_tracing();
    commands::Cli::parse().execute(&environment)
}
