//! Who is blamed, and after which judgements.

use crate::rig::{Dice, Rig, Scripted, Versions, bare, culprit, id, observed, request, skip};
use std::sync::Arc;
use std::time::Duration;
use stepwell_culprit::{Course, Ends, Settings};
use stepwell_event::{
    Belief, Conclusion, Finite, NoiseModel, Purpose, SkipKind, Standing, Stretch, Verdict,
};

#[test]
fn every_culprit_of_a_line_is_found_and_seen_to_be_one() {
    let rig = Rig::new();
    for count in [1, 2, 3, 8] {
        let versions = Versions::line(count);
        for expected in 1..=count {
            let judge = Arc::new(Scripted::blaming(&versions, expected));
            let settings = Settings {
                remember: false,
                ..Settings::default()
            };
            let finding = rig
                .search(&versions, &judge, request(&[0], count, settings))
                .unwrap();
            assert_eq!(culprit(&finding), expected, "{count}");
            let again = finding
                .probes
                .iter()
                .filter(|it| it.purpose == Purpose::Verify);
            let mut again: Vec<&str> = again.map(|probe| probe.version.id.as_str()).collect();
            again.sort_unstable();
            let mut both = vec![id(expected - 1), id(expected)];
            both.sort_unstable();
            assert_eq!(again, both);
            assert_eq!(finding.commits as usize, count);
            assert_eq!(finding.cost.probes as usize, judge.versions().len());
        }
    }
}

#[test]
fn a_line_is_searched_as_the_rounding_says() {
    // The newest first; v1 was judged before.
    let traces: [(usize, bool, &[usize]); 7] = [
        (2, true, &[7, 4, 2]),
        (2, false, &[7, 4, 3, 2]),
        (5, true, &[7, 4, 5]),
        (5, false, &[7, 4, 6, 5]),
        (6, true, &[7, 4, 5, 6]),
        (7, true, &[7, 4, 5, 6]),
        (7, false, &[7, 4, 6]),
    ];
    let rig = Rig::new();
    let versions = Versions::line(7);
    for (expected, round_down, trace) in traces {
        let judge = Arc::new(Scripted::blaming(&versions, expected));
        let settings = Settings {
            round_down,
            ends: Ends::Bad,
            ..bare()
        };
        let finding = rig
            .search(&versions, &judge, request(&[1], 7, settings))
            .unwrap();
        assert_eq!(culprit(&finding), expected);
        assert_eq!(judge.versions(), trace, "culprit {expected}");
    }
}

#[test]
fn any_order_of_ends_leads_to_the_culprit_of_a_graph() {
    let rig = Rig::new();
    let mut dice = Dice(42);
    for round in 0..24 {
        let count = 12 + dice.roll(20);
        let mut parents: Vec<Vec<usize>> = vec![Vec::new()];
        for at in 1..count {
            let mut own = vec![at - 1 - dice.roll(at.min(4))];
            if dice.roll(3) == 0 {
                own.push(at - 1 - dice.roll(at.min(6)));
            }
            own.sort_unstable();
            own.dedup();
            parents.push(own);
        }
        let versions = Versions::graph(parents);
        let suspects: Vec<usize> = versions
            .ancestors(count - 1)
            .into_iter()
            .filter(|at| *at != 0)
            .collect();
        let expected = suspects[dice.roll(suspects.len())];
        let salt = dice.0;
        let judge = Scripted::blaming(&versions, expected).after(move |at, nth| {
            let mut dice = Dice(salt ^ ((at as u64 + 1) << 20) ^ u64::from(nth));
            dice.roll(7);
            Duration::from_millis(dice.roll(6) as u64)
        });
        let judge = Arc::new(judge);
        let settings = Settings {
            jobs: if round % 2 == 0 { 1 } else { 4 },
            remember: false,
            ..Settings::default()
        };
        let finding = rig
            .search(&versions, &judge, request(&[0], count - 1, settings))
            .unwrap();
        assert_eq!(culprit(&finding), expected, "round {round}");
    }
}

#[test]
fn a_search_as_git_does_it_judges_what_git_would() {
    let rig = Rig::new();
    let versions = Versions::line(3);
    let judge = Arc::new(Scripted::blaming(&versions, 1));
    let settings = Settings {
        course: Course::Git,
        ends: Ends::Neither,
        ..bare()
    };
    let finding = rig
        .search(&versions, &judge, request(&[0], 3, settings))
        .unwrap();
    // Of three suspects Git takes the second.
    assert_eq!(judge.versions(), [2, 1]);
    assert_eq!(culprit(&finding), 1);
}

#[test]
fn versions_with_the_files_of_their_parent_are_not_judged() {
    let rig = Rig::new();
    let mut versions = Versions::line(6);
    for at in [2, 3, 4] {
        versions.trees[at] = "t1".into();
    }
    let judge = Arc::new(Scripted::blaming(&versions, 5));
    let finding = rig
        .search(&versions, &judge, request(&[0], 6, bare()))
        .unwrap();
    assert_eq!(culprit(&finding), 5);
    assert_eq!((finding.commits, finding.versions), (6, 3));
    assert!(!judge.versions().iter().any(|at| [2, 3, 4].contains(at)));
}

#[test]
fn a_stretch_that_cannot_be_judged_leaves_suspects() {
    let rig = Rig::new();
    let versions = Versions::line(9);
    let judge = Arc::new(Scripted::new(|at, _| match at {
        0..4 => observed(Verdict::Good),
        4..7 => skip(SkipKind::BuildBroken),
        _ => observed(Verdict::Bad),
    }));
    let finding = rig
        .search(&versions, &judge, request(&[0], 9, bare()))
        .unwrap();
    let Conclusion::Ambiguous {
        suspects,
        untestable,
        newest_good,
        ..
    } = &finding.conclusion
    else {
        panic!("{:?}", finding.conclusion)
    };
    let ids = |versions: &[stepwell_event::Version]| -> Vec<String> {
        versions.iter().map(|version| version.id.clone()).collect()
    };
    assert_eq!(ids(suspects), ["v4", "v5", "v6", "v7"]);
    assert_eq!(ids(untestable), ["v4", "v5", "v6"]);
    assert_eq!(newest_good.as_ref().unwrap().id, "v3");
    let stretch = |standing, commits| Stretch { standing, commits };
    assert_eq!(
        finding.range,
        [
            stretch(Standing::Good, 3),
            stretch(Standing::Untestable, 3),
            stretch(Standing::Suspect, 1),
            stretch(Standing::Bad, 2),
        ]
    );
}

#[test]
fn a_change_outside_of_the_paths_is_not_blamed_on_one_inside() {
    let rig = Rig::new();
    let mut versions = Versions::line(6);
    versions.touching = [1, 3, 6].into();
    let judge = Arc::new(Scripted::blaming(&versions, 2));
    let settings = Settings {
        remember: false,
        ..Settings::default()
    };
    let mut request = request(&[0], 6, settings);
    request.paths = vec!["src".into()];
    let finding = rig.search(&versions, &judge, request).unwrap();
    let Conclusion::Aborted { why } = &finding.conclusion else {
        panic!("{:?}", finding.conclusion)
    };
    assert!(why.contains("v3") && why.contains("parent v2"), "{why}");
}

#[test]
fn paths_that_no_suspect_changes_blame_nobody() {
    let rig = Rig::new();
    let mut versions = Versions::line(6);
    versions.touching = [0].into();
    let judge = Arc::new(Scripted::blaming(&versions, 2));
    let mut request = request(&[0], 6, bare());
    request.paths = vec!["README".into()];
    let error = rig.search(&versions, &judge, request).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("no version that may be to blame changes `README`"),
        "{error}"
    );
    assert!(judge.versions().is_empty());
}

#[test]
fn one_wrong_judgement_is_found_out_when_the_culprit_is_judged_once_more() {
    let rig = Rig::new();
    let versions = Versions::line(16);
    // The first judgement of v8 is wrong.
    let judge = Arc::new(Scripted::new(|at, nth| {
        let bad = at >= 11 || at == 8 && nth == 0;
        observed(if bad { Verdict::Bad } else { Verdict::Good })
    }));
    let settings = Settings {
        remember: false,
        round_down: true,
        ..Settings::default()
    };
    let finding = rig
        .search(&versions, &judge, request(&[0], 16, settings))
        .unwrap();
    assert_eq!(culprit(&finding), 11, "{:?}", judge.versions());
}

/// A number that has nothing to do with `number`.
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[test]
fn a_flaky_oracle_is_weighed() {
    let rig = Rig::new();
    let versions = Versions::line(40);
    let mut right = 0;
    for round in 0..10u64 {
        let judge = Scripted::new(move |at, nth| {
            let number = round << 32 | (at as u64) << 16 | u64::from(nth);
            let flake = mixed(number).is_multiple_of(10);
            observed(if at >= 23 || flake {
                Verdict::Bad
            } else {
                Verdict::Good
            })
        });
        let judge = Arc::new(judge);
        let mut request = request(
            &[0],
            40,
            Settings {
                remember: false,
                jobs: 2,
                ..Settings::default()
            },
        );
        request.noise = NoiseModel::Known {
            false_bad: Finite::new(0.1).unwrap(),
            false_good: Finite::new(0.0).unwrap(),
        };
        let finding = rig.search(&versions, &judge, request).unwrap();
        right += usize::from(culprit(&finding) == 23);
    }
    assert!(right >= 9, "{right} of 10");
}

#[test]
fn what_an_oracle_believes_is_looked_at_first() {
    let rig = Rig::new();
    let versions = Versions::line(32);
    let mut judge = Scripted::blaming(&versions, 3);
    let finite = |value| Finite::new(value).unwrap();
    let mut weights = vec![finite(0.001); 32];
    weights[2] = finite(10.0);
    judge.belief = Some(Belief {
        weights,
        no_culprit: Finite::default(),
        costs: Vec::new(),
    });
    let judge = Arc::new(judge);
    let finding = rig
        .search(&versions, &judge, request(&[0], 32, bare()))
        .unwrap();
    assert_eq!(culprit(&finding), 3);
    let mut sought = judge.versions().split_off(2);
    sought.sort_unstable();
    assert_eq!(sought, [2, 3]);
}

#[test]
fn a_belief_that_fits_nothing_is_refused() {
    let rig = Rig::new();
    let versions = Versions::line(4);
    let mut judge = Scripted::blaming(&versions, 3);
    judge.belief = Some(Belief {
        weights: vec![Finite::new(1.0).unwrap()],
        no_culprit: Finite::default(),
        costs: Vec::new(),
    });
    let error = rig
        .search(&versions, &Arc::new(judge), request(&[0], 4, bare()))
        .unwrap_err();
    assert!(
        error.to_string().contains("4 versions and weighs 1"),
        "{error}"
    );
}

#[test]
fn a_spent_budget_leaves_suspects_and_no_culprit() {
    let rig = Rig::new();
    let versions = Versions::line(32);
    let judge = Arc::new(Scripted::blaming(&versions, 21));
    let settings = Settings {
        max_trials: Some(4),
        ..bare()
    };
    let finding = rig
        .search(&versions, &judge, request(&[0], 32, settings))
        .unwrap();
    let Conclusion::Undecided { suspects, .. } = &finding.conclusion else {
        panic!("{:?}", finding.conclusion)
    };
    assert_eq!(judge.versions().len(), 4);
    assert!(suspects.len() == 8 && suspects.iter().any(|(it, _)| it.id == "v21"));
}
