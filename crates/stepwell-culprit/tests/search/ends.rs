//! The ends of the range are what they are said to be, or nobody is blamed.

use crate::rig::{Rig, Scripted, Versions, bare, culprit, observed, request, skip};
use std::sync::Arc;
use stepwell_culprit::{Ends, Settings};
use stepwell_event::{Conclusion, SkipKind, Verdict};

fn conclusion(
    versions: &Versions,
    good: &[usize],
    bad: usize,
    script: impl Fn(usize) -> Verdict + Send + Sync + 'static,
) -> (Conclusion, Vec<usize>) {
    let judge = Arc::new(Scripted::new(move |at, _| observed(script(at))));
    let finding = Rig::new()
        .search(versions, &judge, request(good, bad, bare()))
        .unwrap();
    (finding.conclusion, judge.versions())
}

#[test]
fn a_good_head_is_all_that_is_judged() {
    let (found, judged) = conclusion(&Versions::line(7), &[0], 7, |_| Verdict::Good);
    assert_eq!(found, Conclusion::HeadGood);
    assert_eq!(judged, [7]);
}

#[test]
fn a_bad_base_blames_nobody() {
    let versions = Versions::line(7);
    let (found, judged) = conclusion(&versions, &[0], 7, |_| Verdict::Bad);
    let version = versions.version(0);
    assert_eq!(found, Conclusion::BaseBad { version });
    assert_eq!(judged, [7, 0]);
}

#[test]
fn an_end_that_cannot_be_judged_blames_nobody() {
    let versions = Versions::line(7);
    for (end, head) in [(7, true), (0, false)] {
        let script = move |at| match at {
            at if at == end => Verdict::Skip(SkipKind::BuildBroken),
            7 => Verdict::Bad,
            _ => Verdict::Good,
        };
        let (found, _) = conclusion(&versions, &[0], 7, script);
        let Conclusion::UntestableEnd {
            version, head: is, ..
        } = found
        else {
            panic!("{found:?}")
        };
        assert_eq!((version, is), (versions.version(end), head));
    }
}

#[test]
fn ends_that_are_taken_at_their_word_are_said_to_be() {
    let versions = Versions::line(2);
    let judge = Arc::new(Scripted::blaming(&versions, 2));
    let settings = Settings {
        ends: Ends::Neither,
        ..bare()
    };
    let finding = Rig::new()
        .search(&versions, &judge, request(&[0], 2, settings))
        .unwrap();
    assert_eq!((culprit(&finding), judge.versions()), (2, vec![1]));
    assert!(finding.unverified[0].contains("Both ends"));
}

#[test]
fn one_version_between_the_ends_needs_no_search() {
    let (found, judged) = conclusion(&Versions::line(1), &[0], 1, |at| match at {
        0 => Verdict::Good,
        _ => Verdict::Bad,
    });
    assert!(matches!(found, Conclusion::Culprit { version, .. } if version.id == "v1"));
    assert_eq!(judged, [1, 0]);
}

#[test]
fn nothing_between_the_ends_is_nothing_to_do() {
    let (found, judged) = conclusion(&Versions::line(3), &[3], 3, |_| Verdict::Bad);
    assert_eq!(found, Conclusion::NothingToDo);
    assert!(judged.is_empty());
}

/// `v1` has two lines: to `v2`, which is good, and over `v3` to `v4`, which is bad.
fn fork() -> Versions {
    Versions::graph(vec![vec![], vec![0], vec![1], vec![1], vec![3]])
}

#[test]
fn a_bad_merge_base_means_that_it_was_changed_back() {
    let versions = fork();
    let script = |at| match at {
        2 => Verdict::Good,
        _ => Verdict::Bad,
    };
    let (found, judged) = conclusion(&versions, &[2], 4, script);
    assert_eq!(
        found,
        Conclusion::ChangedBack {
            merge_base: versions.version(1),
            good: versions.version(2),
        }
    );
    assert_eq!(judged, [4, 2, 1]);
}

#[test]
fn a_merge_base_that_cannot_be_judged_is_told() {
    let versions = fork();
    let judge = Arc::new(Scripted::new(|at, _| match at {
        1 => skip(SkipKind::BuildBroken),
        4 => observed(Verdict::Bad),
        _ => observed(Verdict::Good),
    }));
    let finding = Rig::new()
        .search(&versions, &judge, request(&[2], 4, bare()))
        .unwrap();
    assert_eq!(culprit(&finding), 4);
    assert!(finding.unverified.iter().any(|it| it.contains("v1")));
}

#[test]
fn ends_that_were_mixed_up_or_are_unrelated_are_refused_with_words() {
    let rig = Rig::new();
    let line = Versions::line(3);
    let judge = Arc::new(Scripted::blaming(&line, 1));
    let mixed = rig.search(&line, &judge, request(&[3], 1, bare()));
    assert!(mixed.unwrap_err().to_string().contains("mixed up"));
    let apart = Versions::graph(vec![vec![], vec![], vec![1]]);
    let unrelated = rig.search(&apart, &judge, request(&[0], 2, bare()));
    assert!(unrelated.unwrap_err().to_string().contains("in common"));
    assert!(judge.versions().is_empty());
}

#[test]
fn without_a_good_version_the_roots_are_suspects() {
    let versions = Versions::line(4);
    let judge = Arc::new(Scripted::blaming(&versions, 0));
    let finding = Rig::new()
        .search(&versions, &judge, request(&[], 4, bare()))
        .unwrap();
    assert_eq!(culprit(&finding), 0);
    assert_eq!(finding.commits, 5);
    assert!(
        finding
            .unverified
            .iter()
            .any(|it| it.contains("No version"))
    );
}
