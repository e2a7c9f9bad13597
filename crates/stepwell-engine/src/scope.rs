//! What all steps of a job share.

use crate::connection::Connections;
use crate::line::{CONTINUED, MAX_LINE};
use crate::mask::{Mask, Rules};
use crate::search_path::SearchPath;
use crate::start::{OutputVariable, StartVariable};
use crate::task_variable::TaskVariables;
use crate::variable::Variables;
use stepwell_event::Refusal;

/// What the steps of a job leave for one another, and what nobody may read.
#[derive(Default)]
pub(crate) struct Scope {
    pub(crate) variables: Variables,
    pub(crate) mask: Mask,
    pub(crate) task_variables: TaskVariables,
    pub(crate) search_path: SearchPath,
    pub(crate) connections: Connections,
    /// Whether words for the author of a task are shown.
    pub(crate) debug: bool,
    /// Whether `%AZP25` in a logging command is a percent sign.
    pub(crate) percents: bool,
}

impl Scope {
    /// The scope of a job that starts with these variables, and what to warn of.
    pub(crate) fn new(variables: Vec<StartVariable>) -> (Self, Vec<String>) {
        let mut scope = Self {
            mask: Mask::new(rules(&variables)),
            ..Self::default()
        };
        let mut warnings = Vec::new();
        for variable in &variables {
            // Azure skips a secret of blanks, which would mask every gap between words.
            if variable.secret && !variable.value.trim().is_empty() {
                warnings.extend(scope.hide(&variable.name, &variable.value));
            }
        }
        scope.variables = Variables::new(variables);
        (scope, warnings)
    }

    /// Masks the value of a secret variable, or as much of it as can be.
    fn hide(&mut self, name: &str, value: &str) -> Option<String> {
        let refusal = self.mask.add(value).err()?;
        let lines = value.lines().filter(|line| !line.trim().is_empty());
        let hidden = lines.map(|line| self.mask.add(line)).all(|it| it.is_ok());
        let is_multi_line = value.contains(['\n', '\r']);
        (!(is_multi_line && hidden)).then(|| {
            format!(
                "the secret variable `{name}` is not masked: {}",
                explain(refusal)
            )
        })
    }

    /// Brings everything up to date before a step; gives what to warn of.
    pub(crate) fn refresh(&mut self) -> Vec<String> {
        let warnings = self.variables.refresh(&mut self.mask);
        let is = |name: &str, wanted: &str| {
            let value = self.variables.get(name);
            value.is_some_and(|value| value.eq_ignore_ascii_case(wanted))
        };
        self.debug = is("System.Debug", "true");
        self.percents = !is("DECODE_PERCENTS", "false");
        warnings
    }

    /// What other jobs can read of this one.
    ///
    /// They know other secrets, so a value that holds one of this job's is a secret to them.
    pub(crate) fn outputs(&self) -> Vec<OutputVariable> {
        let outputs = self.variables.outputs().into_iter();
        outputs
            .map(|output| OutputVariable {
                secret: output.secret || self.mask.apply(&output.value) != output.value,
                ..output
            })
            .collect()
    }

    /// `text` without secrets and no longer than a line can be.
    pub(crate) fn clean(&self, text: &str) -> String {
        self.clean_within(text, MAX_LINE)
    }

    /// `text` without secrets, in at most `max` bytes and a mark that there was more.
    pub(crate) fn clean_within(&self, text: &str, max: usize) -> String {
        clip(self.mask.apply(text).into_owned(), max)
    }
}

/// What the pipeline says of masking, by the names that Azure's agent has for it.
fn rules(variables: &[StartVariable]) -> Rules {
    let value = |name: &str| {
        let mut named = variables.iter().filter(|variable| variable.name == name);
        named.next().map(|variable| variable.value.trim())
    };
    let shortest = value("AZP_IGNORE_SECRETS_SHORTER_THAN").and_then(|value| value.parse().ok());
    let multiline = value("SYSTEM_UNSAFEALLOWMULTILINESECRET")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"));
    Rules::new(shortest.unwrap_or_default(), multiline)
}

/// At most `max` bytes of `text`, and a mark that there was more.
pub(crate) fn clip(mut text: String, max: usize) -> String {
    if text.len() > max {
        text.truncate(text.floor_char_boundary(max));
        text.push(CONTINUED);
    }
    text
}

/// Why something was refused, for a log.
pub(crate) fn explain(refusal: Refusal) -> String {
    match refusal {
        Refusal::InvalidName(why)
        | Refusal::ReadOnly(why)
        | Refusal::Unmaskable(why)
        | Refusal::TooLarge(why)
        | Refusal::Denied(why) => why,
    }
}
