//! What is no judgement never becomes one.

use crate::rig::{Rig, Scripted, Versions, bare, culprit, id, observed, request, skip};
use std::sync::Arc;
use stepwell_culprit::{Answer, Ended};
use stepwell_event::{
    Conclusion, Finding, Frame, JudgeRefusal, Outcome, Probe, ProbeEnd, SkipKind, TrapKind, Verdict,
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
        let (finding, judged) = search(move |nth| (nth < 3).then(|| skip(kind)));
        assert_eq!(culprit(&finding), 5);
        assert_eq!(judged.iter().filter(|at| **at == 4).count(), 4);
    }
}

#[test]
fn a_machine_that_keeps_failing_says_nothing_of_the_version_it_fails_at() {
    let versions = Versions::line(7);
    for (place, kind, words) in [
        (4, SkipKind::Infrastructure, "the machine failed 4 times"),
        (7, SkipKind::Timeout, "the time ran out 4 times"),
        (1, SkipKind::Timeout, "the time ran out 4 times"),
    ] {
        let rig = Rig::new();
        let judge = Arc::new(Scripted::new(move |at, nth| match at {
            at if at == place && nth < 4 => skip(kind),
            5.. => observed(Verdict::Bad),
            _ => observed(Verdict::Good),
        }));
        let finding = rig
            .search(&versions, &judge, request(&[1], 7, bare()))
            .unwrap();
        let why = aborted(&finding);
        let says = format!("v{place} could not be judged: {words}");
        assert!(why.contains(&says), "{why}");
        let judged = |probe: &&Probe| matches!(probe.end, ProbeEnd::Judged { .. });
        let of_place = finding.probes.iter().filter(judged);
        assert!(of_place.clone().all(|it| it.version.id != id(place)));
        // When that is seen to, the search goes on where it was.
        let before = judge.versions();
        let journal = rig.journal();
        let tools = rig.tools(&versions, &judge, &journal);
        let search = finding.search.parse().unwrap();
        let ended = rig.block_on(stepwell_culprit::resume(search, tools));
        let Ok(Ended::Concluded(finding)) = ended else {
            panic!("{ended:?}")
        };
        assert_eq!(culprit(&finding), 5);
        let after = judge.versions().split_off(before.len());
        assert!(after.contains(&place));
        assert!(
            after.iter().all(|at| *at == place || !before.contains(at)),
            "{before:?} {after:?}"
        );
    }
}
