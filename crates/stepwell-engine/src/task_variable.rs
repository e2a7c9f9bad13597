//! Task variables: what a step leaves for later steps of the same task.
//!
//! In Azure the phases of one task share them: what runs before a job, in it, and after it. Here a
//! task has one phase, so the reading is that all steps of a job that run the same task share them:
//! they are in the environment of the later ones as `VSTS_TASKVARIABLE_<NAME>`, and no other task
//! sees them. That holds for secret ones too, which are of no use otherwise; they are masked.

use crate::mask::Mask;
use crate::variable::{Assignment, MAX_VALUE, check_name, environment_name, fold};
use std::collections::HashMap;
use stepwell_event::Refusal;

/// Task variables of one job.
const MAX_VARIABLES: usize = 1_000;

/// Bytes of all values together.
const MAX_TOTAL: usize = 1 << 20;

const PREFIX: &str = "VSTS_TASKVARIABLE_";

struct TaskVariable {
    environment_name: String,
    value: String,
    secret: bool,
    read_only: bool,
}

/// The task variables of a job.
#[derive(Default)]
pub(crate) struct TaskVariables {
    /// By the task's position in the plan and the folded name.
    variables: HashMap<(usize, String), TaskVariable>,
    total: usize,
}

impl TaskVariables {
    /// Sets a variable of a task.
    pub(crate) fn set(
        &mut self,
        task: usize,
        assignment: Assignment,
        mask: &mut Mask,
    ) -> Result<(), Refusal> {
        let Assignment { name, value, .. } = assignment;
        check_name(&name)?;
        let key = (task, fold(&name).into_owned());
        let known = self.variables.get(&key);
        if known.is_some_and(|known| known.read_only) {
            return Err(Refusal::ReadOnly(format!(
                "task variable `{name}` is read-only"
            )));
        }
        let secret = assignment.secret || known.is_some_and(|known| known.secret);
        if secret && !value.is_empty() {
            mask.add(&value)?;
        }
        let total = self.total - known.map_or(0, |known| known.value.len()) + value.len();
        let is_new = known.is_none();
        if value.len() > MAX_VALUE
            || total > MAX_TOTAL
            || (is_new && self.variables.len() >= MAX_VARIABLES)
        {
            return Err(Refusal::TooLarge(format!(
                "task variable `{name}` is too much: one value can have {} KiB, all of a job \
                 together {} KiB, and there can be {MAX_VARIABLES}",
                MAX_VALUE >> 10,
                MAX_TOTAL >> 10
            )));
        }
        self.total = total;
        let variable = TaskVariable {
            environment_name: format!(
                "{PREFIX}{}",
                environment_name(&name, assignment.preserve_case)
            ),
            value,
            secret,
            read_only: assignment.read_only,
        };
        self.variables.insert(key, variable);
        Ok(())
    }

    /// What the steps of a task find in their environment, in the order of names.
    pub(crate) fn environment(&self, task: usize) -> Vec<(&str, &str)> {
        let own = self.variables.iter().filter(|((of, _), _)| *of == task);
        let mut environment: Vec<_> = own
            .map(|(_, variable)| (variable.environment_name.as_str(), variable.value.as_str()))
            .collect();
        environment.sort_unstable();
        environment
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn task_variables_have_bounds() {
        let assign = |name: String, value: String| Assignment {
            name,
            value,
            ..Assignment::default()
        };
        let mut variables = TaskVariables::default();
        let mut mask = Mask::default();
        let large = variables.set(
            0,
            assign("a".to_owned(), "x".repeat(MAX_VALUE + 1)),
            &mut mask,
        );
        assert!(matches!(large, Err(Refusal::TooLarge(_))));
        for number in 0..MAX_VARIABLES {
            let small = assign(format!("v{number}"), String::new());
            variables.set(number % 2, small, &mut mask).unwrap();
        }
        let more = variables.set(0, assign("more".to_owned(), String::new()), &mut mask);
        assert!(matches!(more, Err(Refusal::TooLarge(_))));
        let again = variables.set(0, assign("V0".to_owned(), "x".to_owned()), &mut mask);
        assert_eq!(again, Ok(()));
        assert_eq!(variables.environment(2), []);
    }
}
