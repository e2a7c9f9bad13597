//! The graph of jobs.

use crate::{command, read, refused, request};
use proptest::prelude::*;
use std::fmt::Write as _;
use stepwell_plan::plan;

/// A pipeline with the jobs and their dependencies, one after another: `a`, `b: a`.
fn pipeline(jobs: &str) -> String {
    let mut text = String::new();
    for job in jobs.split(", ") {
        let (name, dependencies) = job.split_once(':').unwrap_or((job, ""));
        let names: Vec<_> = dependencies.split_whitespace().collect();
        write!(
            text,
            "[jobs.{name}]\ndepends-on = {names:?}\n[[jobs.{name}.steps]]\ntask = \"x\"\n"
        )
        .unwrap();
    }
    text
}

fn problems(jobs: &str) -> String {
    refused(&pipeline(jobs), &[command("x")])
}

#[test]
fn an_unknown_job_comes_with_a_suggestion() {
    insta::assert_snapshot!(problems("build, pack: biuld, ship: nowhere"), @r#"
    unknown-job: job `pack` depends on unknown job `biuld`
      line 6 "\"biuld\"" did you mean `build`?
    unknown-job: job `ship` depends on unknown job `nowhere`
      line 10 "\"nowhere\"" no such job
    "#);
}

#[test]
fn a_job_cannot_depend_twice_on_another() {
    insta::assert_snapshot!(problems("a, b: a A"), @r#"
    duplicate-dependency: job `b` depends on job `A` more than once
      line 6 "\"A\"" remove this
      line 6 "\"a\"" first here
    "#);
}

#[test]
fn a_cycle_is_shown_with_all_jobs_that_it_blocks() {
    insta::assert_snapshot!(problems("behind: d, root, d: b root, b: c, c: d"), @r#"
    dependency-cycle: job `d` depends on job `b` which creates a cycle in the dependency graph: `d` → `b` → `c` → `d`
      line 2 "\"d\"" job `behind` waits for job `d` and can never start
      line 10 "\"b\"" job `d` waits for job `b`
      line 14 "\"c\"" job `b` waits for job `c`
      line 18 "\"d\"" job `c` waits for job `d`
      help: remove one of the dependencies on this path
    "#);
}

#[test]
fn jobs_that_all_wait_for_each_other_have_none_to_begin_with() {
    insta::assert_snapshot!(problems("a: b, b: a"), @r#"
    dependency-cycle: the pipeline must contain at least one job with no dependencies: `a` → `b` → `a`
      line 2 "\"b\"" job `a` waits for job `b`
      line 6 "\"a\"" job `b` waits for job `a`
      help: remove one of the dependencies on this path
    "#);
    insta::assert_snapshot!(problems("a: a"), @r#"
    dependency-cycle: the pipeline must contain at least one job with no dependencies: `a` → `a`
      line 2 "\"a\"" job `a` waits for job `a`
      help: remove one of the dependencies on this path
    "#);
}

#[test]
fn a_large_cycle_is_cut_short() {
    let jobs: Vec<_> = (0..30)
        .map(|n| format!("j{n}: j{}", (n + 1) % 30))
        .collect();
    insta::assert_snapshot!(problems(&jobs.join(", ")), @r#"
    dependency-cycle: the pipeline must contain at least one job with no dependencies: `j0` → `j1` → `j2` → `j3` → `j4` → `j5` → `j6` → `j7` → `j8` → `j9` → … → `j0`
      line 2 "\"j1\"" job `j0` waits for job `j1`
      line 6 "\"j2\"" job `j1` waits for job `j2`
      line 10 "\"j3\"" job `j2` waits for job `j3`
      line 14 "\"j4\"" job `j3` waits for job `j4`
      line 18 "\"j5\"" job `j4` waits for job `j5`
      line 22 "\"j6\"" job `j5` waits for job `j6`
      line 26 "\"j7\"" job `j6` waits for job `j7`
      line 30 "\"j8\"" job `j7` waits for job `j8`
      line 34 "\"j9\"" job `j8` waits for job `j9`
      line 38 "\"j10\"" job `j9` waits for job `j10`
      line 42 "\"j11\"" job `j10` waits for job `j11`
      line 46 "\"j12\"" job `j11` waits for job `j12`
      line 50 "\"j13\"" job `j12` waits for job `j13`
      line 54 "\"j14\"" job `j13` waits for job `j14`
      line 58 "\"j15\"" job `j14` waits for job `j15`
      line 62 "\"j16\"" job `j15` waits for job `j16`
      line 66 "\"j17\"" job `j16` waits for job `j17`
      line 70 "\"j18\"" job `j17` waits for job `j18`
      line 74 "\"j19\"" job `j18` waits for job `j19`
      line 78 "\"j20\"" job `j19` waits for job `j20`
      help: 10 more dependencies are not shown
      help: remove one of the dependencies on this path
    "#);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the graph, either the plan's jobs can all start in some order, or a cycle is
    /// reported; and planning again gives the same.
    #[test]
    fn every_plan_can_run_and_is_always_the_same(
        edges in prop::collection::btree_set((0..12_usize, 0..12_usize), 0..24)
    ) {
        let jobs: Vec<_> = (0..12)
            .map(|from| {
                let names: Vec<_> = edges
                    .iter()
                    .filter(|(start, _)| *start == from)
                    .map(|(_, end)| format!("j{end}"))
                    .collect();
                format!("j{from}: {}", names.join(" "))
            })
            .collect();
        let pipeline = read(&pipeline(&jobs.join(", ")));
        let first = plan(&pipeline, &request(), &[command("x")]);
        prop_assert_eq!(&first, &plan(&pipeline, &request(), &[command("x")]));

        let (plan, diagnostics) = first;
        match plan {
            Some(plan) => {
                let mut done = vec![false; plan.jobs.len()];
                for _ in 0..plan.jobs.len() {
                    for (position, job) in plan.jobs.iter().enumerate() {
                        done[position] |= job.depends_on.iter().all(|other| done[*other]);
                    }
                }
                prop_assert!(!done.contains(&false));
                prop_assert_eq!(
                    plan.jobs.iter().map(|job| job.depends_on.len()).sum::<usize>(),
                    edges.len()
                );
            }
            None => {
                prop_assert_eq!(diagnostics.len(), 1);
                prop_assert_eq!(diagnostics[0].code, "dependency-cycle");
                let (_, path) = diagnostics[0].message.split_once(": ").unwrap();
                prop_assume!(!path.contains('…'));
                let path: Vec<_> = path.split('`').skip(1).step_by(2).collect();
                prop_assert!(path.len() > 1 && path.first() == path.last());
                for pair in path.windows(2) {
                    let [from, to] = [0, 1].map(|side| pair[side][1..].parse::<usize>().unwrap());
                    prop_assert!(edges.contains(&(from, to)));
                }
            }
        }
    }
}
