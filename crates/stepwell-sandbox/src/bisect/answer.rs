//! What was answered, from the words of WIT to ours, and whether it can be believed.
//!
//! Numbers that are none would make nonsense of a search, and texts without bounds would fill its
//! journal. So an answer has to pass here, and what does not is the component's failure, never a
//! verdict. Texts that only people read are cut; what is compared is not.

use super::bindings::exports::stepwell::bisect::{advice, judge, strategy};
use super::bindings::stepwell::bisect::types;
use crate::outcome::cut;
use std::collections::BTreeSet;
use stepwell_event::{
    About, Belief, Evidence, Finite, JudgeRefusal, Measurement, NoiseModel, Observation, Proposal,
    Question, Reply, SkipKind, Terms, Verdict,
};

/// Bytes of a text for people.
const TEXT: usize = 4 << 10;
/// Bytes of a signature.
const SIGNATURE: usize = 1 << 10;
/// Bytes of a name, a unit or a word.
const NAME: usize = 256;
/// Measurements of one observation.
const MEASUREMENTS: usize = 64;
/// Numbers in all of them together.
const SAMPLES: usize = 100_000;
/// Files of one observation.
const EVIDENCE: usize = 64;

/// What an oracle says of itself.
pub(super) fn about(about: judge::About) -> Result<About, String> {
    let about = About {
        name: cut(about.name, NAME),
        version: cut(about.version, NAME),
        summary: cut(about.summary, TEXT),
        noise: noise(about.noise)?,
        terms: terms(about.terms)?,
        max_trials: about.max_trials,
    };
    if about.max_trials == 0 {
        return Err("the oracle takes no trial at all: `max-trials` is 0".to_owned());
    }
    Ok(about)
}

/// What an oracle calls the two behaviours: words that people may choose too.
fn terms(terms: types::Terms) -> Result<Terms, String> {
    let (new, old) = (cut(terms.new, NAME), cut(terms.old, NAME));
    Terms::checked(&new, &old)
        .map_err(|why| format!("the oracle's words for the two behaviours cannot be used: {why}"))
}

fn noise(noise: types::NoiseModel) -> Result<NoiseModel, String> {
    let rate = |rate| fraction(rate, "a rate of its noise");
    let belief = |a, b| match (Finite::new(a), Finite::new(b)) {
        (Some(a), Some(b)) if a.get() > 0.0 && b.get() > 0.0 => Ok((a, b)),
        _ => Err(format!(
            "the oracle believes Beta({a}, {b}) of its noise; both must be numbers above 0"
        )),
    };
    Ok(match noise {
        types::NoiseModel::Deterministic => NoiseModel::Deterministic,
        types::NoiseModel::Known(rates) => NoiseModel::Known {
            false_bad: rate(rates.false_bad)?,
            false_good: rate(rates.false_good)?,
        },
        types::NoiseModel::Learned(beliefs) => NoiseModel::Learned {
            false_bad: belief(beliefs.false_bad_a, beliefs.false_bad_b)?,
            false_good: belief(beliefs.false_good_a, beliefs.false_good_b)?,
        },
    })
}

/// `judge.judge`. Evidence must be among what is `kept`: an oracle cannot point at files that it did
/// not hand over.
pub(super) fn judged(
    answer: Result<types::Observation, judge::Refusal>,
    kept: &BTreeSet<String>,
) -> Result<Reply, String> {
    let observation = match answer {
        Ok(observation) => observation,
        Err(refusal) => {
            return Ok(Reply::Judged(Err(match refusal {
                judge::Refusal::Abort(why) => JudgeRefusal::Abort(cut(why, TEXT)),
                judge::Refusal::Transient(why) => JudgeRefusal::Transient(cut(why, TEXT)),
                judge::Refusal::Misconfigured(why) => JudgeRefusal::Misconfigured(cut(why, TEXT)),
            })));
        }
    };
    let unknown = |evidence: &&types::Evidence| !kept.contains(&evidence.digest);
    if let Some(evidence) = observation.evidence.iter().find(unknown) {
        return Err(format!(
            "the oracle answered with the file `{}`, which it did not keep",
            cut(evidence.name.clone(), NAME)
        ));
    }
    Ok(Reply::Judged(Ok(observed(observation)?)))
}

fn observed(observation: types::Observation) -> Result<Observation, String> {
    // A verdict without trials was got in one.
    let trial = observation.good_trials == 0 && observation.bad_trials == 0;
    let verdict = verdict(observation.verdict);
    Ok(Observation {
        verdict,
        reason: cut(observation.reason, TEXT),
        good_trials: match verdict {
            Verdict::Good if trial => 1,
            _ => observation.good_trials,
        },
        bad_trials: match verdict {
            Verdict::Bad if trial => 1,
            _ => observation.bad_trials,
        },
        signature: observation.signature,
        measurements: observation
            .measurements
            .into_iter()
            .map(measurement)
            .collect::<Result<_, _>>()?,
        evidence: observation.evidence.into_iter().map(evidence).collect(),
        cacheable: observation.cacheable,
    })
}

fn verdict(verdict: types::Verdict) -> Verdict {
    match verdict {
        types::Verdict::Good => Verdict::Good,
        types::Verdict::Bad => Verdict::Bad,
        types::Verdict::Skip(kind) => Verdict::Skip(match kind {
            types::SkipKind::BuildBroken => SkipKind::BuildBroken,
            types::SkipKind::TestAbsent => SkipKind::TestAbsent,
            types::SkipKind::DependencyMissing => SkipKind::DependencyMissing,
            types::SkipKind::UnrelatedFailure => SkipKind::UnrelatedFailure,
            types::SkipKind::Timeout => SkipKind::Timeout,
            types::SkipKind::Infrastructure => SkipKind::Infrastructure,
            types::SkipKind::Other => SkipKind::Other,
        }),
    }
}

fn measurement(measurement: types::Measurement) -> Result<Measurement, String> {
    Ok(Measurement {
        name: cut(measurement.name, NAME),
        unit: cut(measurement.unit, NAME),
        samples: numbers(measurement.samples, "a sample")?,
        lower_is_better: measurement.lower_is_better,
    })
}

fn evidence(evidence: types::Evidence) -> Evidence {
    Evidence {
        name: cut(evidence.name, NAME),
        media_type: cut(evidence.media_type, NAME),
        digest: evidence.digest,
        size: evidence.size,
    }
}

/// `advice.believe`.
pub(super) fn believed(answer: Result<advice::Belief, String>) -> Result<Reply, String> {
    Ok(Reply::Believed(match answer {
        Err(why) => Err(cut(why, TEXT)),
        Ok(belief) => Ok(Belief {
            weights: numbers(belief.weights, "a weight")?,
            no_culprit: finite(belief.no_culprit, "a weight")?,
            costs: numbers(belief.costs, "a cost")?,
        }),
    }))
}

/// `strategy.propose`.
pub(super) fn proposed(next: strategy::Next) -> Reply {
    Reply::Proposed(match next {
        strategy::Next::Test(versions) => Proposal::Test(versions),
        strategy::Next::Culprits(versions) => Proposal::Culprits(versions),
        strategy::Next::Ambiguous(versions) => Proposal::Ambiguous(versions),
        strategy::Next::NoCulprit => Proposal::NoCulprit,
    })
}

/// `notify.notify` and `publish.publish`.
pub(super) fn done(answer: Result<String, String>) -> Reply {
    let line = |text| cut(text, TEXT);
    Reply::Done(answer.map(line).map_err(line))
}

fn numbers(values: Vec<f64>, what: &str) -> Result<Vec<Finite>, String> {
    values
        .into_iter()
        .map(|value| finite(value, what))
        .collect()
}

fn finite(value: f64, what: &str) -> Result<Finite, String> {
    Finite::new(value).ok_or_else(|| format!("the oracle answered with {what} of {value}"))
}

fn fraction(value: f64, what: &str) -> Result<Finite, String> {
    finite(value, what).and_then(|value| within_one(value, what))
}

fn within_one(value: Finite, what: &str) -> Result<Finite, String> {
    if (0.0..=1.0).contains(&value.get()) {
        return Ok(value);
    }
    Err(format!(
        "the oracle answered with {what} of {}, which is not from 0 to 1",
        value.get()
    ))
}

/// Whether a reply answers its question, and is within its bounds. The sandbox has asked this of
/// every reply; whoever got one from a process that ran a guest asks again.
///
/// # Errors
///
/// It does not, for this reason.
pub fn check(question: &Question, reply: &Reply) -> Result<(), String> {
    match (question, reply) {
        (Question::Judge { trials, .. }, Reply::Judged(Ok(observation))) => {
            check_observation(observation, (*trials).max(1))
        }
        (Question::Believe { suspects, .. }, Reply::Believed(Ok(belief))) => {
            check_belief(belief, suspects.len())
        }
        (
            Question::Propose {
                suspects,
                in_flight,
                ..
            },
            Reply::Proposed(proposal),
        ) => {
            let known = suspects.iter().map(|version| version.id.as_str()).collect();
            check_proposal(proposal, &known, in_flight)
        }
        (Question::Judge { .. }, Reply::Judged(Err(refusal))) => match refusal {
            JudgeRefusal::Abort(why)
            | JudgeRefusal::Transient(why)
            | JudgeRefusal::Misconfigured(why) => bounded(why, TEXT, "a reason"),
        },
        (Question::Believe { .. }, Reply::Believed(Err(why))) => bounded(why, TEXT, "a reason"),
        (Question::SameFailure { .. }, Reply::Same(_)) => Ok(()),
        (Question::Notify { .. } | Question::Publish { .. }, Reply::Done(Ok(line) | Err(line))) => {
            bounded(line, TEXT, "a line")
        }
        _ => Err("the answer is to another question".to_owned()),
    }
}

fn check_observation(observation: &Observation, trials: u32) -> Result<(), String> {
    bounded(&observation.reason, TEXT, "a reason")?;
    if let Some(signature) = &observation.signature {
        bounded(signature, SIGNATURE, "a signature")?;
    }
    let (good, bad) = (observation.good_trials, observation.bad_trials);
    if u64::from(good) + u64::from(bad) > u64::from(trials) {
        return Err(format!(
            "the oracle answered with {good} good and {bad} bad trials where it was asked for {trials}"
        ));
    }
    // How many trials make a verdict is the oracle's business, but one of them at least has to say it.
    let opposite = match observation.verdict {
        Verdict::Good => good == 0 && bad > 0,
        Verdict::Bad => bad == 0 && good > 0,
        Verdict::Skip(_) => false,
    };
    if opposite {
        let verdict = match observation.verdict {
            Verdict::Good => "good",
            _ => "bad",
        };
        return Err(format!(
            "the oracle answered with the verdict {verdict}, and with {good} good and {bad} bad trials"
        ));
    }
    few(observation.measurements.len(), MEASUREMENTS, "measurements")?;
    few(observation.evidence.len(), EVIDENCE, "files")?;
    let samples = observation.measurements.iter();
    let samples = samples.map(|measurement| measurement.samples.len()).sum();
    few(samples, SAMPLES, "samples")?;
    for measurement in &observation.measurements {
        bounded(&measurement.name, NAME, "a measurement's name")?;
        bounded(&measurement.unit, NAME, "a measurement's unit")?;
    }
    for evidence in &observation.evidence {
        bounded(&evidence.name, NAME, "a file's name")?;
        bounded(&evidence.media_type, NAME, "a media type")?;
        let digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if evidence.digest.len() != 64 || !evidence.digest.bytes().all(digit) {
            return Err("the oracle answered with a file's digest that is none".to_owned());
        }
    }
    Ok(())
}

fn check_belief(belief: &Belief, suspects: usize) -> Result<(), String> {
    let weights = belief.weights.len();
    if weights != suspects {
        return Err(format!(
            "the oracle answered with {weights} weights for {suspects} suspects"
        ));
    }
    let costs = belief.costs.len();
    if costs != 0 && costs != suspects {
        return Err(format!(
            "the oracle answered with {costs} costs for {suspects} suspects"
        ));
    }
    let numbers = belief.weights.iter().chain(&belief.costs);
    match numbers
        .chain([&belief.no_culprit])
        .find(|value| value.get() < 0.0)
    {
        Some(value) => Err(format!(
            "the oracle answered with a weight or cost of {}",
            value.get()
        )),
        None => Ok(()),
    }
}

fn check_proposal(
    proposal: &Proposal,
    known: &BTreeSet<&str>,
    in_flight: &[String],
) -> Result<(), String> {
    let (Proposal::Test(versions) | Proposal::Culprits(versions) | Proposal::Ambiguous(versions)) =
        proposal
    else {
        return Ok(());
    };
    let named = |version: &str| cut(version.to_owned(), NAME);
    let mut seen = BTreeSet::new();
    for version in versions {
        if !known.contains(version.as_str()) {
            return Err(format!(
                "the strategist answered with `{}`, which is no suspect",
                named(version)
            ));
        }
        if !seen.insert(version.as_str()) {
            return Err(format!(
                "the strategist answered with `{}` twice",
                named(version)
            ));
        }
        if matches!(proposal, Proposal::Test(_)) && in_flight.contains(version) {
            return Err(format!(
                "the strategist wants `{}` judged, which is being judged",
                named(version)
            ));
        }
    }
    Ok(())
}

fn bounded(text: &str, most: usize, what: &str) -> Result<(), String> {
    // What was cut has an ellipsis at its end.
    if text.len() > most + '…'.len_utf8() {
        return Err(format!(
            "the answer has {what} of {} bytes; {most} are the limit",
            text.len()
        ));
    }
    Ok(())
}

fn few(count: usize, most: usize, what: &str) -> Result<(), String> {
    if count > most {
        return Err(format!(
            "the oracle answered with {count} {what}; {most} are the limit"
        ));
    }
    Ok(())
}
