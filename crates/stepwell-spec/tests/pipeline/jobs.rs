//! The keys of a job but for those of its strategy.

use crate::{job, problems, read};
use std::time::{Duration, Instant};
use stepwell_spec::Job;

fn read_job(lines: &str) -> Job {
    read(&job(lines)).jobs.remove(0)
}

#[test]
fn a_job_has_defaults() {
    let job = read_job("");
    assert_eq!((&job.timeout, &job.fuel), (&None, &None));
    assert_eq!(job.cancel_timeout, Duration::from_secs(300));
    assert!(!job.continue_on_error);
    assert!(job.demands.is_empty());
    assert_eq!(job.display_name, None);
}

#[test]
fn every_key_of_a_job_is_read() {
    let job = read_job(
        "display-name = \"Build it\"\ncontinue-on-error = true\ntimeout = \"1h 30m\"\n\
         cancel-timeout = \"1s\"\ndemands = \"java\"\nvariables = { v = 1 }\ndepends-on = [\"b\", \"c\"]",
    );
    assert_eq!(job.display_name.as_deref(), Some("Build it"));
    assert!(job.continue_on_error);
    assert_eq!(job.timeout.unwrap().value, Duration::from_secs(5400));
    assert_eq!(job.cancel_timeout, Duration::from_secs(1));
    assert_eq!(job.demands[0].value.name, "java");
    assert_eq!(job.variables[0].name.value, "v");
    assert_eq!(job.depends_on.len(), 2);
}

#[test]
fn a_timeout_of_zero_is_no_limit() {
    for zero in ["0", "\"0\"", "\"0s\"", "\"0m\""] {
        let timeout = read_job(&format!("timeout = {zero}")).timeout;
        assert_eq!(timeout.unwrap().value, Duration::ZERO);
    }
}

#[test]
fn timeouts_have_bounds() {
    let longest = read_job("cancel-timeout = \"35790m\"").cancel_timeout;
    assert_eq!(longest, Duration::from_secs(35_790 * 60));
    insta::assert_snapshot!(problems(&job("timeout = \"31d\"")), @r#"
    error[out-of-range]: `timeout` must be at most 30d
      2:11 "\"31d\"" more than 30d
      help: write `timeout = "0"` for no limit
    "#);
    insta::assert_snapshot!(problems(&job("timeout = 10")), @r#"
    error[wrong-type]: `timeout` must be a duration, not an integer
      2:11 "10" this is an integer
      help: write it in quotes and with a unit: `"30s"`, `"10m"`, `"1h30m"`
    "#);
    insta::assert_snapshot!(problems(&job("timeout = \"ten\"")), @r#"
    error[invalid-value]: `timeout` must be a duration
      2:11 "\"ten\"" `ten` is not a duration
      help: write whole numbers with units, largest first: `30s`, `10m`, `1h30m`, `500ms`
    "#);
    insta::assert_snapshot!(problems(&job("cancel-timeout = 0")), @r#"
    error[out-of-range]: `cancel-timeout` must be from 1s to 24d20h30m
      2:18 "0" less than 1s
    "#);
    insta::assert_snapshot!(problems(&job("cancel-timeout = \"35791m\"")), @r#"
    error[out-of-range]: `cancel-timeout` must be from 1s to 24d20h30m
      2:18 "\"35791m\"" more than 24d20h30m
    "#);
}

#[test]
fn words_are_booleans_too() {
    for (word, value) in [
        ("true", true),
        ("\"True\"", true),
        ("\"YES\"", true),
        ("\"on\"", true),
        ("false", false),
        ("\"no\"", false),
        ("\"Off\"", false),
        ("\"FALSE\"", false),
    ] {
        let job = read_job(&format!("continue-on-error = {word}"));
        assert_eq!(job.continue_on_error, value, "{word}");
    }
    insta::assert_snapshot!(problems(&job("continue-on-error = \"#\"")), @r##"
    error[invalid-value]: `continue-on-error` is no boolean: Unexpected value '#'
      2:21 "\"#\"" not a boolean
      help: accepted here: true, yes, on, false, no, off
    "##);
    insta::assert_snapshot!(problems(&job("continue-on-error = \"ture\"")), @r#"
    error[invalid-value]: `continue-on-error` is no boolean: Unexpected value 'ture'
      2:21 "\"ture\"" did you mean `true`?
      help: accepted here: true, yes, on, false, no, off
    "#);
    insta::assert_snapshot!(problems(&job("continue-on-error = 1")), @r#"
    error[wrong-type]: `continue-on-error` must be `true` or `false`, not an integer
      2:21 "1" this is an integer
    "#);
}

#[test]
fn demands_are_names_or_comparisons() {
    let job_read = read_job(
        "demands = [\"java\", \"Agent.OS -equals Linux\", \"Agent.Version -gtVersion 2.1\"]",
    );
    let demands: Vec<_> = job_read
        .demands
        .iter()
        .map(|demand| {
            (
                demand.value.name.as_str(),
                demand.value.value.as_deref(),
                demand.value.at_least,
            )
        })
        .collect();
    assert_eq!(
        demands,
        [
            ("java", None, false),
            ("Agent.OS", Some("Linux"), false),
            ("Agent.Version", Some("2.1"), true),
        ]
    );
    insta::assert_snapshot!(
        problems(&job("demands = [\"java 17\", \"java -lt 17\", \"Agent.Version -gtVersion x\", 1]")),
        @r#"
    error[invalid-demand]: "java 17" is not a demand
      2:12 "\"java 17\"" `-equals` must follow the name `java`
      help: write `name` for a capability that must be there, or `name -equals value`
    error[invalid-demand]: "java -lt 17" is not a demand
      2:23 "\"java -lt 17\"" there is no operator `-lt`
      help: write `name` for a capability that must be there, or `name -equals value`
    error[invalid-demand]: "Agent.Version -gtVersion x" is not a demand
      2:38 "\"Agent.Version -gtVersion x\"" `x` is not a version
      help: a version has two to four numbers: `Agent.Version -gtVersion 2.1`
    error[wrong-type]: `demands` must be an array of strings only, not an integer
      2:68 "1" this is an integer
      help: write it in quotes
    "#
    );
    insta::assert_snapshot!(
        problems(&job("demands = [\"\", \"java -equal 17\", \"java -gtVersion 1.2\"]")),
        @r#"
    error[invalid-demand]: "" is not a demand
      2:12 "\"\"" this is blank
      help: write `name` for a capability that must be there, or `name -equals value`
    error[invalid-demand]: "java -equal 17" is not a demand
      2:16 "\"java -equal 17\"" did you mean `-equals`?
      help: write `name` for a capability that must be there, or `name -equals value`
    error[invalid-demand]: "java -gtVersion 1.2" is not a demand
      2:34 "\"java -gtVersion 1.2\"" `-gtVersion` is for `Agent.Version` only
      help: write `name` for a capability that must be there, or `name -equals value`
    "#
    );
    insta::assert_snapshot!(problems(&job("demands = 1")), @r#"
    error[wrong-type]: `demands` must be a string or an array of strings, not an integer
      2:11 "1" this is an integer
      help: write it in quotes
    "#);
}

#[test]
fn ten_thousand_jobs_are_read_in_no_time() {
    let text: String = (0..10_000)
        .map(|number| format!("[[jobs.job_{number}.steps]]\ntask = \"a\"\n"))
        .collect();
    let start = Instant::now();
    let pipeline = read(&text);
    // Quadratic reading takes minutes; the bound is far from what a slow machine needs.
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(pipeline.jobs.len(), 10_000);
}
