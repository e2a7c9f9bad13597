//! The engine: who runs when, what it is told, and what its words mean.
//!
//! Two state machines without I/O, clock or threads. A [`RunMachine`] decides which jobs run; a
//! [`JobMachine`] decides which steps of one job run, hands each what it needs, and turns what the
//! guest does into run events. A driver executes the commands that they return and feeds back what
//! came of them. Because both are pure, the same inputs give the same events, on a laptop and in a
//! simulation of ten thousand schedules.
//!
//! The rules are those of Azure Pipelines. Everything that a guest supplies is hostile here: each
//! name, value and text has a bound, each text is masked before it becomes an event, and none of
//! them can make a machine panic or recurse.

mod action;
mod command;
mod connection;
mod detail;
mod expand;
mod forecast;
mod guid;
mod job;
mod line;
mod mask;
mod opening;
mod place;
mod publication;
mod reason;
mod request;
mod resolve;
mod result;
mod run;
mod scope;
mod search_path;
mod start;
mod step;
mod taint;
mod task_variable;
mod variable;

pub use forecast::forecast;
pub use job::{JobCommand, JobInput, JobMachine, Timer};
pub use line::{CONTINUED, MAX_LINE};
pub use opening::{Counter, RootVariables, expanded, root_variables};
pub use reason::in_words;
pub use request::part_grants;
pub use run::{RunCommand, RunInput, RunMachine};
pub use start::{JobEnd, JobStart, Opening, OutputVariable, StartVariable};
