//! Oracles that ask other oracles.
//!
//! One word decides: for *all of*, one bad answer makes the version bad; for *any of*, one good answer
//! makes it good. As soon as it is heard, nobody else is asked. Without it, an oracle that could not
//! judge might have said it, so the version cannot be judged either; only if all said the other word
//! that is the verdict.

use stepwell_judging::settings::Settings;
use stepwell_judging::signature::bounded;
use stepwell_oracle::{Observation, Question, Refusal, Verdict, lab};

/// The most oracles that one may ask.
const MOST_ORACLES: usize = 32;

/// The most measurements, and the most files, that the host takes.
const MOST_PARTS: usize = 64;

/// Which word decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Good if all are good.
    AllOf,
    /// Good if one is good.
    AnyOf,
}

/// Asks the oracles that the input `oracles` names.
///
/// # Errors
///
/// None is named, one cannot be asked, or it did not judge.
pub fn judge(rule: Rule, question: &Question) -> Result<Observation, Refusal> {
    let oracles = configured(&question.config).map_err(Refusal::Misconfigured)?;
    let mut heard = Vec::new();
    for oracle in oracles {
        let said = lab::consult(&oracle, question.trials, question.seed)?;
        let decides = said.verdict == rule.deciding();
        heard.push((oracle, said));
        if decides {
            break;
        }
    }
    Ok(rule.composed(heard))
}

fn configured(config: &str) -> Result<Vec<String>, String> {
    let mut settings = Settings::new(config)?;
    let oracles = settings.texts("oracles")?;
    settings.end()?;
    match oracles.len() {
        0 => Err("input `oracles` is missing: name the oracles to ask".to_owned()),
        1..=MOST_ORACLES => Ok(oracles),
        number => Err(format!(
            "{number} oracles are more than the {MOST_ORACLES} that can be asked"
        )),
    }
}

impl Rule {
    /// The word that makes all others unimportant.
    fn deciding(self) -> Verdict {
        match self {
            Self::AllOf => Verdict::Bad,
            Self::AnyOf => Verdict::Good,
        }
    }

    fn composed(self, heard: Vec<(String, Observation)>) -> Observation {
        let deciding = heard
            .iter()
            .position(|(_, said)| said.verdict == self.deciding());
        let skipped = || {
            let mut said = heard.iter();
            said.position(|(_, said)| matches!(said.verdict, Verdict::Skip(_)))
        };
        // Without a word that decides, or could have, all said the same.
        let standing = deciding.or_else(skipped);
        let weakest = || {
            let trials = |said: &Observation| said.good_trials + said.bad_trials;
            let said = heard.iter().enumerate();
            said.min_by_key(|(_, (_, said))| trials(said))
                .map(|(at, _)| at)
        };
        let Some((oracle, speaker)) = standing.or_else(weakest).and_then(|at| heard.get(at)) else {
            return Observation::skip(stepwell_oracle::SkipKind::Other, "no oracle was asked");
        };
        let reason = match standing {
            Some(_) => format!("`{oracle}`: {}", speaker.reason),
            None => unanimous(&heard),
        };
        Observation {
            verdict: speaker.verdict,
            reason,
            good_trials: speaker.good_trials,
            bad_trials: speaker.bad_trials,
            signature: speaker
                .signature
                .as_ref()
                .map(|text| bounded(format!("{oracle}: {text}"))),
            measurements: of_all(&heard, |said| &said.measurements),
            evidence: of_all(&heard, |said| &said.evidence),
            cacheable: heard.iter().all(|(_, said)| said.cacheable),
        }
    }
}

fn unanimous(heard: &[(String, Observation)]) -> String {
    let said: Vec<_> = heard
        .iter()
        .map(|(oracle, said)| format!("`{oracle}`: {}", said.reason))
        .collect();
    said.join("; ")
}

fn of_all<T: Clone>(
    heard: &[(String, Observation)],
    part: impl Fn(&Observation) -> &Vec<T>,
) -> Vec<T> {
    heard
        .iter()
        .flat_map(|(_, said)| part(said).clone())
        .take(MOST_PARTS)
        .collect()
}

#[cfg(test)]
mod tests;
