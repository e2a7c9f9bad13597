//! The graphs of stages and of jobs: all that is in them can start.
//!
//! A cycle is one problem, told with its path and with every place that keeps something from
//! starting. Its words are those that Azure Pipelines uses.

use std::collections::HashSet;
use std::ops::Range;
use stepwell_diagnostic::Diagnostic;

/// As many places of a cycle are shown; a larger one is no clearer with all of them.
const MAX_PLACES: usize = 20;

/// As many names of a path are written out.
const MAX_PATH: usize = 10;

/// A dependency.
#[derive(Debug)]
pub(crate) struct Edge {
    /// The position of what must be finished before.
    pub(crate) to: usize,
    /// Where the file says so.
    pub(crate) span: Range<usize>,
    /// The file says nothing: a stage waits for the one before it.
    pub(crate) implied: bool,
}

/// Stages, or the jobs of all stages.
pub(crate) struct Graph<'p> {
    /// What is in it: `stage` or `job`.
    pub(crate) what: &'static str,
    /// The names by position.
    pub(crate) names: Vec<&'p str>,
    /// The dependencies by position.
    pub(crate) edges: Vec<Vec<Edge>>,
}

impl Graph<'_> {
    /// Kahn's algorithm: what is left when everything whose dependencies are all gone has gone. It is
    /// in a cycle or behind one.
    pub(crate) fn stuck(&self) -> Vec<bool> {
        let mut waiting: Vec<_> = self.edges.iter().map(Vec::len).collect();
        let mut dependents = vec![Vec::new(); self.edges.len()];
        for (from, edges) in self.edges.iter().enumerate() {
            for edge in edges {
                if let Some(list) = dependents.get_mut(edge.to) {
                    list.push(from);
                }
            }
        }
        let counts = (0..).zip(&waiting);
        let mut ready: Vec<usize> = counts
            .filter(|(_, count)| **count == 0)
            .map(|(position, _)| position)
            .collect();
        while let Some(position) = ready.pop() {
            for &dependent in dependents.get(position).into_iter().flatten() {
                if let Some(count) = waiting.get_mut(dependent) {
                    *count -= 1;
                    if *count == 0 {
                        ready.push(dependent);
                    }
                }
            }
        }
        waiting.into_iter().map(|count| count > 0).collect()
    }

    /// The positions of what each waits for.
    pub(crate) fn into_positions(self) -> Vec<Vec<usize>> {
        let positions = |edges: Vec<Edge>| edges.into_iter().map(|edge| edge.to).collect();
        self.edges.into_iter().map(positions).collect()
    }

    /// One problem for all of `members` that can never start, if there are any. `members` have no
    /// dependencies on others and are in `container`.
    pub(crate) fn report_stuck(
        &self,
        container: &str,
        members: &[usize],
        stuck: &[bool],
        problems: &mut Vec<Diagnostic>,
    ) {
        let is_stuck = |position: &usize| stuck.get(*position) == Some(&true);
        let blocked: Vec<_> = members.iter().copied().filter(is_stuck).collect();
        let Some(&first) = blocked.first() else {
            return;
        };
        // What is stuck waits for something stuck, so following these dependencies never ends.
        let blocking = |position: usize| {
            let edges = self.edges.get(position)?;
            edges.iter().find(|edge| is_stuck(&edge.to))
        };
        let path = path(first, |position| blocking(position).map(|edge| edge.to));
        let message = self.message(container, &path, blocked.len() == members.len());
        let mut problem = Diagnostic::error("dependency-cycle", message);
        let in_cycle: HashSet<_> = path.iter().copied().collect();
        let mut places = blocked.iter().flat_map(|position| {
            let edges = self.edges.get(*position).into_iter().flatten();
            let edges = edges.filter(|edge| is_stuck(&edge.to));
            edges.map(|edge| (*position, edge))
        });
        let mut implied = false;
        for (position, edge) in places.by_ref().take(MAX_PLACES) {
            implied |= edge.implied;
            let label = self.label(position, edge, in_cycle.contains(&position));
            problem = problem.at(edge.span.clone(), label);
        }
        let hidden = places.count();
        if hidden > 0 {
            problem = problem.help(format!("{hidden} more dependencies are not shown"));
        }
        if implied {
            problem = problem.help(
                "a stage waits for the one before it in the file, unless it says otherwise: \
                 `depends-on = []`",
            );
        }
        problems.push(problem.help("remove one of the dependencies on this path"));
    }

    fn message(&self, container: &str, path: &[usize], all: bool) -> String {
        let what = self.what;
        let name = |position: &usize| self.names.get(*position).copied().unwrap_or_default();
        let first = path.first().map(name).unwrap_or_default();
        let second = path.get(1).map(name).unwrap_or(first);
        let mut shown: Vec<_> = path
            .iter()
            .take(MAX_PATH)
            .map(|position| format!("`{}`", name(position)))
            .collect();
        if path.len() > MAX_PATH {
            shown.push("…".to_owned());
        }
        let path = shown.join(" → ");
        match all {
            true => format!(
                "{container} must contain at least one {what} with no dependencies: {path} → `{first}`"
            ),
            false => format!(
                "{what} `{first}` depends on {what} `{second}` which creates a cycle in the \
                 dependency graph: {path} → `{first}`"
            ),
        }
    }

    fn label(&self, position: usize, edge: &Edge, in_cycle: bool) -> String {
        let what = self.what;
        let name = |position: usize| self.names.get(position).copied().unwrap_or_default();
        let mut label = format!(
            "{what} `{}` waits for {what} `{}`",
            name(position),
            name(edge.to)
        );
        if edge.implied {
            label.push_str(", which is before it");
        }
        if !in_cycle {
            label.push_str(" and can never start");
        }
        label
    }
}

/// The cycle that one gets into from `start`, beginning with what is first in the file.
fn path(start: usize, next: impl Fn(usize) -> Option<usize>) -> Vec<usize> {
    let mut walk = Vec::new();
    let mut seen = HashSet::new();
    let mut current = Some(start);
    while let Some(position) = current.filter(|position| seen.insert(*position)) {
        walk.push(position);
        current = next(position);
    }
    let start = walk.iter().position(|position| Some(*position) == current);
    let mut path = walk.split_off(start.unwrap_or(0));
    let first = path.iter().min().copied();
    let shift = path.iter().position(|position| Some(*position) == first);
    path.rotate_left(shift.unwrap_or(0));
    path
}
