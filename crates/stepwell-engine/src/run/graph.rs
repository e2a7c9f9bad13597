//! The graph of jobs, or of stages: who waits for whom, and what became of everybody before.
//!
//! What an element must know of those before it is kept beside it and handed on when one ends, so
//! that a decision costs as much as the element has direct dependencies, however long the way to it.

use stepwell_event::StepResult;
use stepwell_expr::Standing;

/// Elements that wait for one another; their positions are those of the plan.
pub(crate) struct Graph {
    nodes: Vec<Node>,
}

struct Node {
    /// How many entries of its dependencies have not ended.
    waiting: usize,
    dependents: Vec<usize>,
    result: Option<StepResult>,
    before: Before,
}

/// What is known of the direct and indirect dependencies of an element that have ended.
#[derive(Clone, Copy, Default)]
pub(crate) struct Before {
    /// One that failed.
    pub(crate) failed: Option<usize>,
    /// One that was canceled or skipped.
    pub(crate) passed_over: Option<usize>,
}

impl Graph {
    /// The graph in which each element waits for these.
    pub(crate) fn new<'d>(depends_on: impl ExactSizeIterator<Item = &'d [usize]>) -> Self {
        let mut dependents = vec![Vec::new(); depends_on.len()];
        let mut nodes = Vec::with_capacity(depends_on.len());
        for (index, dependencies) in depends_on.enumerate() {
            for dependency in dependencies {
                if let Some(list) = dependents.get_mut(*dependency) {
                    list.push(index);
                }
            }
            nodes.push(Node {
                waiting: dependencies.len(),
                dependents: Vec::new(),
                result: None,
                before: Before::default(),
            });
        }
        for (node, dependents) in nodes.iter_mut().zip(dependents) {
            node.dependents = dependents;
        }
        Self { nodes }
    }

    /// Whether nothing before the element is left to wait for.
    pub(crate) fn is_ready(&self, index: usize) -> bool {
        self.nodes
            .get(index)
            .is_some_and(|node| node.waiting == 0 && node.result.is_none())
    }

    /// How the element ended, as its dependents see it.
    pub(crate) fn result(&self, index: usize) -> Option<StepResult> {
        self.nodes.get(index)?.result
    }

    /// What became of those before the element.
    pub(crate) fn before(&self, index: usize) -> Before {
        self.nodes
            .get(index)
            .map_or_else(Before::default, |node| node.before)
    }

    /// Notes how an element ended, and gives those that waited only for it.
    pub(crate) fn finish(&mut self, index: usize, result: StepResult) -> Vec<usize> {
        let Some(node) = self.nodes.get_mut(index) else {
            return Vec::new();
        };
        node.result = Some(result);
        let dependents = std::mem::take(&mut node.dependents);
        let mut known = node.before;
        match result {
            StepResult::Failed => known.failed = Some(index),
            StepResult::Canceled | StepResult::Skipped => known.passed_over = Some(index),
            StepResult::Succeeded | StepResult::SucceededWithIssues => {}
        }
        let mut ready = Vec::new();
        for dependent in dependents {
            let Some(node) = self.nodes.get_mut(dependent) else {
                continue;
            };
            node.before.failed = node.before.failed.or(known.failed);
            node.before.passed_over = node.before.passed_over.or(known.passed_over);
            node.waiting = node.waiting.saturating_sub(1);
            if node.waiting == 0 {
                ready.push(dependent);
            }
        }
        ready
    }

    /// What the status functions of an element look at: its dependencies by name, and all that is
    /// behind them. Dependencies count recursively
    /// (<https://learn.microsoft.com/azure/devops/pipelines/process/conditions>).
    pub(crate) fn standing<'n>(
        &self,
        index: usize,
        dependencies: impl Iterator<Item = (&'n str, usize)>,
        canceling: bool,
    ) -> Standing {
        let before = self.before(index);
        let indirect = [
            before.failed.map(|_| StepResult::Failed),
            before.passed_over.map(|_| StepResult::Skipped),
        ];
        // No dependency has an empty name, so nobody can ask for these by it.
        let indirect = indirect
            .into_iter()
            .flatten()
            .map(|result| (String::new(), Some(result)));
        let direct = dependencies.map(|(name, index)| (name.to_owned(), self.result(index)));
        Standing::of_dependent(canceling, direct.chain(indirect))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use StepResult::{Failed, Skipped, Succeeded};

    #[test]
    fn what_happened_far_before_is_known() {
        let edges: [&[usize]; 4] = [&[], &[0], &[1], &[2, 1]];
        let mut graph = Graph::new(edges.into_iter());
        assert!(graph.is_ready(0) && !graph.is_ready(1));
        assert_eq!(graph.finish(0, Skipped), [1]);
        assert_eq!(graph.finish(1, Succeeded), [2]);
        assert_eq!(graph.before(2).passed_over, Some(0));
        assert_eq!(graph.finish(2, Failed), [3]);
        assert_eq!(graph.before(3).failed, Some(2));
        assert_eq!(graph.before(3).passed_over, Some(0));
        let standing = graph.standing(3, [("c", 2), ("b", 1)].into_iter(), false);
        assert_eq!(standing.call("failed", &[]), Some(true));
        assert_eq!(standing.call("succeeded", &["b".into()]), Some(true));
        assert_eq!(standing.call("succeeded", &[]), Some(false));
        assert!(!graph.is_ready(2));
    }
}
