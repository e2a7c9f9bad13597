//! Failures that do not come again, and who is blamed for them: nobody.

use crate::rig::{Rig, Scripted, Versions, culprit, observed, of_trials, request};
use std::sync::Arc;
use stepwell_culprit::Settings;
use stepwell_event::{Conclusion, Finding, Finite, NoiseModel, Purpose, Verdict};

fn settings() -> Settings {
    Settings {
        remember: false,
        ..Settings::default()
    }
}

/// Searches a line of 16 in which nothing is broken. The newest is bad so many times, then good.
fn flaky_head(times: u32, noise: NoiseModel, jobs: u32) -> (Finding, usize) {
    let versions = Versions::line(16);
    let judge = Arc::new(Scripted::new(move |at, nth| {
        let flake = at == 16 && nth < times;
        observed(if flake { Verdict::Bad } else { Verdict::Good })
    }));
    let mut request = request(&[0], 16, Settings { jobs, ..settings() });
    request.noise = noise;
    let finding = Rig::new().search(&versions, &judge, request).unwrap();
    (finding, judge.versions().len())
}

#[track_caller]
fn nobody(finding: &Finding) {
    let Conclusion::NoCulprit { confidence } = finding.conclusion else {
        panic!("{:?}", finding.conclusion)
    };
    assert!(confidence.get() >= 0.99, "{confidence:?}");
}

#[test]
fn a_newest_version_that_was_bad_once_blames_nobody() {
    for jobs in [1, 4] {
        let (finding, judged) = flaky_head(1, NoiseModel::Deterministic, jobs);
        nobody(&finding);
        assert!(judged <= 14, "{judged}");
    }
}

#[test]
fn declared_noise_can_mean_that_nobody_is_to_blame() {
    let rate = |rate| Finite::new(rate).unwrap();
    for (false_bad, false_good, times) in [(0.15, 0.0, 2), (0.1, 0.1, 2)] {
        let noise = NoiseModel::Known {
            false_bad: rate(false_bad),
            false_good: rate(false_good),
        };
        nobody(&flaky_head(times, noise, 1).0);
    }
}

#[test]
fn a_bad_version_that_stays_bad_is_blamed_with_no_more_judgements() {
    let versions = Versions::line(16);
    let judge = Arc::new(Scripted::blaming(&versions, 16));
    let finding = Rig::new()
        .search(&versions, &judge, request(&[0], 16, settings()))
        .unwrap();
    assert_eq!(culprit(&finding), 16);
    // The ends, four halvings, culprit and parent.
    assert_eq!(judge.versions().len(), 2 + 4 + 2);
}

#[test]
fn one_bad_trial_of_five_does_not_condemn_a_good_end() {
    let versions = Versions::line(16);
    let judge = Arc::new(Scripted::new(|at, _| match at {
        0 => of_trials(4, 1),
        9.. => of_trials(0, 5),
        _ => of_trials(5, 0),
    }));
    let settings = Settings {
        trials: 5,
        ..settings()
    };
    let finding = Rig::new()
        .search(&versions, &judge, request(&[0], 16, settings))
        .unwrap();
    assert_eq!(culprit(&finding), 9);
    // That trials can be wrong has been seen, so nothing is certain any more.
    let Conclusion::Culprit { confidence, .. } = finding.conclusion else {
        panic!("{:?}", finding.conclusion)
    };
    assert!((0.99..1.0).contains(&confidence.get()), "{confidence:?}");
    assert_eq!(judge.versions().iter().filter(|at| **at == 0).count(), 1);
}

#[test]
fn a_good_end_whose_trials_are_even_is_judged_until_it_is_known() {
    for (then, blamed) in [((5, 0), true), ((0, 5), false)] {
        let versions = Versions::line(8);
        let judge = Arc::new(Scripted::new(move |at, nth| match (at, nth) {
            (0, 0) => of_trials(2, 2),
            (0, _) => of_trials(then.0, then.1),
            (5.., _) => of_trials(0, 4),
            _ => of_trials(4, 0),
        }));
        let settings = Settings {
            trials: 4,
            ..settings()
        };
        let finding = Rig::new()
            .search(&versions, &judge, request(&[0], 8, settings))
            .unwrap();
        match blamed {
            true => assert_eq!(culprit(&finding), 5),
            false => assert!(
                matches!(finding.conclusion, Conclusion::BaseBad { .. }),
                "{:?}",
                finding.conclusion
            ),
        }
        let of_base = finding.probes.iter();
        let of_base = of_base.filter(|probe| probe.purpose == Purpose::Base);
        assert_eq!(of_base.count(), 2);
    }
}
