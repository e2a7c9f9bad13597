//! `stepwell selftest`.

use crate::commands::OutputFormat;
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::isolation::PROGRAM;
use crate::problem::Problems;
use clap::{Args, ValueEnum};
use serde_json::json;
use std::collections::VecDeque;
use std::fs;
use std::path::PathBuf;
use stepwell_diagnostic::Diagnostic;
use stepwell_event::FORMAT_VERSION;
use stepwell_selftest::{
    Arena, Case, Instances, Kind, Progress, SelftestError, Suite, Summary, Trial, Verdict, Wall,
};

/// Try to break out of the sandbox on this machine, and say what held
#[derive(Debug, Args)]
pub(crate) struct SelftestArgs {
    /// Try only these: identifiers such as `A-01`, or letters for all of a kind
    #[arg(long, value_name = "ID,...", value_delimiter = ',')]
    only: Vec<String>,
    /// Where attempts run
    #[arg(long, value_enum, default_value_t)]
    isolation: Level,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
}

/// Where attempts run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Level {
    /// Each in a worker process without rights, as steps are by default
    #[default]
    Step,
    /// All in this process: the sandbox has to hold alone
    Instance,
}

impl SelftestArgs {
    pub(crate) fn execute(self, environment: &Environment) -> Exit {
        let console = Console::new();
        let problem =
            |code, message: String| Problems::of_file("selftest", Diagnostic::error(code, message));
        let guest = match &environment.hostile {
            Some(path) => match fs::read(path) {
                Ok(bytes) => Some(bytes),
                Err(error) => {
                    let message = format!("cannot read `{}`: {error}", path.display());
                    return problem("unknown-task", message).report(console, self.output);
                }
            },
            None => stepwell_selftest::guest().map(<[u8]>::to_vec),
        };
        match self.run(console, guest) {
            Ok(exit) => exit,
            Err(error @ SelftestError::Unknown(_)) => {
                problem("unknown-attempt", error.to_string()).report(console, self.output)
            }
            Err(error) => {
                problem("selftest", with_cause(&error)).print(console, self.output);
                Exit::Defect
            }
        }
    }

    fn run(&self, console: Console, guest: Option<Vec<u8>>) -> Result<Exit, SelftestError> {
        let suite = Suite::new(&self.only, guest)?;
        let mut screen = Screen::new(console, self.output, suite.cases());
        let mut walls = vec![Wall {
            name: "instance of its own",
            stands: Ok(()),
            breached: false,
        }];
        let arena: Box<dyn Arena> = match self.isolation {
            Level::Instance => Box::new(Instances::new(suite.sandbox()?)),
            Level::Step => {
                let processes = suite.processes(PathBuf::from(PROGRAM));
                walls.extend(processes.walls());
                Box::new(processes)
            }
        };
        screen.begin(&walls);
        let summary = suite.run(&*arena, &mut |progress| screen.show(progress))?;
        screen.end(&summary);
        let breached = walls.iter().any(|wall| wall.breached);
        Ok(if summary.holds() && !breached {
            Exit::Succeeded
        } else {
            Exit::RunFailed
        })
    }
}

fn with_cause(error: &SelftestError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Shows attempts in the order of the list, though they end in any order.
struct Screen {
    console: Console,
    output: OutputFormat,
    /// Those that are not shown yet, and what came of them.
    waiting: VecDeque<(&'static Case, Option<Trial>)>,
    all: usize,
    ended: usize,
    /// The kind of the attempt that was shown last.
    kind: Option<Kind>,
}

impl Screen {
    fn new(console: Console, output: OutputFormat, cases: &[&'static Case]) -> Self {
        Self {
            console,
            output,
            waiting: cases.iter().map(|case| (*case, None)).collect(),
            all: cases.len(),
            ended: 0,
            kind: None,
        }
    }

    fn begin(&self, walls: &[Wall]) {
        match self.output {
            OutputFormat::Human => self.console.out(&stepwell_selftest::heading(walls)),
            OutputFormat::Json => {
                for wall in walls {
                    self.line(&json!({
                        "v": FORMAT_VERSION,
                        "type": "wall",
                        "name": wall.name,
                        "stands": wall.stands.is_ok(),
                        "reason": wall.stands.as_ref().err(),
                        "breached": wall.breached,
                    }));
                }
            }
        }
    }

    fn line(&self, line: &serde_json::Value) {
        self.console.out(&format!("{line}\n"));
    }

    fn show(&mut self, progress: Progress) {
        match progress {
            Progress::Begun(case) => self.spin(Some(case)),
            Progress::Ended(case, trial) => {
                self.ended += 1;
                if let Some(slot) = self.waiting.iter_mut().find(|(one, _)| one.id == case.id) {
                    slot.1 = Some(trial);
                }
                self.spin(None);
                while let Some((_, Some(_))) = self.waiting.front() {
                    if let Some((case, Some(trial))) = self.waiting.pop_front() {
                        self.tell(case, &trial);
                    }
                }
            }
        }
    }

    /// The line that says what happens now, where somebody looks; `None` clears it.
    fn spin(&self, case: Option<&Case>) {
        if !self.console.live || self.output == OutputFormat::Json {
            return;
        }
        self.console.err(&match case {
            None => "\r\x1b[K".to_owned(),
            Some(case) => format!(
                "\r\x1b[K{}/{}  {} {}",
                self.ended, self.all, case.id, case.attempt
            ),
        });
    }

    fn tell(&mut self, case: &Case, trial: &Trial) {
        match self.output {
            OutputFormat::Json => self.line(&as_json(case, trial)),
            OutputFormat::Human => {
                if self.kind != Some(case.kind()) {
                    self.kind = Some(case.kind());
                    self.console.out(&stepwell_selftest::line(case.kind()));
                }
                self.console.out(&stepwell_selftest::row(case, trial));
            }
        }
    }

    fn end(&self, summary: &Summary) {
        self.spin(None);
        match self.output {
            OutputFormat::Human => self.console.out(&stepwell_selftest::summary_lines(summary)),
            OutputFormat::Json => self.line(&summary_json(summary)),
        }
    }
}

fn as_json(case: &Case, trial: &Trial) -> serde_json::Value {
    let (result, why) = match &trial.verdict {
        Verdict::Held(word) => (word.as_str(), Vec::new()),
        Verdict::GotThrough(wrong) => ("got-through", wrong.clone()),
        Verdict::NotTested(reason) => ("not-tested", vec![reason.clone()]),
    };
    json!({
        "v": FORMAT_VERSION,
        "type": "attempt",
        "id": case.id,
        "attempt": case.attempt,
        "defence": case.defence,
        "result": result,
        "why": why,
        "ends": trial.ends,
        "took-ms": trial.took.as_millis(),
        "memory": trial.memory,
    })
}

fn summary_json(summary: &Summary) -> serde_json::Value {
    let (before, after) = summary.holdings;
    json!({
        "v": FORMAT_VERSION,
        "type": "selftest",
        "holds": summary.holds(),
        "attempts": summary.trials.len(),
        "got-through": summary.faults(),
        "not-tested": summary.count(|verdict| matches!(verdict, Verdict::NotTested(_))),
        "memory-growth": summary.growth,
        "took-ms": summary.took.as_millis(),
        "left": {
            "descriptors": after.descriptors.saturating_sub(before.descriptors),
            "threads": after.threads.saturating_sub(before.threads),
            "processes": after.processes.saturating_sub(before.processes),
            "folders": summary.folders,
        },
        "canary": { "places": summary.searched, "hits": summary.hits },
    })
}
