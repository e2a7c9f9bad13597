//! What the journal knows of a step: which one is meant, and what it was given.

use super::comparison::Facts;
use stepwell_diagnostic::Diagnostic;
use stepwell_event::{Entry, Envelope, RunEvent, RunId, RunState, Snapshot, StepRequest};
use stepwell_spec::did_you_mean;

/// Steps that are listed where one is not found.
const LISTED: usize = 20;

/// A step as it was recorded.
pub(super) struct Recording {
    pub(super) job: String,
    pub(super) step: u32,
    /// What a person calls it.
    pub(super) label: String,
    /// The task's name in the pipeline.
    pub(super) task: String,
    pub(super) snapshot: Snapshot,
    /// Without the values of secrets.
    pub(super) request: StepRequest,
    /// The names of the secrets in it.
    pub(super) secrets: Vec<String>,
    pub(super) facts: Facts,
}

/// The run that is meant by its identifier, by the beginning of it, or by `latest`.
pub(super) fn run(runs: &[RunId], meant: &str) -> Result<RunId, Diagnostic> {
    let unknown = |message: String| Diagnostic::error("unknown-run", message);
    let Some(latest) = runs.last() else {
        return Err(unknown("this project has no runs".to_owned()).help("`stepwell run` makes one"));
    };
    if meant == "latest" {
        return Ok(*latest);
    }
    let wanted = meant.strip_prefix("run_").unwrap_or(meant);
    let wanted = wanted.to_ascii_uppercase();
    let fits = |run: &&RunId| {
        let id = run.to_string();
        !wanted.is_empty()
            && id
                .strip_prefix("run_")
                .is_some_and(|id| id.starts_with(&wanted))
    };
    let found: Vec<&RunId> = runs.iter().filter(fits).collect();
    match found[..] {
        [run] => Ok(*run),
        [] => Err(unknown(format!("there is no run `{meant}`"))
            .help(format!("the last one is {latest}; `latest` stands for it"))),
        [first, second, ..] => Err(unknown(format!("`{meant}` can be several runs"))
            .help(format!("such as {first} and {second}; write more of it"))),
    }
}

impl Recording {
    /// The step that is meant by `JOB/NUMBER` or `JOB.NAME`; a run of one job needs no job.
    pub(super) fn find(events: &[Envelope], meant: &str) -> Result<Self, Diagnostic> {
        let state = RunState::from_events(events);
        let steps: Vec<(String, u32, String, String)> = state
            .jobs
            .iter()
            .flat_map(|job| {
                job.steps.iter().zip(0u32..).map(|(step, index)| {
                    let (label, task) = (step.label.clone(), step.task.clone());
                    (job.name.to_string(), index, label, task)
                })
            })
            .collect();
        let alone = state.jobs.len() == 1;
        let names = |(job, index, label, _): &(String, u32, String, String)| {
            let number = (index + 1).to_string();
            let mut names = vec![format!("{job}/{number}"), format!("{job}.{label}")];
            if alone {
                names.extend([number, label.clone()]);
            }
            names
        };
        let mut found = steps
            .iter()
            .filter(|step| names(step).iter().any(|name| name == meant));
        let Some((job, step, label, task)) = found.next().cloned() else {
            return Err(unknown_step(&steps, meant));
        };
        if found.next().is_some() {
            let message = format!("several steps are called `{meant}`");
            return Err(Diagnostic::error("unknown-step", message)
                .help("name it by its number, as in `JOB/2`"));
        }
        let snapshot = events.iter().find_map(|envelope| match &envelope.event {
            RunEvent::RunStarted { snapshot, .. } => Some(snapshot.clone()),
            _ => None,
        });
        let invoked = events
            .iter()
            .rev()
            .find_map(|envelope| match &envelope.event {
                RunEvent::StepInvoked {
                    job: its_job,
                    step: its_step,
                    request,
                    secrets,
                    ..
                } if (&**its_job, *its_step) == (job.as_str(), step) => {
                    Some(((**request).clone(), secrets.clone()))
                }
                _ => None,
            });
        let (Some(snapshot), Some((request, secrets))) = (snapshot, invoked) else {
            let message = format!("the step `{meant}` never began, so there is nothing to replay");
            let reason = state.step(&job, step).and_then(|step| step.record.as_ref());
            let reason = reason.and_then(|record| record.reason.clone());
            let problem = Diagnostic::error("not-begun", message);
            return Err(reason.into_iter().fold(problem, Diagnostic::help));
        };
        Ok(Self {
            facts: Facts::of(events, (&job, step)),
            job,
            step,
            label,
            task,
            snapshot,
            request,
            secrets,
        })
    }

    /// The request with the values of its secrets.
    pub(super) fn filled(&self, given: &[(String, String)]) -> Result<StepRequest, Diagnostic> {
        let known = |name: &String| {
            given
                .iter()
                .any(|(given, _)| given.eq_ignore_ascii_case(name))
        };
        let missing: Vec<&String> = self.secrets.iter().filter(|name| !known(name)).collect();
        if !missing.is_empty() {
            let names: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
            let flags: Vec<String> = missing
                .iter()
                .map(|name| format!("--secret {name}"))
                .collect();
            let message = format!("the step was given the secrets {}", names.join(", "));
            return Err(Diagnostic::error("no-secret", message).help(format!(
                "secrets are not recorded: give them with `{}`",
                flags.join(" ")
            )));
        }
        let mut request = self.request.clone();
        let fill = |text: &mut String| *text = fill(text, &self.secrets, given);
        match &mut request.entry {
            Entry::Task { inputs } => inputs.iter_mut().for_each(|(_, value)| fill(value)),
            Entry::Command { args } => args.iter_mut().for_each(fill),
            // No step of a run.
            Entry::Bisect(_) => {}
        }
        request.env.iter_mut().for_each(|(_, value)| fill(value));
        let grants = &mut request.grants;
        grants.secrets.iter_mut().for_each(|(_, value)| fill(value));
        for rule in &mut grants.http {
            rule.headers.iter_mut().for_each(|(_, value)| fill(value));
        }
        Ok(request)
    }
}

fn unknown_step(steps: &[(String, u32, String, String)], meant: &str) -> Diagnostic {
    let numbered: Vec<String> = steps
        .iter()
        .map(|(job, index, ..)| format!("{job}/{}", index + 1))
        .collect();
    let named: Vec<String> = steps
        .iter()
        .map(|(job, _, label, _)| format!("{job}.{label}"))
        .collect();
    let candidates = numbered.iter().chain(&named).map(String::as_str);
    let near = did_you_mean(meant, candidates, "");
    let mut list: Vec<String> = steps
        .iter()
        .zip(&numbered)
        .take(LISTED)
        .map(|((.., label, _), number)| format!("{number} `{label}`"))
        .collect();
    if steps.len() > LISTED {
        list.push(format!("and {} more", steps.len() - LISTED));
    }
    let message = format!("the run has no step `{meant}`");
    let near = Some(near).filter(|near| !near.is_empty());
    let problem = Diagnostic::error("unknown-step", message);
    let problem = near.into_iter().fold(problem, Diagnostic::help);
    problem.help(format!("its steps are {}", list.join(", ")))
}

/// Puts the values of the secrets `names` where their names stand. What a value holds is not looked
/// at again.
fn fill(text: &str, names: &[String], given: &[(String, String)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    'text: while let Some(at) = rest.find('$') {
        let (before, here) = rest.split_at(at);
        filled.push_str(before);
        for name in names {
            for form in [format!("$({name})"), stepwell_plan::secret::reference(name)] {
                if let Some(after) = here.strip_prefix(&form) {
                    let mut values = given.iter();
                    let value = values.find(|(given, _)| given.eq_ignore_ascii_case(name));
                    filled.push_str(value.map_or("", |(_, value)| value));
                    rest = after;
                    continue 'text;
                }
            }
        }
        filled.push('$');
        rest = here.get(1..).unwrap_or_default();
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_found_by_what_is_unique_of_it() {
        let runs = [1, 2, 1 << 40].map(|millis| RunId::from_parts(millis, 7));
        assert_eq!(run(&runs, "latest").unwrap(), runs[2]);
        assert_eq!(run(&runs, &runs[0].to_string()).unwrap(), runs[0]);
        assert_eq!(
            run(&runs, "0").unwrap_err().message,
            "`0` can be several runs"
        );
        assert_eq!(run(&runs, "0000000002").unwrap(), runs[1]);
        for meant in ["", "run_", "nope"] {
            assert!(run(&runs, meant).unwrap_err().message.contains("no run"));
        }
        assert!(run(&[], "latest").unwrap_err().message.contains("no runs"));
    }

    #[test]
    fn secrets_stand_where_their_names_stood_and_are_not_looked_at_again() {
        let names = ["a".to_owned(), "b".to_owned()];
        let given =
            [("A", "$(b)"), ("b", "two")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let filled = fill("$(a)-${secret:b} $(c) $ $(b", &names, &given);
        assert_eq!(filled, "$(b)-two $(c) $ $(b");
    }
}
