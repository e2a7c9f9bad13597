//! Components that take part in a search: what they are, what they answer, and what is made of an
//! answer that is none.

use crate::harness::{Ran, Step, asked, guest, run, task, try_code};
use std::fs;
use stepwell_event::{
    About, Access, Entry, Evidence, Finite, HostAnswer, HostCall, HostRefusal, JudgeRefusal,
    LabResult, LabStep, LimitKind, NoiseModel, Notice, Observation, Outcome, Person, Proposal,
    Question, Reply, Role, RunResult, SkipKind, StepResult, Terms, TrapKind, Verdict, Version,
};
use stepwell_sandbox::{LoadError, LoadErrorKind, Metering};

fn role(name: &str) -> Result<Option<Role>, LoadError> {
    Ok(try_code(&guest(name), Metering::Off)?.role().cloned())
}

fn version(id: &str) -> Version {
    Version {
        id: id.to_owned(),
        subject: "a change".to_owned(),
        ..Version::default()
    }
}

/// Five trials of the configurable oracle.
fn judge(config: &str) -> Step {
    asked(
        "bisect-oracle",
        Question::Judge {
            config: config.to_owned(),
            candidate: version("c0ffee"),
            trials: 5,
            seed: 7,
        },
    )
}

fn observation(ran: &Ran) -> &Observation {
    match ran.reply() {
        Reply::Judged(Ok(observation)) => observation,
        other => panic!("{other:?}"),
    }
}

/// The words of an answer that was not believed.
fn disbelieved(config: &str) -> String {
    let ran = judge(config).go();
    assert_eq!(ran.report.reply, None, "{config}");
    match ran.report.outcome {
        Outcome::Failed { message, .. } => message,
        other => panic!("{config}: {other:?}"),
    }
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
fn an_oracle_sees_its_candidate_and_cannot_change_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("state"), "all is whole").unwrap();
    let look = || {
        let ran = judge(r#"{"do": "tree", "file": "state"}"#)
            .read_only(folder.path())
            .go();
        assert_eq!(ran.stdout(), "judging c0ffee\n");
        observation(&ran).clone()
    };
    let good = look();
    assert_eq!(
        (good.verdict, good.good_trials, good.bad_trials),
        (Verdict::Good, 1, 0)
    );
    fs::write(folder.path().join("state"), "it is broken").unwrap();
    let bad = look();
    assert_eq!((bad.verdict, bad.bad_trials), (Verdict::Bad, 1));
    assert_eq!(bad.signature.as_deref(), Some("word: broken"));
    fs::remove_file(folder.path().join("state")).unwrap();
    assert_eq!(look().verdict, Verdict::Skip(SkipKind::TestAbsent));

    let ran = judge(r#"{"do": "write"}"#).read_only(folder.path()).go();
    assert!(!observation(&ran).reason.contains("done"));
    assert!(!folder.path().join("written.txt").exists());
    assert_eq!(ran.denials().len(), 1);
}

#[test]
fn an_oracle_reaches_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let beside = tempfile::NamedTempFile::new().unwrap();
    let path = beside.path().display();
    let ran = judge(&format!(r#"{{"do": "reach", "file": "../{path}"}}"#))
        .read_only(folder.path())
        .go();
    assert_eq!(
        observation(&ran).reason,
        "file: false, address: false, environment: [], arguments: 0"
    );
}

#[test]
fn an_oracle_without_a_grant_sees_no_files() {
    let ran = judge(r#"{"do": "tree", "file": "state"}"#).go();
    let Reply::Judged(Err(JudgeRefusal::Misconfigured(why))) = ran.reply() else {
        panic!("{:?}", ran.report);
    };
    assert!(why.contains("sees no files"), "{why}");
}

#[test]
fn every_judgement_has_an_instance_of_its_own() {
    for _ in 0..3 {
        let ran = judge(r#"{"do": "count"}"#).go();
        assert_eq!(observation(&ran).reason, "1");
    }
}

#[test]
fn the_question_arrives_as_it_is() {
    let ran = judge(r#"{"do": "question"}"#).go();
    let said = &observation(&ran).reason;
    for part in [
        "c0ffee",
        "a change",
        "trials: 5",
        "seed: 7",
        "workspace: None",
    ] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn a_refusal_is_no_verdict() {
    let refused = |how: &str| {
        let config = format!(r#"{{"do": "refuse", "how": "{how}"}}"#);
        match judge(&config).go().reply() {
            Reply::Judged(Err(refusal)) => refusal.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused("abort"), JudgeRefusal::Abort("no more".to_owned()));
    assert_eq!(
        refused("transient"),
        JudgeRefusal::Transient("not now".to_owned())
    );
    assert_eq!(
        refused("odd"),
        JudgeRefusal::Misconfigured("odd".to_owned())
    );
    let ran = judge("no JSON").go();
    assert!(matches!(
        ran.reply(),
        Reply::Judged(Err(JudgeRefusal::Misconfigured(why))) if why.contains("does not fit")
    ));
}

#[test]
fn an_oracle_that_ends_in_any_other_way_gives_no_reply() {
    let no_reply = |step: Step| {
        let ran = step.go();
        assert_eq!(ran.report.reply, None);
        ran.report.outcome
    };
    assert!(matches!(
        no_reply(judge(r#"{"do": "trap"}"#)),
        Outcome::Trapped {
            trap: TrapKind::Unreachable,
            ..
        }
    ));
    assert_eq!(
        no_reply(judge(r#"{"do": "spin"}"#).timeout(200)),
        Outcome::TimedOut { limit_ms: 200 }
    );
    assert!(matches!(
        no_reply(judge(r#"{"do": "spin"}"#).limit(LimitKind::Fuel, 10_000_000)),
        Outcome::LimitExceeded {
            limit: LimitKind::Fuel,
            ..
        }
    ));
    assert!(matches!(
        no_reply(judge(r#"{"do": "memory"}"#)),
        Outcome::LimitExceeded {
            limit: LimitKind::Memory,
            ..
        }
    ));
    assert!(matches!(
        no_reply(judge(r#"{"do": "flood"}"#)),
        Outcome::LimitExceeded {
            limit: LimitKind::HostcallBytes,
            ..
        }
    ));
    let says = |config: &str, says: &str| {
        let Outcome::Failed { message, .. } = no_reply(judge(config)) else {
            panic!("{config}");
        };
        assert!(message.contains(says), "{message}");
    };
    says(r#"{"do": "exit"}"#, "instead of giving an answer");
}

#[test]
fn an_answer_that_cannot_be_believed_is_no_reply() {
    for (what, says) in [
        ("nan", "a sample of NaN"),
        ("infinite", "a confidence of inf"),
        ("sure", "a confidence of 1.5"),
        ("samples", "100001 samples"),
        ("measurements", "65 measurements"),
        ("signature", "a signature of 2000 bytes"),
        ("trials", "where it was asked for 5"),
        ("evidence", "which it did not keep"),
    ] {
        let message = disbelieved(&format!(r#"{{"do": "{what}"}}"#));
        assert!(message.contains(says), "{message}");
    }
}

#[test]
fn a_long_reason_is_cut_and_a_verdict_without_trials_has_one() {
    let ran = judge(r#"{"do": "reason"}"#).go();
    let reason = &observation(&ran).reason;
    assert_eq!(reason.len(), (4 << 10) + '…'.len_utf8());
    let ran = judge(r#"{"do": "no-trials"}"#).go();
    assert_eq!(observation(&ran).bad_trials, 1);
}

fn kept() -> Evidence {
    Evidence {
        name: "report.txt".to_owned(),
        media_type: "text/plain".to_owned(),
        digest: "ab".repeat(32),
        size: 6,
    }
}

fn lab(call: &HostCall) -> Option<HostAnswer> {
    Some(match call {
        HostCall::RunPipeline(_) => HostAnswer::Ran(LabResult {
            end: RunResult::Failed,
            steps: vec![LabStep {
                job: "test".to_owned(),
                name: "unit".to_owned(),
                end: StepResult::Failed,
                cause: "exited".to_owned(),
                exit_code: Some(3),
                message: String::new(),
                duration_ms: 12,
            }],
            log: "it failed".to_owned(),
            duration_ms: 15,
        }),
        HostCall::ReadResult { .. } => HostAnswer::File(b"report".to_vec()),
        HostCall::Keep { .. } => HostAnswer::Kept(kept()),
        HostCall::Patch => HostAnswer::Text("+ a line".to_owned()),
        _ => HostAnswer::Refused(HostRefusal::Denied("not lent".to_owned())),
    })
}

#[test]
fn an_oracle_asks_its_host_and_gets_the_answers() {
    let ran = judge(r#"{"do": "lab", "pipeline": "ci.toml"}"#)
        .lending(lab)
        .go();
    let found = observation(&ran);
    assert_eq!(found.verdict, Verdict::Bad);
    assert_eq!(found.evidence, [kept()]);
    let [
        HostCall::RunPipeline(asked),
        HostCall::ReadResult { path },
        HostCall::Keep { content, .. },
    ] = ran.calls.as_slice()
    else {
        panic!("{:?}", ran.calls);
    };
    assert_eq!(asked.pipeline, "ci.toml");
    assert_eq!(asked.overlays[0].path, "added.txt");
    assert_eq!(asked.variables, [("mode".to_owned(), "fast".to_owned())]);
    assert_eq!(path, "report.txt");
    assert_eq!(content, b"report");
}

#[test]
fn what_the_host_refuses_is_the_error_of_the_call() {
    let ran = judge(r#"{"do": "calls"}"#).lending(lab).go();
    let said = &observation(&ran).reason;
    assert!(said.contains("exit-code: Some(3)"), "{said}");
    assert!(
        said.contains(r#"Err(LabError::Denied("not lent"))"#),
        "{said}"
    );
    assert!(said.contains(r#"Ok("+ a line")"#), "{said}");
    // Whoever was to answer is gone.
    let ran = judge(r#"{"do": "calls"}"#).go();
    let said = &observation(&ran).reason;
    assert_eq!(said.matches("the host gave no answer").count(), 5, "{said}");
    // An answer to another call says nothing about the candidate.
    let ran = judge(r#"{"do": "calls"}"#)
        .lending(|_| Some(HostAnswer::Sent))
        .go();
    let said = &observation(&ran).reason;
    assert_eq!(
        said.matches("LabError::Infrastructure").count(),
        5,
        "{said}"
    );
}

#[test]
fn what_is_too_large_does_not_get_to_the_host() {
    for what in ["overlay", "overlays", "variables", "keep", "path"] {
        let config = format!(r#"{{"do": "large", "what": "{what}"}}"#);
        let ran = judge(&config).lending(lab).go();
        let reason = &observation(&ran).reason;
        assert!(reason.contains("LabError::TooLarge"), "{what}: {reason}");
        assert_eq!(ran.calls, [], "{what}");
    }
}

#[test]
fn files_that_are_kept_count_as_written() {
    let ran = judge(r#"{"do": "large", "what": "keeps"}"#)
        .limit(LimitKind::Written, 10 << 20)
        .lending(lab)
        .go();
    assert!(observation(&ran).reason.contains("LabError::TooLarge"));
    assert_eq!(ran.calls.len(), 10);
    assert_eq!(ran.report.usage.written, 10 << 20);
}

#[test]
fn waiting_for_the_host_ends_with_the_step() {
    let silent = |_: &HostCall| None;
    let ran = judge(r#"{"do": "forever"}"#)
        .lending(silent)
        .after(100, |stop| stop.ask())
        .go();
    assert_eq!(ran.outcome(), &Outcome::Canceled { graceful: false });
    ran.stopped_soon();
    let ran = judge(r#"{"do": "forever"}"#)
        .lending(silent)
        .timeout(100)
        .go();
    assert_eq!(ran.outcome(), &Outcome::TimedOut { limit_ms: 100 });
    ran.stopped_soon();
    assert_eq!(ran.report.reply, None);
    // One that is answered again and again is bounded as any step is.
    let ran = judge(r#"{"do": "forever"}"#).lending(lab).timeout(100).go();
    assert_eq!(ran.outcome(), &Outcome::TimedOut { limit_ms: 100 });
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
        confidence: None,
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
            project: "a project".to_owned(),
            version: version("good"),
            previous: None,
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
