//! What is no judgement never becomes one.

use crate::rig::{Rig, Scripted, Versions, bare, culprit, observed, request, skip};
use std::sync::Arc;
use stepwell_culprit::Answer;
use stepwell_event::{
    Conclusion, Finding, Frame, JudgeRefusal, Outcome, ProbeEnd, SkipKind, TrapKind, Verdict,
};

fn trap() -> Answer {
    Answer::Failed(Outcome::Trapped {
        trap: TrapKind::Unreachable,
        backtrace: vec![Frame {
            function: "judge_it".into(),
            location: None,
        }],
    })
}

/// Searches a line of 7 in which v5 is to blame; v4 is answered by `answer`.
fn search(answer: impl Fn(u32) -> Option<Answer> + Send + Sync + 'static) -> (Finding, Vec<usize>) {
    let versions = Versions::line(7);
    let judge = Arc::new(Scripted::new(move |at, nth| match (at, answer(nth)) {
        (4, Some(answer)) => answer,
        (5.., _) => observed(Verdict::Bad),
        _ => observed(Verdict::Good),
    }));
    let finding = Rig::new()
        .search(&versions, &judge, request(&[1], 7, bare()))
        .unwrap();
    (finding, judge.versions())
}

#[track_caller]
fn aborted(finding: &Finding) -> &str {
    assert!(
        finding.probes.iter().all(|probe| match &probe.end {
            ProbeEnd::Judged { observation, .. } =>
                observation.verdict != Verdict::Bad || probe.version.id != "v4",
            _ => true,
        }),
        "what is no judgement became one"
    );
    match &finding.conclusion {
        Conclusion::Aborted { why } => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_trap_is_tried_again_with_another_seed() {
    let (finding, judged) = search(|nth| (nth == 0).then(trap));
    assert_eq!(culprit(&finding), 5);
    assert_eq!(judged.iter().filter(|at| **at == 4).count(), 2);
    assert!(matches!(&finding.probes[2].end, ProbeEnd::Failed { why } if why.contains("judge_it")));
}

#[test]
fn an_oracle_that_traps_twice_ends_the_search() {
    let (finding, judged) = search(|_| Some(trap()));
    let why = aborted(&finding);
    assert!(
        why.contains("unreachable") && why.contains("judge_it"),
        "{why}"
    );
    assert_eq!(judged, [7, 1, 4, 4]);
}

#[test]
fn an_oracle_may_say_later_three_times() {
    let later = || Answer::Refused(JudgeRefusal::Transient("busy".into()));
    let (finding, _) = search(move |nth| (nth < 3).then(later));
    assert_eq!(culprit(&finding), 5);
    let (finding, judged) = search(move |_| Some(later()));
    assert!(aborted(&finding).contains("4 times: busy"));
    assert_eq!(judged, [7, 1, 4, 4, 4, 4]);
}

#[test]
fn an_oracle_may_end_the_search() {
    for (refusal, words) in [
        (
            JudgeRefusal::Abort("stop it".into()),
            "ended the search: stop it",
        ),
        (
            JudgeRefusal::Misconfigured("no key".into()),
            "configured: no key",
        ),
    ] {
        let (finding, judged) = search(move |_| Some(Answer::Refused(refusal.clone())));
        assert!(aborted(&finding).contains(words));
        assert_eq!(judged, [7, 1, 4]);
    }
}

#[test]
fn what_the_machine_did_is_tried_again() {
    for kind in [SkipKind::Infrastructure, SkipKind::Timeout] {
        let (finding, judged) = search(move |nth| (nth < 2).then(|| skip(kind)));
        assert_eq!(culprit(&finding), 5);
        assert_eq!(judged.iter().filter(|at| **at == 4).count(), 3);
    }
}

#[test]
fn a_machine_that_fails_at_three_versions_ends_the_search() {
    let versions = Versions::line(20);
    let judge = Arc::new(Scripted::new(|at, _| match at {
        0 => observed(Verdict::Good),
        20 => observed(Verdict::Bad),
        _ => skip(SkipKind::Infrastructure),
    }));
    let mut settings = bare();
    settings.jobs = 4;
    let finding = Rig::new()
        .search(&versions, &judge, request(&[0], 20, settings))
        .unwrap();
    assert!(aborted(&finding).contains("the machine failed at"));
}

#[test]
fn a_version_that_always_takes_too_long_is_one_that_cannot_be_judged() {
    let (finding, _) = search(|_| Some(skip(SkipKind::Timeout)));
    let Conclusion::Ambiguous { suspects, .. } = &finding.conclusion else {
        panic!("{:?}", finding.conclusion)
    };
    assert_eq!(suspects.len(), 2);
}
