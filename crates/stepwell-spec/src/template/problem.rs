//! What is wrong, told once however often it comes up.

use std::collections::HashSet;
use stepwell_diagnostic::Diagnostic;

/// More problems are only counted as one: nobody is shown them.
const MAX_KEPT: usize = 10 * crate::MAX_PROBLEMS;

/// The problems of an expansion. A loop comes across the same one in every turn.
#[derive(Default)]
pub(crate) struct Problems {
    list: Vec<Diagnostic>,
    seen: HashSet<(usize, String)>,
}

impl Problems {
    /// Reports a problem, unless it is known.
    pub(crate) fn report(&mut self, problem: Diagnostic) {
        let new = self.list.len() < MAX_KEPT
            && self
                .seen
                .insert((problem.position(), problem.message.clone()));
        if new {
            self.list.push(problem);
        }
    }

    /// Whether any of them is an error.
    pub(crate) fn any_error(&self) -> bool {
        self.list.iter().any(Diagnostic::is_error)
    }

    /// The problems in the order in which they were found.
    pub(crate) fn into_list(self) -> Vec<Diagnostic> {
        self.list
    }
}
