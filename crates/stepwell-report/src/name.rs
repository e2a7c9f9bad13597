//! What people call the stages and jobs of a run.
//!
//! A job has its label for a name. Where labels repeat, as they may in two stages, the identifier
//! stands behind them.

use crate::hostile::hostile;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use stepwell_event::RunState;

/// Names by identifier, safe to show.
#[derive(Debug, Default)]
pub(crate) struct Names {
    stages: HashMap<Arc<str>, String>,
    jobs: HashMap<Arc<str>, String>,
    /// The labels of the jobs.
    labels: HashSet<String>,
}

impl Names {
    /// Those of a run that is at hand.
    pub(crate) fn of(state: &RunState) -> Self {
        let mut names = Self::default();
        let stages = state.stages.iter();
        names.add_stages(stages.map(|stage| (&stage.name, stage.label.as_str())));
        let jobs = state.jobs.iter();
        names.add_jobs(jobs.map(|job| (&job.name, job.label.as_str())));
        names
    }

    /// Adds stages with their labels.
    pub(crate) fn add_stages<'a>(&mut self, stages: impl Iterator<Item = (&'a Arc<str>, &'a str)>) {
        self.stages
            .extend(stages.map(|(name, label)| (Arc::clone(name), shown(name, label))));
    }

    /// Adds jobs with their labels.
    pub(crate) fn add_jobs<'a>(
        &mut self,
        jobs: impl Iterator<Item = (&'a Arc<str>, &'a str)> + Clone,
    ) {
        let mut once = HashSet::new();
        let mut repeated: HashSet<&str> = HashSet::new();
        for (_, label) in jobs.clone() {
            if self.labels.contains(label) || !once.insert(label) {
                repeated.insert(label);
            }
        }
        for (name, label) in jobs {
            let mut shown = shown(name, label);
            if repeated.contains(label) && !label.is_empty() && label != &**name {
                shown.push_str(&format!(" ({})", hostile(name)));
            }
            self.jobs.insert(Arc::clone(name), shown);
            self.labels.insert(label.to_owned());
        }
    }

    /// The stage's name; its identifier when the plan was not seen.
    pub(crate) fn stage<'a>(&'a self, stage: &'a str) -> Cow<'a, str> {
        match self.stages.get(stage) {
            Some(name) => Cow::Borrowed(name),
            None => hostile(stage),
        }
    }

    /// The job's name; its identifier when the plan was not seen.
    pub(crate) fn job<'a>(&'a self, job: &'a str) -> Cow<'a, str> {
        match self.jobs.get(job) {
            Some(name) => Cow::Borrowed(name),
            None => hostile(job),
        }
    }
}

fn shown(name: &str, label: &str) -> String {
    hostile(if label.is_empty() { name } else { label }).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_repeat_are_told_apart() {
        let mut names = Names::default();
        let mut add = |jobs: &[(&str, &str)]| {
            let jobs: Vec<_> = jobs
                .iter()
                .map(|(name, label)| (Arc::from(*name), *label))
                .collect();
            names.add_jobs(jobs.iter().map(|(name, label)| (name, *label)));
        };
        add(&[
            ("a.build", "build"),
            ("b.build", "build"),
            ("lint", "lint"),
            ("test", ""),
            ("pack", "Pack\u{7}"),
        ]);
        add(&[("pack.debug", "Pack debug"), ("b.lint", "lint")]);
        let check = |job: &str, expect: &str| assert_eq!(names.job(job), expect);
        check("a.build", "build (a.build)");
        check("b.build", "build (b.build)");
        check("lint", "lint");
        check("b.lint", "lint (b.lint)");
        check("test", "test");
        check("pack", "Pack␇");
        check("pack.debug", "Pack debug");
        check("unknown\u{7}", "unknown␇");
    }
}
