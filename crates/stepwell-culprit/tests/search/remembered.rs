//! Verdicts that are used again.

use crate::rig::{Rig, Scripted, Versions, culprit, observed, request};
use std::sync::Arc;
use stepwell_culprit::{Answer, Settings};
use stepwell_event::{ProbeEnd, Purpose, SkipKind, Verdict};

#[test]
fn a_search_that_was_made_before_costs_what_confirms_it() {
    let rig = Rig::new();
    let versions = Versions::line(30);
    let judge = Arc::new(Scripted::blaming(&versions, 17));
    let ask = || request(&[0], 30, Settings::default());
    let first = rig.search(&versions, &judge, ask()).unwrap();
    let asked = judge.versions().len();
    assert_eq!(first.cost.probes as usize, asked);
    let second = rig.search(&versions, &judge, ask()).unwrap();
    assert_eq!((culprit(&first), culprit(&second)), (17, 17));
    // What was kept does not confirm what was kept: culprit and parent are judged once more.
    let mut again = judge.versions().split_off(asked);
    again.sort_unstable();
    assert_eq!(again, [16, 17]);
    assert_eq!(second.cost.probes, 2);
    assert!(second.cost.cached > 0);
}

#[test]
fn a_longer_range_begins_with_what_is_known() {
    let rig = Rig::new();
    let versions = Versions::line(64);
    let judge = Arc::new(Scripted::blaming(&versions, 17));
    let ask = |bad| request(&[0], bad, Settings::default());
    rig.search(&versions, &judge, ask(32)).unwrap();
    let before = judge.versions().len();
    let finding = rig.search(&versions, &judge, ask(64)).unwrap();
    assert_eq!(culprit(&finding), 17);
    let mut judged = judge.versions().split_off(before);
    judged.sort_unstable();
    assert_eq!(judged, [16, 17, 64]);
}

#[test]
fn what_may_not_be_used_again_is_not() {
    let rig = Rig::new();
    let versions = Versions::line(8);
    let judge = Arc::new(Scripted::new(|at, _| {
        let verdict = if at >= 5 { Verdict::Bad } else { Verdict::Good };
        match observed(verdict) {
            Answer::Judged(mut observation) => {
                observation.cacheable = false;
                Answer::Judged(observation)
            }
            other => other,
        }
    }));
    let ask = || request(&[0], 8, Settings::default());
    rig.search(&versions, &judge, ask()).unwrap();
    let asked = judge.versions();
    rig.search(&versions, &judge, ask()).unwrap();
    assert_eq!(judge.versions(), [asked.clone(), asked].concat());
}

#[test]
fn what_the_machine_did_is_not_remembered() {
    let rig = Rig::new();
    let versions = Versions::line(4);
    let judge = Arc::new(Scripted::new(|at, nth| match at {
        2 if nth < 4 => observed(Verdict::Skip(SkipKind::Infrastructure)),
        0..3 => observed(Verdict::Good),
        _ => observed(Verdict::Bad),
    }));
    let ask = || request(&[0], 4, Settings::default());
    rig.search(&versions, &judge, ask()).unwrap();
    let finding = rig.search(&versions, &judge, ask()).unwrap();
    assert_eq!(culprit(&finding), 3);
    let fresh = finding.probes.iter().find(|it| it.version.id == "v2");
    assert!(matches!(
        fresh.unwrap().end,
        ProbeEnd::Judged { cached: false, .. }
    ));
}

/// Blames v9, where v8 is to blame: the first judgement of v8 is wrong.
fn wrong_at_first() -> (Rig, Versions, Arc<Scripted>) {
    let (rig, versions) = (Rig::new(), Versions::line(16));
    let wrong = Arc::new(Scripted::blaming(&versions, 9));
    let settings = Settings {
        verify: 0,
        ..Settings::default()
    };
    let request = request(&[0], 16, settings);
    assert_eq!(culprit(&rig.search(&versions, &wrong, request).unwrap()), 9);
    let right = Arc::new(Scripted::blaming(&versions, 8));
    (rig, versions, right)
}

#[test]
fn a_fresh_search_corrects_what_was_kept() {
    let (rig, versions, judge) = wrong_at_first();
    let ask = |remember| {
        let settings = Settings {
            remember,
            verify: 0,
            ..Settings::default()
        };
        request(&[0], 16, settings)
    };
    let fresh = rig.search(&versions, &judge, ask(false)).unwrap();
    assert_eq!((culprit(&fresh), fresh.cost.cached), (8, 0));
    let asked = judge.versions().len();
    let next = rig.search(&versions, &judge, ask(true)).unwrap();
    assert_eq!(culprit(&next), 8);
    assert_eq!(judge.versions().len(), asked);
}

#[test]
fn what_was_kept_does_not_confirm_itself() {
    let (rig, versions, judge) = wrong_at_first();
    let request = request(&[0], 16, Settings::default());
    let finding = rig.search(&versions, &judge, request).unwrap();
    assert_eq!(culprit(&finding), 8);
    let verified = |probe: &&stepwell_event::Probe| probe.purpose == Purpose::Verify;
    for probe in finding.probes.iter().filter(verified) {
        let kept = matches!(probe.end, ProbeEnd::Judged { cached: true, .. });
        assert!(!kept, "{probe:?}");
    }
}
