//! `stepwell plan`.

use crate::commands::OutputFormat;
use crate::commands::run::PipelineArgs;
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::preparation::Prepared;
use crate::problem::Problems;
use clap::Args;
use std::collections::HashMap;
use stepwell_diagnostic::Diagnostic;
use stepwell_engine::{Opening, RootVariables, StartVariable};
use stepwell_plan::Plan;
use stepwell_report::Forecast;

/// Show what would run: stages, jobs and steps with their inputs, grants and conditions
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pipeline: PipelineArgs,
}

impl PlanArgs {
    pub(crate) fn execute(self, environment: &Environment) -> Exit {
        let console = Console::new();
        let output = self.pipeline.output;
        let prepared = match self.pipeline.prepare(environment, console) {
            Ok(prepared) => prepared,
            Err(exit) => return exit,
        };
        let file = prepared.beginning.snapshot.file.clone();
        let (plan, forecast) = match foresee(prepared) {
            Ok(seen) => seen,
            Err(why) => {
                let problem = Diagnostic::error("no-value", why);
                return Problems::of_file(&file, problem).report(console, output);
            }
        };
        let text = match output {
            OutputFormat::Human => stepwell_report::plan(&plan, &forecast, console.color_out),
            OutputFormat::Json => match stepwell_report::plan_json(&plan, &forecast) {
                Ok(line) => format!("{line}\n"),
                Err(error) => {
                    console.note(&format!("error: the plan cannot be written: {error}"));
                    return Exit::Defect;
                }
            },
        };
        console.out(&text);
        Exit::Succeeded
    }
}

/// What would become of a run. Nothing is counted: a counter has the value of a first run.
fn foresee(prepared: Prepared) -> Result<(Plan, Forecast), String> {
    let mut predefined = prepared.beginning.predefined;
    predefined.extend(
        ["Build.BuildId", "Build.BuildNumber"].map(|name| StartVariable {
            name: name.to_owned(),
            value: "0".to_owned(),
            secret: false,
            read_only: true,
            untrusted: false,
        }),
    );
    let plan = prepared.plan;
    let started_ms = prepared.beginning.started_ms;
    let mut counted = HashMap::new();
    let variables = loop {
        match stepwell_engine::root_variables(&plan, &predefined, started_ms, &counted)? {
            RootVariables::Known(variables) => break variables,
            RootVariables::Needs(counter) => {
                counted.insert(counter.key(), counter.seed);
            }
        }
    };
    let opening = Opening {
        started_ms,
        variables,
        ..Opening::default()
    };
    let events = stepwell_engine::forecast(&plan, opening);
    Ok((plan, Forecast::from_events(&events)))
}
