//! An oracle is tested on the machine that builds it, as it is.

#![cfg(test)]

use serde_json::Value;
use stepwell_oracle::lab::{self, LabError, RunEnd, RunRequest, RunResult};
use stepwell_oracle::{
    About, FakeHost, NoiseModel, Observation, Oracle, Question, Refusal, SkipKind, Verdict,
    Version, with_host,
};

struct Pipeline;

impl Oracle for Pipeline {
    fn about() -> About {
        About::new("pipeline", "1.0.0", "Runs a pipeline.")
            .terms("fast", "slow")
            .max_trials(0)
    }

    fn judge(question: Question) -> Result<Observation, Refusal> {
        let config: Value = question.config()?;
        let name = config["pipeline"].as_str().unwrap_or_default();
        let run = lab::run_pipeline(&RunRequest::new(name).variable("mode", "all"))?;
        Ok(match run.end {
            RunEnd::Succeeded | RunEnd::SucceededWithIssues => Observation::good("it passed"),
            RunEnd::Failed => Observation::bad(run.log).signature("failed"),
            RunEnd::Canceled => Observation::skip(SkipKind::Timeout, "it was stopped"),
        })
    }
}

stepwell_oracle::oracle!(Pipeline);

fn question(config: &str) -> Question {
    Question {
        config: config.to_owned(),
        candidate: Version {
            id: "c0ffee".to_owned(),
            parents: Vec::new(),
            subject: String::new(),
            author: stepwell_oracle::Person {
                name: String::new(),
                email: String::new(),
            },
            authored_at: String::new(),
            tree: String::new(),
        },
        workspace: None,
        trials: 1,
        seed: 0,
    }
}

/// A host on which every run ends so.
struct Ends(Result<RunEnd, LabError>);

impl FakeHost for Ends {
    fn run_pipeline(&mut self, request: &RunRequest) -> Result<RunResult, LabError> {
        assert_eq!(request.pipeline, "ci.toml");
        assert_eq!(request.variables, [("mode".to_owned(), "all".to_owned())]);
        Ok(RunResult {
            end: self.0.clone()?,
            steps: Vec::new(),
            log: "it broke".to_owned(),
            duration: 1,
        })
    }
}

fn judged(end: Result<RunEnd, LabError>) -> Result<Observation, Refusal> {
    with_host(Ends(end), || {
        Pipeline::judge(question(r#"{"pipeline": "ci.toml"}"#))
    })
}

#[test]
fn an_oracle_judges_by_what_its_host_does() {
    let good = judged(Ok(RunEnd::Succeeded));
    assert!(matches!(good, Ok(found) if (found.verdict, found.good_trials) == (Verdict::Good, 1)));
    let bad = judged(Ok(RunEnd::Failed));
    assert!(
        matches!(bad, Ok(found) if found.signature.as_deref() == Some("failed")
        && (found.verdict, found.bad_trials) == (Verdict::Bad, 1))
    );
    let stopped = judged(Ok(RunEnd::Canceled));
    assert!(matches!(stopped, Ok(found) if !found.cacheable));
}

#[test]
fn what_the_machine_failed_at_may_work_another_time() {
    let failed = judged(Err(LabError::Infrastructure("no disk".to_owned())));
    assert_eq!(failed, Err(Refusal::Transient("no disk".to_owned())));
    let missing = judged(Err(LabError::NotFound("no pipeline".to_owned())));
    assert_eq!(
        missing,
        Err(Refusal::Misconfigured("no pipeline".to_owned()))
    );
}

#[test]
fn a_configuration_that_does_not_fit_is_refused_with_the_place() {
    let refused = Pipeline::judge(question("{"));
    assert!(matches!(
        refused,
        Err(Refusal::Misconfigured(why)) if why.contains("line 1 column 1")
    ));
}

#[test]
fn where_there_is_no_host_all_is_denied() {
    let refused = Pipeline::judge(question("{}"));
    assert!(matches!(
        refused,
        Err(Refusal::Misconfigured(why)) if why.contains("with_host")
    ));
}

#[test]
fn a_path_stays_within_the_candidate() {
    let mut question = question("{}");
    assert!(matches!(
        question.path("a"),
        Err(Refusal::Misconfigured(why)) if why.contains("sees no files")
    ));
    question.workspace = Some("/".to_owned());
    assert_eq!(question.path("./a/b"), Ok("/a/b".into()));
    for path in ["../a", "/a", "a/../../b"] {
        assert!(matches!(
            question.path(path),
            Err(Refusal::Misconfigured(why)) if why.contains("relative")
        ));
    }
}

#[test]
fn an_oracle_takes_one_trial_at_least() {
    let about = Pipeline::about();
    assert_eq!(
        (about.max_trials, about.noise),
        (1, NoiseModel::Deterministic)
    );
    assert_eq!(about.terms.new, "slow");
}
