//! Oracles: what they see and answer, and what is made of an answer that is none.

use crate::harness::{Ran, Step, asked};
use std::fs;
use stepwell_event::{
    JudgeRefusal, LimitKind, Observation, Outcome, Question, Reply, SkipKind, TrapKind, Verdict,
    Version,
};

pub(crate) fn version(id: &str) -> Version {
    Version {
        id: id.to_owned(),
        subject: "a change".to_owned(),
        ..Version::default()
    }
}

/// Five trials of the configurable oracle.
pub(crate) fn judge(config: &str) -> Step {
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

pub(crate) fn observation(ran: &Ran) -> &Observation {
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
        ("all-bad", "the verdict good, and with 0 good and 1 bad"),
        ("all-good", "the verdict bad, and with 1 good and 0 bad"),
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
