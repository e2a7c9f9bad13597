//! Verdicts that are used again.

use crate::rig::{Rig, Scripted, Versions, culprit, observed, request};
use std::sync::Arc;
use stepwell_culprit::{Answer, Settings};
use stepwell_event::{ProbeEnd, SkipKind, Verdict};

#[test]
fn a_search_that_was_made_before_costs_nothing() {
    let rig = Rig::new();
    let versions = Versions::line(30);
    let judge = Arc::new(Scripted::blaming(&versions, 17));
    let ask = || request(&[0], 30, Settings::default());
    let first = rig.search(&versions, &judge, ask()).unwrap();
    let asked = judge.versions().len();
    assert_eq!(first.cost.probes as usize, asked);
    let second = rig.search(&versions, &judge, ask()).unwrap();
    assert_eq!((culprit(&first), culprit(&second)), (17, 17));
    assert_eq!(judge.versions().len(), asked, "nothing was judged again");
    assert_eq!(second.cost.probes, 0);
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
    assert_eq!(judge.versions().split_off(before), [64]);
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
        2 if nth < 3 => observed(Verdict::Skip(SkipKind::Infrastructure)),
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
