//! A plan for people: what would run, in which order, with what, and with which access.

use crate::document::{
    JobDocument, LegDocument, PlanDocument, StageDocument, StepDocument, TaskDocument,
    VariableDocument, command_word,
};
use crate::forecast::{Fate, Forecast};
use crate::hostile::hostile;
use crate::json::json_line;
use crate::text::{count, delay, width};
use crate::tree::Node;
use crate::words::{BOLD, DIM, Paint, step_sign, step_style};
use std::borrow::Cow;
use std::time::Duration;
use stepwell_event::StepResult;
use stepwell_expr::Expression;
use stepwell_plan::{Commands, DEFAULT_CANCEL_TIMEOUT, DEFAULT_STAGE, DEFAULT_TIMEOUT, Plan};

/// Lines that are shown of a text.
const LINES: usize = 12;

/// Legs that are listed.
const LEGS: usize = 20;

/// Digits of a digest that tell components apart.
const DIGITS: usize = 12;

/// The plan as text. What is as it is by default is left out.
#[must_use]
pub fn plan(plan: &Plan, forecast: &Forecast, color: bool) -> String {
    let document = PlanDocument::new(plan, forecast);
    let view = PlanView {
        paint: Paint(color),
        default_condition: Expression::default().text().to_owned(),
    };
    view.text(&document)
}

/// The plan as one line of JSON with its end: a [`PlanDocument`].
///
/// # Errors
///
/// None that a plan could cause.
pub fn plan_json(plan: &Plan, forecast: &Forecast) -> serde_json::Result<String> {
    json_line(&PlanDocument::new(plan, forecast))
}

struct PlanView {
    paint: Paint,
    default_condition: String,
}

impl PlanView {
    fn text(&self, plan: &PlanDocument<'_>) -> String {
        let declared = plan.stages.iter().filter(|one| one.name != DEFAULT_STAGE);
        let jobs = plan.stages.iter().flat_map(|stage| &stage.jobs);
        let steps = jobs.clone().map(|job| job.steps.len()).sum();
        let mut extent = vec![count(jobs.count(), "job"), count(steps, "step")];
        match declared.count() {
            0 => {}
            stages => extent.insert(0, count(stages, "stage")),
        }
        let name = self.paint.with(BOLD, hostile(plan.name));
        let mut text = format!("{name}: {}\n", extent.join(", "));
        self.section(&mut text, "Variables", variables(&plan.variables));
        self.section(&mut text, "Tasks", tasks(&plan.tasks));
        for stage in &plan.stages {
            if stage.name == DEFAULT_STAGE {
                for job in &stage.jobs {
                    text.push('\n');
                    self.job(job, stage).render(&mut text);
                }
            } else {
                text.push('\n');
                self.stage(stage).render(&mut text);
            }
        }
        text
    }

    fn section(&self, text: &mut String, title: &str, lines: Vec<String>) {
        if lines.is_empty() {
            return;
        }
        text.push_str(&format!("\n{}\n", self.paint.with(BOLD, title)));
        for line in lines {
            text.push_str(&format!("  {line}\n"));
        }
    }

    fn stage(&self, stage: &StageDocument<'_>) -> Node {
        let mut facts = Vec::new();
        facts.extend(self.fate(&stage.fate));
        facts.extend(self.order(&stage.depends_on, stage.condition));
        facts.extend(variables(&stage.variables));
        Node {
            head: self.head("stage", stage.name, stage.label),
            facts,
            children: stage.jobs.iter().map(|job| self.job(job, stage)).collect(),
        }
    }

    fn job(&self, job: &JobDocument<'_>, stage: &StageDocument<'_>) -> Node {
        let mut facts = Vec::new();
        // A stage that does not run tells it for its jobs.
        if job.fate != stage.fate {
            facts.extend(self.fate(&job.fate));
        }
        // Jobs depend on jobs of their stage, which needs no mention.
        let prefix = format!("{}.", stage.name);
        let before = job.depends_on.iter();
        let before: Vec<&str> = before
            .map(|id| id.strip_prefix(&prefix).unwrap_or(id))
            .collect();
        facts.extend(self.order(&before, job.condition));
        let told = |demand: &str| matches!(&job.fate, Fate::Fails(why) if why.contains(demand));
        if let Some(demand) = job.unmet_demand.filter(|demand| !told(demand)) {
            facts.push(format!("no agent meets the demand `{}`", hostile(demand)));
        }
        let mut rules = Vec::new();
        if job.timeout_ms.map(Duration::from_millis) != Some(DEFAULT_TIMEOUT) {
            rules.push(timeout(job.timeout_ms));
        }
        rules.extend(job.fuel.map(fuel));
        if Duration::from_millis(job.cancel_timeout_ms) != DEFAULT_CANCEL_TIMEOUT {
            rules.push(format!("cancel timeout {}", delay(job.cancel_timeout_ms)));
        }
        if job.continue_on_error {
            rules.push("continues on error".to_owned());
        }
        if !rules.is_empty() {
            facts.push(rules.join(", "));
        }
        facts.extend(self.legs(job));
        facts.extend(variables(&job.variables));
        let steps = (1..).zip(&job.steps);
        Node {
            head: self.head("job", job.name, job.label),
            facts,
            children: steps
                .map(|(number, step)| self.step(number, step))
                .collect(),
        }
    }

    /// How many times a job runs, if that is not once.
    fn legs(&self, job: &JobDocument<'_>) -> Vec<String> {
        let mut facts = Vec::new();
        if let Some(slices) = job.slices {
            facts.push(format!("{slices} slices"));
        }
        let most = job.max_parallel;
        let most = most.map(|most| format!(", {most} side by side at most"));
        let most = most.unwrap_or_default();
        if let Some(legs) = job.legs_expression {
            facts.push(format!("legs = $[ {} ]{most}", hostile(legs)));
        }
        if job.legs.is_empty() {
            return facts;
        }
        facts.push(format!("{}{most}", count(job.legs.len(), "leg")));
        let listed = job.legs.iter().take(LEGS);
        facts.extend(listed.map(|leg| self.leg(leg, &job.fate)));
        if let Some(more @ 1..) = job.legs.len().checked_sub(LEGS) {
            facts.push(format!("  … and {more} more"));
        }
        facts
    }

    fn leg(&self, leg: &LegDocument<'_>, job: &Fate) -> String {
        let pairs = leg.variables.iter();
        let pairs: Vec<_> = pairs
            .map(|(name, value)| format!("{} = {}", hostile(name), hostile(value)))
            .collect();
        let mut text = format!("  {}", hostile(leg.name));
        if !pairs.is_empty() {
            text.push_str(&format!(": {}", pairs.join(", ")));
        }
        if leg.fate != *job {
            text.extend(self.fate(&leg.fate).map(|fate| format!("  {fate}")));
        }
        text
    }

    fn step(&self, number: usize, step: &StepDocument<'_>) -> Node {
        let mut head = format!("{number}. {}", self.paint.with(BOLD, hostile(step.label)));
        let mut known = vec![step.label];
        for more in step.name.into_iter().chain([step.task]) {
            if !known.contains(&more) {
                known.push(more);
                head.push_str(&format!("  {}", self.paint.with(DIM, hostile(more))));
            }
        }
        let mut facts = Vec::new();
        for (name, value) in step.inputs.unwrap_or_default() {
            facts.extend(assignment(name, value));
        }
        facts.extend(arguments(step.args.unwrap_or_default()));
        for (name, value) in step.env {
            facts.extend(assignment(&format!("env {name}"), value));
        }
        if step.condition != self.default_condition {
            facts.push(format!("if {}", hostile(step.condition)));
        }
        facts.extend(step_rules(step));
        Node {
            head,
            facts,
            children: Vec::new(),
        }
    }

    /// What something waits for, and when it runs.
    fn order(&self, depends_on: &[&str], condition: &str) -> Vec<String> {
        let mut facts = Vec::new();
        if !depends_on.is_empty() {
            let names: Vec<_> = depends_on.iter().map(|name| hostile(name)).collect();
            facts.push(format!("after {}", names.join(", ")));
        }
        if condition != self.default_condition {
            facts.push(format!("if {}", hostile(condition)));
        }
        facts
    }

    fn fate(&self, fate: &Fate) -> Option<String> {
        let (result, word, reason) = match fate {
            Fate::Runs => return None,
            Fate::Skipped(reason) => (StepResult::Skipped, "skipped", reason),
            Fate::Fails(reason) => (StepResult::Failed, "fails", reason),
        };
        let mut text = format!("{} {word}", step_sign(result));
        if !reason.is_empty() {
            text.push_str(&format!(": {}", hostile(reason)));
        }
        Some(self.paint.with(step_style(result), text))
    }

    fn head(&self, what: &str, name: &str, label: &str) -> String {
        let shown = self.paint.with(BOLD, hostile(name));
        match label == name || label.is_empty() {
            true => format!("{what} {shown}"),
            false => format!("{what} {shown} ({})", hostile(label)),
        }
    }
}

fn step_rules(step: &StepDocument<'_>) -> Option<String> {
    let mut rules = Vec::new();
    if step.timeout_ms.is_some() {
        rules.push(timeout(step.timeout_ms));
    }
    rules.extend(step.fuel.map(fuel));
    match step.retries {
        0 => {}
        1 => rules.push("1 retry".to_owned()),
        retries => rules.push(format!("{retries} retries")),
    }
    if step.continue_on_error {
        rules.push("continues on error".to_owned());
    }
    let default = match step.inputs {
        Some(_) => Commands::None,
        None => Commands::Restricted,
    };
    if step.commands != default {
        rules.push(format!("logging commands: {}", command_word(step.commands)));
    }
    if let Some(globs) = step.settable_variables {
        let globs: Vec<_> = globs.iter().map(|glob| hostile(glob)).collect();
        rules.push(match globs.is_empty() {
            true => "sets no variables".to_owned(),
            false => format!("sets only {}", globs.join(", ")),
        });
    }
    (!rules.is_empty()).then(|| rules.join(", "))
}

fn timeout(millis: Option<u64>) -> String {
    match millis {
        Some(millis) => format!("timeout {}", delay(millis)),
        None => "no timeout".to_owned(),
    }
}

fn fuel(fuel: u64) -> String {
    format!("fuel {}", stepwell_plan::count::format(fuel))
}

fn variables(variables: &[VariableDocument<'_>]) -> Vec<String> {
    let mut lines = Vec::new();
    for variable in variables {
        let value = match variable.expression {
            Some(expression) => Cow::Owned(format!("$[ {expression} ]")),
            None => Cow::Borrowed(variable.value.unwrap_or_default()),
        };
        let mut assignment = assignment(variable.name, &value);
        let notes = [
            (variable.secret, "secret"),
            (variable.read_only, "read-only"),
        ];
        let notes: Vec<_> = notes
            .iter()
            .filter(|(set, _)| *set)
            .map(|(_, note)| *note)
            .collect();
        if let Some(first) = assignment.first_mut()
            && !notes.is_empty()
        {
            first.push_str(&format!("  ({})", notes.join(", ")));
        }
        lines.append(&mut assignment);
    }
    lines
}

fn tasks(tasks: &[TaskDocument<'_>]) -> Vec<String> {
    let names: Vec<_> = tasks.iter().map(|task| hostile(task.name)).collect();
    let widest = names.iter().map(|name| width(name)).max().unwrap_or(0);
    let lines = |(name, task): (&Cow<'_, str>, &TaskDocument<'_>)| {
        let pad = " ".repeat(widest.saturating_sub(width(name)));
        let digest = task.digest.hex();
        let digest = digest.get(..DIGITS).unwrap_or_default();
        let more = task.grant.more().into_iter();
        let mut lines = vec![format!("{name}{pad}  {digest}  {}", task.grant.line())];
        lines.extend(more.map(|line| format!("  {line}")));
        lines
    };
    names.iter().zip(tasks).flat_map(lines).collect()
}

/// Arguments as a shell writes them; those of several lines on lines of their own.
fn arguments(args: &[String]) -> Vec<String> {
    if args.is_empty() {
        return Vec::new();
    }
    if args.iter().any(|arg| arg.contains('\n')) {
        let args = (1..).zip(args);
        return args
            .flat_map(|(number, arg)| assignment(&format!("argument {number}"), arg))
            .collect();
    }
    let quoted = args.iter().map(|arg| quoted(arg));
    vec![format!("args {}", quoted.collect::<Vec<_>>().join(" "))]
}

fn quoted(arg: &str) -> Cow<'_, str> {
    let plain = |ch: char| !ch.is_whitespace() && !"'\"\\;&|<>*?#`!".contains(ch);
    match !arg.is_empty() && arg.chars().all(plain) {
        true => hostile(arg),
        false => format!("'{}'", hostile(&arg.replace('\'', "'\\''"))).into(),
    }
}

/// `name = value`; a value of several lines below its name.
fn assignment(name: &str, value: &str) -> Vec<String> {
    let name = hostile(name);
    let mut lines = value.lines();
    let (first, second) = (lines.next().unwrap_or_default(), lines.next());
    if second.is_none() {
        return vec![format!("{name} = {}", hostile(first)).trim_end().to_owned()];
    }
    let mut shown = vec![format!("{name} =")];
    let text = value.lines().take(LINES);
    shown.extend(text.map(|line| format!("  | {}", hostile(line)).trim_end().to_owned()));
    let all = lines.count() + 2;
    if let Some(more @ 1..) = all.checked_sub(LINES) {
        shown.push(format!("  … and {}", count(more, "more line")));
    }
    shown
}
