//! `stepwell check`.

use crate::commands::OutputFormat;
use crate::commands::run::PipelineArgs;
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use clap::Args;
use serde_json::json;
use stepwell_event::FORMAT_VERSION;

/// Say whether a pipeline can run, without running it
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pipeline: PipelineArgs,
}

impl CheckArgs {
    pub(crate) fn execute(self, environment: &Environment) -> Exit {
        let console = Console::new();
        let output = self.pipeline.output;
        let prepared = match self.pipeline.prepare_with(environment, console, true) {
            Ok(prepared) => prepared,
            Err(exit) => return exit,
        };
        let jobs = prepared.plan.jobs.len();
        let steps: usize = prepared.plan.jobs.iter().map(|job| job.steps.len()).sum();
        match output {
            OutputFormat::Human => console.out(&format!(
                "{} can run: {}, {}\n",
                prepared.beginning.snapshot.file,
                counted(jobs, "job"),
                counted(steps, "step"),
            )),
            OutputFormat::Json => {
                let line = json!({
                    "v": FORMAT_VERSION,
                    "type": "checked",
                    "file": prepared.beginning.snapshot.file,
                    "jobs": jobs,
                    "steps": steps,
                });
                console.out(&format!("{line}\n"));
            }
        }
        Exit::Succeeded
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
