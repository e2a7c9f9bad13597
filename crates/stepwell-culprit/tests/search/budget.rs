//! How many trials are made, and what is said when no more may be.

use crate::rig::{Rig, Scripted, Versions, bare, culprit, request};
use std::sync::Arc;
use std::time::Duration;
use stepwell_culprit::Settings;
use stepwell_event::{Conclusion, ProbeEnd};

#[test]
fn what_is_under_way_when_the_budget_is_spent_is_waited_for() {
    let versions = Versions::line(64);
    let judge = Scripted::blaming(&versions, 21).after(|at, _| Duration::from_millis(at as u64));
    let judge = Arc::new(judge);
    let settings = Settings {
        jobs: 4,
        max_trials: Some(7),
        ..bare()
    };
    let finding = Rig::new()
        .search(&versions, &judge, request(&[0], 64, settings))
        .unwrap();
    let Conclusion::Undecided { suspects, .. } = &finding.conclusion else {
        panic!("{:?}", finding.conclusion)
    };
    assert_eq!(judge.versions().len(), 7);
    let thrown_away = finding.probes.iter().filter(|probe| {
        let place: usize = probe.version.id[1..].parse().unwrap();
        let left = suspects.iter().any(|(it, _)| it.id == probe.version.id);
        left && place != 64 && matches!(probe.end, ProbeEnd::Canceled)
    });
    assert_eq!(thrown_away.count(), 0, "{:?}", finding.probes);
    assert!(suspects.iter().any(|(it, _)| it.id == "v21"));
    assert!(suspects.len() <= 13, "{}", suspects.len());
}

#[test]
fn a_single_suspect_is_named_although_no_trial_is_left_to_see_it_again() {
    let versions = Versions::line(16);
    for trials in 6..=8 {
        let judge = Arc::new(Scripted::blaming(&versions, 11));
        let settings = Settings {
            max_trials: Some(trials),
            remember: false,
            ..Settings::default()
        };
        let finding = Rig::new()
            .search(&versions, &judge, request(&[0], 16, settings))
            .unwrap();
        assert_eq!(culprit(&finding), 11);
        assert_eq!(judge.versions().len(), trials as usize);
        let told = finding.unverified.iter();
        let told = told.filter(|it| it.contains("were not judged once more"));
        assert_eq!(told.count() == 1, trials < 8, "{:?}", finding.unverified);
    }
}

#[test]
fn no_more_trials_are_asked_for_than_the_oracle_finds_worth_asking() {
    let versions = Versions::line(8);
    for (wanted, most, asked) in [(20, 5, 5), (3, 5, 3), (1, 5, 1)] {
        let mut judge = Scripted::blaming(&versions, 3);
        judge.max_trials = most;
        let judge = Arc::new(judge);
        let settings = Settings {
            trials: wanted,
            ..bare()
        };
        let finding = Rig::new()
            .search(&versions, &judge, request(&[0], 8, settings))
            .unwrap();
        assert_eq!(culprit(&finding), 3);
        let all = judge.asked.lock().unwrap();
        assert!(all.iter().all(|it| it.trials == asked), "{all:?}");
    }
}
