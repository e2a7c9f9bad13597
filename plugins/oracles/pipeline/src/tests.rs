use super::*;
use stepwell_judging::script::{Script, question, run, step};
use stepwell_oracle::lab::{LabError, Origin};
use stepwell_oracle::{Verdict, with_host};

fn judged(config: &str, runs: Vec<Result<RunResult, LabError>>) -> Result<Observation, Refusal> {
    with_host(Script::of_runs(runs), || Succeeds::judge(question(config)))
}

/// The verdict on a run of these steps.
fn verdict(config: &str, end: RunEnd, steps: Vec<StepResult>) -> (Verdict, String) {
    let observation = judged(config, vec![Ok(run(end, steps))]).unwrap();
    (observation.verdict, observation.reason)
}

fn failed(called: &str) -> StepResult {
    step(called, StepEnd::Failed, "exit-code")
}

fn succeeded(called: &str) -> StepResult {
    step(called, StepEnd::Succeeded, "succeeded")
}

#[test]
fn a_run_that_succeeds_is_good_and_one_that_fails_is_bad() {
    let (good, _) = verdict("{}", RunEnd::Succeeded, vec![succeeded("main.test")]);
    assert_eq!(good, Verdict::Good);
    let steps = vec![succeeded("main.build"), failed("main.test")];
    let (bad, reason) = verdict("{}", RunEnd::Failed, steps);
    assert_eq!(bad, Verdict::Bad);
    assert_eq!(reason, "step `test` of job `main` failed");
}

#[test]
fn a_run_with_issues_is_what_the_user_says() {
    let issues = || vec![step("main.lint", StepEnd::SucceededWithIssues, "succeeded")];
    for (config, expected) in [
        ("{}", Verdict::Good),
        (r#"{"issues": "good"}"#, Verdict::Good),
        (r#"{"issues": "bad"}"#, Verdict::Bad),
    ] {
        let (verdict, _) = verdict(config, RunEnd::SucceededWithIssues, issues());
        assert_eq!(verdict, expected, "{config}");
    }
}

#[test]
fn a_version_that_does_not_build_is_not_bad() {
    let config = r#"{"steps-that-build": ["compile", "tests.link"]}"#;
    let skip = Verdict::Skip(SkipKind::BuildBroken);
    for (steps, expected) in [
        (vec![failed("main.compile")], skip),
        (vec![failed("tests.link")], skip),
        (vec![failed("main.link")], Verdict::Bad),
        // Side by side, the one that says least wins.
        (vec![failed("a.test"), failed("b.compile")], skip),
    ] {
        assert_eq!(verdict(config, RunEnd::Failed, steps).0, expected);
    }
}

#[test]
fn what_the_machine_or_the_clock_did_is_not_the_version_s() {
    let ended = |cause| vec![failed("a.first"), step("b.test", StepEnd::Failed, cause)];
    for (end, steps, expected) in [
        (
            RunEnd::Failed,
            ended("infra-lost"),
            SkipKind::Infrastructure,
        ),
        (
            RunEnd::Failed,
            ended("host-failed"),
            SkipKind::Infrastructure,
        ),
        (RunEnd::Failed, ended("timed-out"), SkipKind::Timeout),
        (
            RunEnd::Canceled,
            ended("exit-code"),
            SkipKind::Infrastructure,
        ),
        (RunEnd::Failed, vec![], SkipKind::Other),
        (
            RunEnd::Failed,
            vec![step("a.x", StepEnd::Failed, "unusable")],
            SkipKind::DependencyMissing,
        ),
    ] {
        let (verdict, reason) = verdict("{}", end, steps);
        assert_eq!(verdict, Verdict::Skip(expected), "{reason}");
    }
    let late = vec![step("b.test", StepEnd::Failed, "timed-out")];
    let (bad, _) = verdict(r#"{"timeout": "bad"}"#, RunEnd::Failed, late);
    assert_eq!(bad, Verdict::Bad);
}

#[test]
fn a_step_that_was_lost_and_succeeded_in_the_end_counts() {
    let again = vec![step("a.test", StepEnd::Succeeded, "succeeded")];
    assert_eq!(verdict("{}", RunEnd::Succeeded, again).0, Verdict::Good);
}

#[test]
fn a_pipeline_that_a_candidate_lacks_is_no_verdict_on_it() {
    let of_candidate = r#"{"of": "candidate"}"#;
    let missing = || Err(LabError::NotFound("there is no pipeline.toml".to_owned()));
    let invalid = || Err(LabError::Invalid("line 3: unknown key".to_owned()));
    let observation = |run| judged(of_candidate, vec![run]).unwrap();
    assert_eq!(
        observation(missing()).verdict,
        Verdict::Skip(SkipKind::TestAbsent)
    );
    assert_eq!(
        observation(invalid()).verdict,
        Verdict::Skip(SkipKind::BuildBroken)
    );
    assert_eq!(observation(invalid()).reason, "line 3: unknown key");
    for refused in [missing(), invalid()] {
        let refusal = judged("{}", vec![refused]).unwrap_err();
        assert!(matches!(refusal, Refusal::Misconfigured(_)), "{refusal:?}");
    }
}

#[test]
fn a_machine_that_cannot_run_it_now_may_later() {
    let runs = vec![Err(LabError::Infrastructure("no space".to_owned()))];
    assert_eq!(
        judged("{}", runs),
        Err(Refusal::Transient("no space".to_owned()))
    );
    let runs = vec![Err(LabError::TooLarge("the tree has 3 GiB".to_owned()))];
    let skipped = judged("{}", runs).unwrap();
    assert_eq!(skipped.verdict, Verdict::Skip(SkipKind::Other));
}

#[test]
fn failures_of_the_same_cause_have_the_same_signature() {
    let signature = |called: &str, message: &str| {
        let mut step = failed(called);
        step.exit_code = Some(101);
        step.message = message.to_owned();
        let runs = vec![Ok(run(RunEnd::Failed, vec![failed("z.other"), step]))];
        judged("{}", runs).unwrap().signature.unwrap()
    };
    let one = signature("main.test", "line 40: left 3, right 4");
    assert_eq!(one, "main/test/exit-code 101: line #: left #, right #");
    assert_eq!(signature("main.test", "line 52: left 5, right 4"), one);
    assert_ne!(signature("main.test", "line 40: no such key"), one);
    assert_ne!(signature("main.lint", "line 40: left 3, right 4"), one);
}

#[test]
fn each_trial_is_a_run_with_a_seed_of_its_own() {
    let good = || Ok(run(RunEnd::Succeeded, vec![]));
    let script = Script::of_runs([
        good(),
        Ok(run(RunEnd::Failed, vec![failed("main.test")])),
        good(),
    ]);
    let asked = script.asked.clone();
    let question = Question {
        trials: 3,
        ..question(
            r#"{"pipeline": "ci/test.toml", "of": "candidate", "variables": {"mode": "fast"},
                "seed-variable": "seed"}"#,
        )
    };
    let observation = with_host(script, || Succeeds::judge(question)).unwrap();
    assert_eq!((observation.good_trials, observation.bad_trials), (2, 1));
    assert_eq!(observation.verdict, Verdict::Good);
    let runs = asked.runs.borrow();
    let seeds: Vec<_> = runs.iter().map(|run| run.variables[1].1.clone()).collect();
    assert_eq!((runs.len(), seeds[0].as_str()), (3, "7"));
    assert!(seeds[0] != seeds[1] && seeds[1] != seeds[2]);
    assert_eq!(runs[0].pipeline, "ci/test.toml");
    assert_eq!(runs[0].origin, Origin::Candidate);
    assert_eq!(runs[0].variables[0], ("mode".to_owned(), "fast".to_owned()));
}

#[test]
fn an_input_that_does_not_exist_is_refused() {
    let refusal = judged(r#"{"pipelin": "x"}"#, vec![]).unwrap_err();
    assert!(
        refusal.message().contains("there is no input `pipelin`"),
        "{refusal:?}"
    );
}
