//! What a step did the first time and what it did when it was replayed, side by side.

use serde_json::{Value, json};
use stepwell_event::{Digest, Envelope, Kept, LineKind, Outcome, RunEvent, StepRecord};
use stepwell_report::{hostile, step_word};

/// What is compared of one attempt of a step. Lines of Stepwell itself are no part of it: they tell
/// of times and paths, which are not the step's doing.
#[derive(Debug, Default)]
pub(super) struct Facts {
    lines: Vec<(LineKind, String)>,
    variables: Vec<(String, Option<String>)>,
    record: Option<StepRecord>,
    /// What the workspace consisted of.
    pub(super) workspace: Option<Digest>,
}

impl Facts {
    /// Those of the last attempt of a step.
    pub(super) fn of(events: &[Envelope], wanted: (&str, u32)) -> Self {
        let mut facts = Self::default();
        let is = |job: &str, step: u32| (job, step) == wanted;
        for envelope in events {
            match &envelope.event {
                RunEvent::StepInvoked { job, step, .. } if is(job, *step) => {
                    facts = Self::default();
                }
                RunEvent::Line {
                    job,
                    step,
                    source,
                    text,
                } if is(job, *step) && *source != LineKind::Host => {
                    facts.lines.push((*source, text.clone()));
                }
                RunEvent::VariableSet {
                    job,
                    step,
                    name,
                    value,
                } if is(job, *step) => facts.variables.push((name.clone(), value.clone())),
                RunEvent::StepKept { job, step, kept } if is(job, *step) => {
                    if let Kept::Workspace { digest, .. } = **kept {
                        facts.workspace = Some(digest);
                    }
                }
                RunEvent::StepFinished { job, step, record } if is(job, *step) => {
                    facts.record = Some((**record).clone());
                }
                _ => {}
            }
        }
        facts
    }

    fn outcome(&self) -> Option<&Outcome> {
        self.record.as_ref()?.outcome.as_ref()
    }

    /// The end in words.
    fn end(&self) -> Option<String> {
        let record = self.record.as_ref()?;
        Some(match &record.reason {
            Some(reason) => format!("{} ({reason})", step_word(record.result)),
            None => step_word(record.result).to_owned(),
        })
    }
}

/// What came of comparing one thing.
enum Finding {
    Same(String),
    Differs {
        told: String,
        recorded: String,
        now: String,
    },
    Unknown(String),
}

/// Both times, compared.
pub(super) struct Comparison(Vec<(&'static str, Finding)>);

impl Comparison {
    pub(super) fn of(recorded: &Facts, now: &Facts) -> Self {
        Self(vec![
            ("outcome", outcome(recorded, now)),
            ("variables", variables(recorded, now)),
            ("log", log(recorded, now)),
            ("fuel", fuel(recorded, now)),
        ])
    }

    /// Whether nothing differs.
    pub(super) fn is_same(&self) -> bool {
        let mut findings = self.0.iter();
        !findings.any(|(_, finding)| matches!(finding, Finding::Differs { .. }))
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for (what, finding) in &self.0 {
            let (told, sides) = match finding {
                Finding::Same(told) => (format!("the same: {told}"), None),
                Finding::Unknown(why) => (format!("not compared: {why}"), None),
                Finding::Differs {
                    told,
                    recorded,
                    now,
                } => (told.clone(), Some([("recorded", recorded), ("now", now)])),
            };
            text.push_str(&format!("  {what:<9}  {}\n", hostile(&told)));
            for (side, words) in sides.into_iter().flatten() {
                text.push_str(&format!("    {side:<8} | {}\n", hostile(words)));
            }
        }
        text
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let findings = self.0.iter().map(|(what, finding)| match finding {
            Finding::Same(told) => json!({"what": what, "state": "same", "text": told}),
            Finding::Unknown(why) => json!({"what": what, "state": "not-compared", "text": why}),
            Finding::Differs {
                told,
                recorded,
                now,
            } => json!({
                "what": what, "state": "differs", "text": told, "recorded": recorded, "now": now,
            }),
        });
        findings.collect()
    }
}

fn outcome(recorded: &Facts, now: &Facts) -> Finding {
    let (Some(first), Some(second)) = (recorded.end(), now.end()) else {
        return Finding::Unknown("the step did not come to its end".to_owned());
    };
    if recorded.outcome() == now.outcome() && first == second {
        return Finding::Same(first);
    }
    Finding::Differs {
        told: "differs".to_owned(),
        recorded: first,
        now: second,
    }
}

fn variables(recorded: &Facts, now: &Facts) -> Finding {
    let shown = |set: Option<&(String, Option<String>)>| match set {
        Some((name, Some(value))) => format!("{name} = {value}"),
        Some((name, None)) => format!("{name} = a secret"),
        None => "nothing more".to_owned(),
    };
    let first = first_difference(&recorded.variables, &now.variables);
    match first {
        None if now.variables.is_empty() => Finding::Same("none was set".to_owned()),
        None => Finding::Same(format!("{} set", now.variables.len())),
        Some(at) => Finding::Differs {
            told: format!("differ at the {}", ordinal(at + 1)),
            recorded: shown(recorded.variables.get(at)),
            now: shown(now.variables.get(at)),
        },
    }
}

fn log(recorded: &Facts, now: &Facts) -> Finding {
    // What was cut off by a crash says nothing of what would have followed.
    let all = &now.lines;
    let lines = match recorded.record {
        None => all.get(..recorded.lines.len()).unwrap_or(all),
        Some(_) => all,
    };
    let shown = |line: Option<&(LineKind, String)>| match line {
        Some((LineKind::Stderr, text)) => format!("{text} (on standard error)"),
        Some((_, text)) => text.clone(),
        None => "no more lines".to_owned(),
    };
    match first_difference(&recorded.lines, lines) {
        None => {
            let count = match lines.len() {
                1 => "1 line".to_owned(),
                count => format!("{count} lines"),
            };
            Finding::Same(match recorded.record {
                Some(_) => count,
                None => format!("{count}, as far as it is recorded"),
            })
        }
        Some(at) => Finding::Differs {
            told: format!(
                "differs at line {}; {} recorded, {} now",
                at + 1,
                recorded.lines.len(),
                lines.len()
            ),
            recorded: shown(recorded.lines.get(at)),
            now: shown(lines.get(at)),
        },
    }
}

fn fuel(recorded: &Facts, now: &Facts) -> Finding {
    let fuel = |facts: &Facts| facts.record.as_ref().and_then(|record| record.usage.fuel);
    match (fuel(recorded), fuel(now)) {
        (Some(first), Some(second)) if first == second => Finding::Same(first.to_string()),
        (Some(first), Some(second)) => Finding::Differs {
            told: "differs".to_owned(),
            recorded: first.to_string(),
            now: second.to_string(),
        },
        _ => Finding::Unknown("the step has no budget of fuel, so none was counted".to_owned()),
    }
}

/// Where two lists begin to differ.
fn first_difference<T: PartialEq>(first: &[T], second: &[T]) -> Option<usize> {
    let most = first.len().max(second.len());
    (0..most).find(|at| first.get(*at) != second.get(*at))
}

fn ordinal(number: usize) -> String {
    match number {
        1 => "first".to_owned(),
        2 => "second".to_owned(),
        3 => "third".to_owned(),
        _ => format!("{number}th"),
    }
}
