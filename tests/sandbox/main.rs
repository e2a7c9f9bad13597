//! The sandbox against guests that behave, and against those that do not.
//!
//! Each guest is a program of its own in `guests/`; what Rust cannot express is written by hand in
//! the text format. A test tells in one line what a guest is given, and asserts what came of it.

#![cfg(test)]

mod abi;
mod cache;
mod clocks;
mod conformance;
mod damage;
mod environment;
mod files;
mod folders;
mod format;
mod fuel;
mod handmade;
mod harness;
mod http;
mod lab;
mod limits;
mod network;
mod oracle;
mod output;
mod plugins;
mod publishing;
mod quotas;
mod roles;
mod schema;
mod scratch;
mod secrets;
mod server;
mod state;
mod task;
mod time;
mod traffic;
mod traps;

use std::path::Path;
use stepwell_testkit::guests::repository;

#[test]
fn every_guest_has_a_test() {
    let tests = repository().join("tests");
    let mut text = String::new();
    for suite in ["sandbox", "cli"] {
        for file in names(&tests.join(suite))
            .iter()
            .filter(|name| name.ends_with(".rs"))
        {
            text += &std::fs::read_to_string(tests.join(suite).join(file)).unwrap();
        }
    }
    let guests = tests.join("guests");
    let commands = names(&guests.join("commands/src/bin"));
    let tasks = names(&guests)
        .into_iter()
        .filter(|name| name.starts_with("task-") || name.starts_with("bisect-"));
    let commands = commands
        .iter()
        .map(|file| file.trim_end_matches(".rs").to_owned());
    let untested: Vec<String> = commands
        .chain(tasks)
        .filter(|name| {
            let file = name.replace('-', "_");
            !text.contains(&format!("\"{name}\"")) && !text.contains(&format!("\"{file}\""))
        })
        .collect();
    assert!(untested.is_empty(), "no test runs {untested:?}");
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}
