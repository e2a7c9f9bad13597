//! Logging commands: what is done about them, and what if they cannot be followed.

use super::{MAX_SETS, Step};
use crate::action::{Action, interpret};
use crate::command::{Command, unescape};
use crate::scope::{Scope, explain};
use crate::variable::Assignment;
use stepwell_event::{Issue, IssueSeverity, LineKind, Refusal, RunEvent, StepResult};
use stepwell_plan::Commands;

impl Step {
    /// Does what the logging command in `line` asks for.
    pub(super) fn follow(
        &mut self,
        source: LineKind,
        line: &str,
        command: &Command<'_>,
        scope: &mut Scope,
        out: &mut Vec<RunEvent>,
    ) {
        let action = interpret(command, self.commands == Commands::Restricted);
        let is_word = matches!(action, Ok(Action::Debug(_) | Action::Ignore(_)));
        let followed = match action {
            Ok(Action::Unsupported(why)) => {
                self.print(source, line, scope, out);
                self.unsupported(&why, scope, out);
                return;
            }
            Ok(action) => self.perform(action, scope, out),
            Err(why) => Err(why),
        };
        match followed {
            Err(why) => {
                let name = format!("`{}.{}`", command.area, command.event);
                self.command_failed(&name, &why, scope, out);
            }
            // Only now that what is secret in it is known.
            Ok(()) if !is_word && scope.debug => {
                let line = format!("Processed: {}", unescape(line, scope.percents));
                self.print(LineKind::Debug, &line, scope, out);
            }
            Ok(()) => {}
        }
    }

    fn perform(
        &mut self,
        action: Action,
        scope: &mut Scope,
        out: &mut Vec<RunEvent>,
    ) -> Result<(), String> {
        match action {
            Action::SetVariable(assignment) => match self.set_variable(assignment, scope, out) {
                Err(Refusal::Denied(why)) => self.warn(&why, scope, out),
                set => return set.map_err(explain),
            },
            Action::SetTaskVariable(assignment) => {
                return self.set_task_variable(assignment, scope).map_err(explain);
            }
            Action::AddSecret(secret) if secret.is_empty() => {}
            Action::AddSecret(secret) => return scope.mask.add(&secret).map_err(explain),
            Action::ReportIssue(issue) => self.report(issue, scope, out),
            Action::SetProgress { percent, message } => {
                self.progress(percent, &message, scope, out);
            }
            Action::Complete {
                result,
                message,
                done,
            } => {
                self.complete(result, &message, scope, out);
                self.done = done;
            }
            Action::Debug(text) if scope.debug => {
                self.print(LineKind::Debug, &text, scope, out);
            }
            Action::Publish(publish) => return self.publish(publish, scope, out),
            Action::Debug(_) | Action::Nothing => {}
            Action::Ignore(why) | Action::Unsupported(why) => self.warn(&why, scope, out),
        }
        Ok(())
    }

    pub(super) fn set_task_variable(
        &mut self,
        assignment: Assignment,
        scope: &mut Scope,
    ) -> Result<(), Refusal> {
        self.sets += 1;
        if self.sets > MAX_SETS {
            return Err(Refusal::TooLarge(format!(
                "a step can set variables {MAX_SETS} times"
            )));
        }
        let variables = &mut scope.task_variables;
        variables.set(self.task_position, assignment, &mut scope.mask)
    }

    /// Tells why something is ignored. It does not count as a warning of the step.
    pub(super) fn warn(&self, why: &str, scope: &Scope, out: &mut Vec<RunEvent>) {
        self.host(scope.clean(why), out);
    }

    /// Two errors and a failed step, as in Azure.
    pub(super) fn command_failed(
        &mut self,
        name: &str,
        why: &str,
        scope: &Scope,
        out: &mut Vec<RunEvent>,
    ) {
        for message in [format!("unable to process {name}"), why.to_owned()] {
            self.report(error(message), scope, out);
        }
        self.claim(
            StepResult::Failed,
            format!("unable to process {name}: {why}"),
        );
    }

    /// One error and a failed step.
    pub(super) fn unsupported(&mut self, why: &str, scope: &Scope, out: &mut Vec<RunEvent>) {
        self.report(error(why.to_owned()), scope, out);
        self.claim(StepResult::Failed, why.to_owned());
    }
}

fn error(message: String) -> Issue {
    Issue {
        severity: IssueSeverity::Error,
        message,
        path: None,
        line: None,
        column: None,
        code: None,
    }
}
