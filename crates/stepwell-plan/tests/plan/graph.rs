//! The graph of jobs.

use crate::{command, planned, read, refused};
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

#[track_caller]
fn check(jobs: &str, expect: &[&[usize]]) {
    let plan = planned(&pipeline(jobs), &[command("x")]);
    let found: Vec<_> = plan.jobs.iter().map(|job| &job.depends_on[..]).collect();
    assert_eq!(found, expect);
}

fn problems(jobs: &str) -> String {
    refused(&pipeline(jobs), &[command("x")])
}

#[test]
fn dependencies_become_positions_without_regard_to_case_and_order() {
    check("a", &[&[]]);
    check("c: B a, a, b: A", &[&[2, 1], &[], &[1]]);
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
fn a_job_cannot_depend_on_itself_nor_twice_on_another() {
    insta::assert_snapshot!(problems("a: A, b: a A"), @r#"
    self-dependency: job `a` depends on itself
      line 2 "\"A\"" remove this
    duplicate-dependency: job `b` depends on job `A` more than once
      line 6 "\"A\"" remove this
      line 6 "\"a\"" first here
    "#);
}

#[test]
fn a_cycle_is_shown_with_all_jobs_that_it_blocks() {
    insta::assert_snapshot!(problems("behind: d, root, d: b root, b: c, c: d"), @r#"
    dependency-cycle: dependencies of jobs form a cycle: `d` → `b` → `c` → `d`
      line 2 "\"d\"" job `behind` waits for job `d` and can never start
      line 10 "\"b\"" job `d` waits for job `b`
      line 14 "\"c\"" job `b` waits for job `c`
      line 18 "\"d\"" job `c` waits for job `d`
      help: remove one of the dependencies on this path
    "#);
}

#[test]
fn two_jobs_that_wait_for_each_other_are_a_cycle() {
    insta::assert_snapshot!(problems("a: b, b: a"), @r#"
    dependency-cycle: dependencies of jobs form a cycle: `a` → `b` → `a`
      line 2 "\"b\"" job `a` waits for job `b`
      line 6 "\"a\"" job `b` waits for job `a`
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
                    .filter(|(start, end)| *start == from && end != start)
                    .map(|(_, end)| format!("j{end}"))
                    .collect();
                format!("j{from}: {}", names.join(" "))
            })
            .collect();
        let pipeline = read(&pipeline(&jobs.join(", ")));
        let first = plan(&pipeline, &[], &[command("x")]);
        prop_assert_eq!(&first, &plan(&pipeline, &[], &[command("x")]));

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
                    edges.iter().filter(|(start, end)| start != end).count()
                );
            }
            None => {
                prop_assert_eq!(diagnostics.len(), 1);
                prop_assert_eq!(diagnostics[0].code, "dependency-cycle");
                let path: Vec<_> = diagnostics[0].message.split('`').skip(1).step_by(2).collect();
                prop_assert!(path.len() > 2 && path.first() == path.last());
                for pair in path.windows(2) {
                    let [from, to] = [0, 1].map(|side| pair[side][1..].parse::<usize>().unwrap());
                    prop_assert!(edges.contains(&(from, to)));
                }
            }
        }
    }
}
