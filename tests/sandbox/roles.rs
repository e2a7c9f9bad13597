//! What a component is in a search, and what the others than oracles answer.

use crate::harness::{Step, asked, guest, run, task, try_code};
use crate::lab::lab;
use crate::oracle::{judge, observation, version};
use std::fs;
use stepwell_event::{
    About, Access, Entry, Finite, HostAnswer, HostCall, NoiseModel, Notice, Observation, Outcome,
    Person, Proposal, Question, Release, Reply, Role, Terms, Verdict,
};
use stepwell_sandbox::{LoadError, LoadErrorKind, Metering};

fn role(name: &str) -> Result<Option<Role>, LoadError> {
    Ok(try_code(&guest(name), Metering::Off)?.role().cloned())
}

#[test]
fn what_a_component_is_is_told_by_its_exports() {
    let about = About {
        name: "probe".to_owned(),
        version: "1.2.3".to_owned(),
        summary: "Does what its configuration says.".to_owned(),
        noise: NoiseModel::Known {
            false_bad: Finite::new(0.01).unwrap(),
            false_good: Finite::new(0.2).unwrap(),
        },
        terms: Terms {
            old: "whole".to_owned(),
            new: "broken".to_owned(),
        },
        max_trials: 50,
    };
    let expected = Role::Oracle {
        about,
        advises: false,
    };
    assert_eq!(role("bisect-oracle"), Ok(Some(expected)));
    assert!(matches!(
        role("bisect-advising"),
        Ok(Some(Role::Oracle { advises: true, about })) if about.max_trials == 1
    ));
    assert_eq!(role("bisect-strategist"), Ok(Some(Role::Strategist)));
    assert_eq!(role("bisect-notifier"), Ok(Some(Role::Notifier)));
    assert_eq!(role("bisect-publisher"), Ok(Some(Role::Publisher)));
    assert_eq!(role("task-echo"), Ok(None));
    assert_eq!(role("env_print"), Ok(None));
}

#[test]
fn a_component_that_is_two_things_at_once_is_refused() {
    for (name, says) in [
        ("bisect-two-roles", "an oracle and a publisher at once"),
        ("bisect-task", "a task and an oracle at once"),
    ] {
        let error = role(name).unwrap_err();
        assert_eq!(error.kind(), LoadErrorKind::TwoRoles);
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[test]
fn advice_is_checked() {
    let believe = |config: &str| {
        let suspects = vec![
            (version("a"), vec!["x".to_owned(), "y".to_owned()]),
            (version("b"), Vec::new()),
        ];
        let question = Question::Believe {
            config: config.to_owned(),
            suspects,
        };
        asked("bisect-advising", question).go()
    };
    let ran = believe("");
    let Reply::Believed(Ok(belief)) = ran.reply() else {
        panic!("{:?}", ran.report);
    };
    let weights: Vec<f64> = belief.weights.iter().map(|weight| weight.get()).collect();
    assert_eq!(weights, [2.0, 0.0]);
    assert_eq!(
        believe("none").reply(),
        &Reply::Believed(Err("no idea".to_owned()))
    );
    for (config, says) in [
        ("nan", "a weight of NaN"),
        ("negative", "-1"),
        ("few", "0 weights for 2 suspects"),
    ] {
        let Outcome::Failed { message, .. } = believe(config).report.outcome else {
            panic!("{config}");
        };
        assert!(message.contains(says), "{message}");
    }
}

#[test]
fn failures_are_compared_by_their_signatures_unless_the_oracle_knows_better() {
    let failure = |signature: &str| Observation {
        verdict: Verdict::Bad,
        reason: "bad".to_owned(),
        good_trials: 0,
        bad_trials: 1,
        signature: Some(signature.to_owned()),
        measurements: Vec::new(),
        evidence: Vec::new(),
        cacheable: true,
    };
    let same = |one: &str, other: &str| {
        let question = Question::SameFailure {
            config: String::new(),
            a: failure(one),
            b: failure(other),
        };
        asked("bisect-advising", question).go().reply().clone()
    };
    assert_eq!(same("x", "x"), Reply::Same(true));
    assert_eq!(same("x", "y"), Reply::Same(false));
}

#[test]
fn a_strategist_chooses_among_the_suspects() {
    let propose = |history: &[(&str, Verdict)], in_flight: &[&str], slots| {
        let question = Question::Propose {
            suspects: ["a", "b", "c", "d"].map(version).to_vec(),
            history: history
                .iter()
                .map(|(id, verdict)| ((*id).to_owned(), *verdict))
                .collect(),
            in_flight: in_flight.iter().map(|id| (*id).to_owned()).collect(),
            slots,
        };
        asked("bisect-strategist", question).go()
    };
    let proposed = |proposal| Reply::Proposed(proposal);
    assert_eq!(
        propose(&[], &[], 1).reply(),
        &proposed(Proposal::Test(vec!["b".to_owned()]))
    );
    let history = [("b", Verdict::Good), ("c", Verdict::Bad)];
    assert_eq!(
        propose(&history, &[], 1).reply(),
        &proposed(Proposal::Culprits(vec!["c".to_owned()]))
    );
    assert_eq!(propose(&[], &[], 0).reply(), &proposed(Proposal::NoCulprit));
    let Outcome::Failed { message, .. } = propose(&[], &["b"], 1).report.outcome else {
        panic!("it wants what is being judged");
    };
    assert!(message.contains("which is being judged"), "{message}");
}

fn notice() -> Notice {
    Notice {
        key: "4e".repeat(32),
        project: "a project".to_owned(),
        culprit: version("bad"),
        recipient: Person {
            name: "Somebody".to_owned(),
            email: "somebody@example.org".to_owned(),
        },
        newest_good: None,
        reason: "it broke".to_owned(),
        signature: None,
        confidence: Finite::new(0.99).unwrap(),
        reproduce: "stepwell bisect".to_owned(),
        report_json: "{}".to_owned(),
        report_markdown: "# It broke".to_owned(),
    }
}

fn notify() -> Step {
    let question = Question::Notify {
        config: String::new(),
        finding: notice(),
    };
    asked("bisect-notifier", question)
}

#[test]
fn a_notifier_writes_letters_that_its_host_sends() {
    let ran = notify().lending(|_| Some(HostAnswer::Sent)).go();
    assert_eq!(
        ran.reply(),
        &Reply::Done(Ok("wrote to somebody@example.org".to_owned()))
    );
    let letter = HostCall::SendMail {
        to: vec!["somebody@example.org".to_owned()],
        subject: "bad broke a project".to_owned(),
        text: "# It broke".to_owned(),
    };
    assert_eq!(ran.calls, [letter]);
    let ran = notify().lending(lab).go();
    assert_eq!(ran.reply(), &Reply::Done(Err("not lent".to_owned())));
}

#[test]
fn a_publisher_sees_what_it_publishes() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("name"), "a release").unwrap();
    let publish = || {
        let question = Question::Publish {
            config: "name".to_owned(),
            release: Release {
                key: "4e".repeat(32),
                project: "a project".to_owned(),
                branch: "main".to_owned(),
                version: version("good"),
                previous: None,
            },
        };
        asked("bisect-publisher", question)
    };
    let ran = publish().grant(folder.path(), Access::Read).go();
    assert_eq!(ran.reply(), &Reply::Done(Ok("good a release".to_owned())));
    let ran = publish().go();
    assert_eq!(
        ran.reply(),
        &Reply::Done(Err("it sees no files".to_owned()))
    );
}

#[test]
fn a_question_to_the_wrong_component_is_unusable() {
    let unusable = |step: Step, says: &str| {
        let ran = step.go();
        let Outcome::Unusable { message } = ran.outcome() else {
            panic!("{:?}", ran.report);
        };
        assert!(message.contains(says), "{message}");
        assert_eq!(ran.report.reply, None);
    };
    let question = Question::SameFailure {
        config: String::new(),
        a: observation(&judge(r#"{"do": "count"}"#).go()).clone(),
        b: observation(&judge(r#"{"do": "count"}"#).go()).clone(),
    };
    unusable(
        asked("bisect-oracle", question.clone()),
        "is an oracle, which cannot compare failures",
    );
    unusable(
        asked("bisect-publisher", question.clone()),
        "is a publisher, which cannot",
    );
    let entry = || Entry::Bisect(Box::new(question.clone()));
    unusable(
        task("task-noop").entered(entry()),
        "takes no part in a search",
    );
    unusable(
        run("env_print").entered(entry()),
        "takes no part in a search",
    );
    unusable(
        judge("{}").entered(Entry::Task { inputs: Vec::new() }),
        "is an oracle, which is no step of a pipeline",
    );
}
