//! Scenarios in files: a job, what happens to it, and what it does then.
//!
//! Each case of a table in `tests/tables` is a job of some steps. Without a script every step
//! prints its text and ends as it says; files that it publishes are answered from the case. The
//! transcript is compared line by line, without the lines that each step begins with.

use crate::fixture::{Driver, condition, job, plan, step, typed, variable};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;
use stepwell_engine::{JobInput, StartVariable, Timer};
use stepwell_event::{
    Collect, Collected, Coverage, Digest, Outcome, StepReport, StoredFile, TestRun, Usage,
};
use stepwell_plan::{Commands, PlannedJob, PlannedStep};

/// A table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// The section of the rules that its cases are from.
    section: String,
    case: Vec<Case>,
}

/// A job and what it does.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Case {
    name: String,
    /// The section, where it is another one than the table's.
    section: Option<String>,
    variables: BTreeMap<String, String>,
    read_only: BTreeMap<String, String>,
    secrets: BTreeMap<String, String>,
    connections: Vec<String>,
    /// Seconds.
    timeout: Option<u64>,
    steps: Vec<StepRow>,
    script: Vec<String>,
    /// What files hold; those of test results the counts of passed and failed tests.
    files: BTreeMap<String, String>,
    expect: Vec<String>,
    /// Of the last step that began.
    env: BTreeMap<String, String>,
    absent: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct StepRow {
    name: Option<String>,
    task: Option<String>,
    typed: bool,
    condition: String,
    commands: Option<String>,
    settable: Option<Vec<String>>,
    env: BTreeMap<String, String>,
    continue_on_error: bool,
    retries: u8,
    print: String,
    end: Option<String>,
}

/// Runs every case of a table, and then says how many there were of each section.
pub(crate) fn check(text: &str) {
    let table: Table = toml::from_str(text).unwrap();
    assert!(!table.case.is_empty());
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for case in &table.case {
        let section = case.section.as_ref().unwrap_or(&table.section);
        *counts.entry(section).or_default() += 1;
        let mut driver = case.driver();
        driver.input(JobInput::Start);
        let mut seen = Vec::new();
        if case.script.is_empty() {
            case.run(&mut driver, &mut seen);
        } else {
            for action in &case.script {
                case.act(&mut driver, action);
            }
        }
        seen.extend(driver.take());
        seen.retain(|line| {
            let is_begin = line.ends_with(" started") || line.starts_with("run ");
            !is_begin && !line.starts_with("job ")
        });
        assert_eq!(seen, case.expect, "{}", case.name);
        for (name, value) in &case.env {
            assert_eq!(driver.env(name), Some(value.as_str()), "{}", case.name);
        }
        for name in &case.absent {
            assert_eq!(driver.env(name), None, "{}", case.name);
        }
    }
    for (section, count) in counts {
        println!("semantics: {section} {count}");
    }
}

impl Case {
    fn driver(&self) -> Driver {
        let start = |secret, read_only| {
            move |(name, value): (&String, &String)| StartVariable {
                secret,
                read_only,
                ..variable(name, value)
            }
        };
        let variables = self.variables.iter().map(start(false, false));
        let secrets = self.secrets.iter().map(start(true, false));
        let fixed = self.read_only.iter().map(start(false, true));
        let steps = self.steps.iter().map(StepRow::planned).collect();
        let planned = PlannedJob {
            timeout: self.timeout.map(Duration::from_secs),
            ..job("build", &[], steps)
        };
        let all = variables.chain(secrets).chain(fixed).collect();
        let mut driver = Driver::with(plan(vec![planned]), all);
        for id in &self.connections {
            driver.machine.declare_connection(id);
        }
        driver
    }

    /// Runs the job to its end.
    fn run(&self, driver: &mut Driver, seen: &mut Vec<String>) {
        for _ in 0..100 {
            let Some(row) = driver.running.and_then(|index| self.steps.get(index)) else {
                break;
            };
            if !row.print.is_empty() {
                driver.print(&row.print);
            }
            let end = row.end.as_deref().unwrap_or("succeeded");
            self.act(driver, &format!("end {end}"));
            if driver.pausing {
                driver.fire(Timer::Retry);
            }
        }
        seen.extend(driver.take());
        assert!(driver.is_finished(), "{}", self.name);
    }

    fn act(&self, driver: &mut Driver, action: &str) {
        let (word, rest) = action.split_once(' ').unwrap_or((action, ""));
        match (word, rest) {
            ("cancel", rest) => driver.input(JobInput::Cancel { now: rest == "now" }),
            ("timeout", _) => driver.fire(Timer::Timeout),
            ("grace", _) => driver.fire(Timer::Grace),
            ("retry", _) => driver.fire(Timer::Retry),
            ("print", text) => driver.print(&format!("{text}\n")),
            ("end", text) => {
                driver.input(JobInput::StepEnded(StepReport {
                    outcome: outcome(text),
                    usage: Usage::default(),
                    read_stdin: false,
                    core_dump: None,
                    reply: None,
                }));
                let requests = std::mem::take(&mut driver.collecting);
                if !requests.is_empty() {
                    let answers = requests.iter().map(|request| self.collect(request));
                    driver.input(JobInput::Collected(answers.collect()));
                }
            }
            _ => panic!("{}: what is {action}?", self.name),
        }
    }

    fn collect(&self, request: &Collect) -> Result<Collected, String> {
        let file = |path: &str| StoredFile {
            path: path.to_owned(),
            digest: Digest::from_sha256([0; 32]),
            bytes: 1,
        };
        let read = |path: &str| {
            let content = self.files.get(path);
            content.ok_or_else(|| format!("there is no file `{path}`"))
        };
        Ok(match request {
            Collect::Files { path, .. } => {
                let content = read(path)?;
                let files = content.split_whitespace().map(file);
                Collected::Files {
                    files: files.collect(),
                }
            }
            Collect::Text { path } => Collected::Text {
                text: read(path)?.clone(),
                truncated: false,
            },
            Collect::TestResults { files, store, .. } => {
                let mut runs = Vec::new();
                for path in files {
                    let mut counts = read(path)?.split(' ').map(|count| count.parse().unwrap());
                    runs.push(TestRun {
                        file: path.clone(),
                        passed: counts.next().unwrap(),
                        failed: counts.next().unwrap(),
                        ..TestRun::default()
                    });
                }
                let files = files.iter().filter(|_| *store).map(|path| file(path));
                Collected::TestResults {
                    runs,
                    files: files.collect(),
                }
            }
            Collect::Coverage { summary, store, .. } => {
                read(summary)?;
                Collected::Coverage {
                    coverage: Coverage::default(),
                    files: store.iter().map(|path| file(path)).collect(),
                }
            }
        })
    }
}

impl StepRow {
    fn planned(&self) -> PlannedStep {
        let commands = match self.commands.as_deref() {
            None | Some("any") => Commands::Any,
            Some("restricted") => Commands::Restricted,
            Some("none") => Commands::None,
            Some(other) => panic!("what is {other}?"),
        };
        let task = match self.task.as_deref() {
            None | Some("build") => 1,
            Some("lint") => 0,
            Some("other") => 2,
            Some(other) => panic!("what is {other}?"),
        };
        let env = self.env.iter();
        PlannedStep {
            name: self.name.clone(),
            task,
            condition: condition(&self.condition),
            commands,
            settable_variables: self.settable.clone(),
            continue_on_error: self.continue_on_error,
            retries: self.retries,
            env: env
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            ..if self.typed { typed() } else { step() }
        }
    }
}

fn outcome(text: &str) -> Outcome {
    match text {
        "succeeded" => Outcome::Succeeded,
        "failed" => Outcome::ExitCode { code: 3 },
        "timed-out" => Outcome::TimedOut { limit_ms: 5_000 },
        "canceled" => Outcome::Canceled { graceful: true },
        other => panic!("how does a step end {other}?"),
    }
}
