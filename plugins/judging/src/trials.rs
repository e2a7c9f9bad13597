//! Many trials of a candidate, folded into one observation.

use crate::signature::bounded;
use stepwell_oracle::{Observation, Refusal, SkipKind, lab};

/// What one trial showed.
#[derive(Debug, Clone, PartialEq)]
pub enum Trial {
    /// The old behaviour.
    Good {
        /// Why, in one line.
        reason: String,
    },
    /// The new behaviour.
    Bad {
        /// Why, in one line.
        reason: String,
        /// Failures of the same cause have the same.
        signature: String,
        /// The end of what was said, for people.
        log: String,
    },
    /// Nothing, for this reason.
    Skip(SkipKind, String),
}

/// A trial that failed.
#[derive(Debug)]
struct Failed {
    reason: String,
    signature: String,
    log: String,
}

/// Asks for `trials` trials, each with a seed of its own.
///
/// The verdict is that of most trials, and bad if as many were good as bad. The first trial that shows
/// nothing is the last: what kept it from it would keep the others from it too.
///
/// # Errors
///
/// A trial was refused.
pub fn observe(
    trials: u32,
    seed: u32,
    mut trial: impl FnMut(u32) -> Result<Trial, Refusal>,
) -> Result<Observation, Refusal> {
    let (mut good, mut bad) = (0, 0);
    let mut last_good = String::new();
    let mut failed = None;
    for number in 0..trials.max(1) {
        match trial(seed_of(seed, number))? {
            Trial::Good { reason } => {
                good += 1;
                last_good = reason;
            }
            Trial::Bad {
                reason,
                signature,
                log,
            } => {
                bad += 1;
                failed.get_or_insert(Failed {
                    reason,
                    signature,
                    log,
                });
            }
            Trial::Skip(kind, reason) if good + bad == 0 => {
                return Ok(Observation::skip(kind, reason));
            }
            Trial::Skip(..) => break,
        }
    }
    let observation = match failed {
        Some(failed) if bad >= good => bad_observation(failed, good, bad),
        _ => Observation::good(told(last_good, good, bad)),
    };
    Ok(observation.trials(good, bad))
}

fn bad_observation(failed: Failed, good: u32, bad: u32) -> Observation {
    let observation =
        Observation::bad(told(failed.reason, bad, good)).signature(bounded(failed.signature));
    // A log that the host does not keep is missing in the report, and nothing else.
    match lab::keep("log.txt", "text/plain", failed.log.as_bytes()) {
        Ok(kept) if !failed.log.is_empty() => observation.evidence(kept),
        _ => observation,
    }
}

fn told(reason: String, of_these: u32, others: u32) -> String {
    if others == 0 {
        return reason;
    }
    format!("{of_these} of {} trials: {reason}", of_these + others)
}

/// The seed of a trial. Trial 0 has the seed itself, so that one trial is what the host asked for.
#[must_use]
pub fn seed_of(seed: u32, number: u32) -> u32 {
    // The odd constant of Knuth's multiplicative hash: no two trials of a judgement share a seed.
    seed.wrapping_add(number.wrapping_mul(2_654_435_761))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Script;
    use stepwell_oracle::{Verdict, with_host};

    /// `G`ood, `B`ad, `S`kip; `-` is no trial.
    fn observed(script: &str) -> (Verdict, u32, u32, String) {
        let mut left = script.chars();
        let observation = with_host(Script::default(), || {
            let trials = u32::try_from(script.len()).unwrap();
            observe(trials, 7, |_| {
                Ok(match left.next() {
                    Some('G') => Trial::Good {
                        reason: "passed".to_owned(),
                    },
                    Some('B') => Trial::Bad {
                        reason: "failed".to_owned(),
                        signature: "s".to_owned(),
                        log: "text".to_owned(),
                    },
                    Some('S') => Trial::Skip(SkipKind::Timeout, "late".to_owned()),
                    other => panic!("trial {other:?} was not to be made"),
                })
            })
        });
        let told = observation.unwrap();
        assert_eq!(told.signature.is_some(), told.verdict == Verdict::Bad);
        assert_eq!(
            told.evidence.len(),
            usize::from(told.verdict == Verdict::Bad)
        );
        (told.verdict, told.good_trials, told.bad_trials, told.reason)
    }

    #[test]
    fn the_verdict_is_that_of_most_trials_and_all_are_counted() {
        let skip = Verdict::Skip(SkipKind::Timeout);
        for (script, verdict, good, bad, reason) in [
            ("G", Verdict::Good, 1, 0, "passed"),
            ("B", Verdict::Bad, 0, 1, "failed"),
            ("GGG", Verdict::Good, 3, 0, "passed"),
            ("GBG", Verdict::Good, 2, 1, "2 of 3 trials: passed"),
            ("GB", Verdict::Bad, 1, 1, "1 of 2 trials: failed"),
            ("BGB", Verdict::Bad, 1, 2, "2 of 3 trials: failed"),
            ("S--", skip, 0, 0, "late"),
            ("BS-", Verdict::Bad, 0, 1, "failed"),
        ] {
            assert_eq!(
                observed(script),
                (verdict, good, bad, reason.to_owned()),
                "{script}"
            );
        }
    }

    #[test]
    fn every_trial_has_a_seed_of_its_own() {
        let mut seeds = Vec::new();
        let made = observe(1_000, 5, |seed| {
            seeds.push(seed);
            Ok(Trial::Good {
                reason: String::new(),
            })
        });
        assert_eq!(made.unwrap().good_trials, 1_000);
        assert_eq!(seeds[0], 5);
        seeds.sort_unstable();
        seeds.dedup();
        assert_eq!(seeds.len(), 1_000);
    }

    #[test]
    fn a_refusal_is_no_trial() {
        let refused = observe(2, 0, |_| Err(Refusal::Transient("x".to_owned())));
        assert_eq!(refused, Err(Refusal::Transient("x".to_owned())));
    }
}
