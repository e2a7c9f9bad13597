//! The tables of the rules, one file each.

use crate::fixture::{Driver, step, step_when};
use crate::table::check;
use serde::Deserialize;
use stepwell_engine::JobInput;
use stepwell_event::Outcome;

#[test]
fn commands_that_cannot_be_followed_do_what_the_failure_matrix_says() {
    check(include_str!("../tables/failures.toml"));
}

#[test]
fn every_command_does_what_the_list_says() {
    check(include_str!("../tables/commands.toml"));
    check(include_str!("../tables/publishing.toml"));
    check(include_str!("../tables/details.toml"));
}

#[test]
fn handlers_treat_the_agents_own_cases_as_the_agent_does() {
    check(include_str!("../tables/handlers.toml"));
}

#[test]
fn variables_are_mapped_and_expanded() {
    check(include_str!("../tables/variables.toml"));
}

#[test]
fn set_variable_follows_its_rules() {
    check(include_str!("../tables/set-variable.toml"));
}

#[test]
fn conditions_see_variables_and_the_status() {
    check(include_str!("../tables/conditions.toml"));
}

#[test]
fn steps_and_jobs_end_with_the_result_of_the_table() {
    check(include_str!("../tables/results.toml"));
}

#[test]
fn a_job_that_is_asked_to_end_follows_the_timeline() {
    check(include_str!("../tables/timeline.toml"));
}

#[test]
fn failed_steps_are_tried_again() {
    check(include_str!("../tables/retries.toml"));
}

#[derive(Deserialize)]
struct StatusFunctions {
    case: Vec<StatusFunction>,
}

#[derive(Deserialize)]
struct StatusFunction {
    condition: String,
    true_for: Vec<String>,
}

#[test]
fn status_functions_look_at_the_job_so_far() {
    let table: StatusFunctions =
        toml::from_str(include_str!("../tables/status-functions.toml")).unwrap();
    for case in &table.case {
        for status in ["Succeeded", "SucceededWithIssues", "Failed", "Canceled"] {
            let mut driver = Driver::started(vec![step(), step_when(&case.condition)]);
            match status {
                "SucceededWithIssues" => driver.print("##vso[task.logissue type=error]x\n"),
                "Canceled" => driver.input(JobInput::Cancel { now: false }),
                _ => {}
            }
            driver.end(match status {
                "Failed" => Outcome::ExitCode { code: 1 },
                _ => Outcome::Succeeded,
            });
            let runs = driver.take().contains(&"run 1".to_owned());
            let expect = case.true_for.iter().any(|wanted| wanted == status);
            assert_eq!(runs, expect, "{} in a job {status}", case.condition);
        }
    }
    println!("semantics: 3.6 {}", table.case.len());
}
