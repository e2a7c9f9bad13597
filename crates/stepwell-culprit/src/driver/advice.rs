//! What is believed before anything is judged: by an oracle that knows where to look, and by the store
//! of what was judged before.

use super::{SearchError, Tools};
use crate::archive::Archive;
use crate::inquiry::{Belief, Inquiry};
use crate::judge::{Asked, Judge};
use crate::lens::View;
use crate::opening;
use crate::record::Record;
use crate::request::{Course, Ends};
use crate::seed::seed;
use crate::territory::Territory;
use std::sync::Arc;
use stepwell_event::{Digest, Finite, NoiseModel};

/// What a remembered judgement costs, where any other costs 1.
const REMEMBERED: f64 = 0.01;

/// Asks what is believed of the suspects, and what judging them costs. `spent` trials were made by
/// searches before this one.
pub(super) async fn prepare<J: Judge, A: Archive>(
    record: &Record,
    view: &View,
    spent: u32,
    territory: &Arc<Territory>,
    tools: &Tools<J, A>,
) -> Result<Inquiry, SearchError> {
    let summary = record.summary().ok_or(SearchError::Damaged(record.id))?;
    let mut settings = record.settings.clone();
    settings.max_trials = settings
        .max_trials
        .map(|most| most.saturating_sub(spent).max(1));
    let as_they_are = view.lens.reverted.is_empty();
    if !as_they_are {
        // That the bad one is still bad is not known before it is judged; the others are as they were.
        settings.ends = Ends::Bad;
    }
    let mut belief = Belief::default();
    if tools.judge.advises() && !territory.suspects.is_empty() {
        let archive = Arc::clone(&tools.archive);
        let ids: Vec<String> = territory.suspects.iter().map(|it| it.id.clone()).collect();
        let paths = opening::blocking(move || archive.changed_paths(&ids)).await?;
        let suspects = territory.suspects.iter().cloned().zip(paths).collect();
        let advice = tools.judge.believe(suspects).await;
        let advice = advice.map_err(SearchError::Settings)?;
        belief = advice
            .map(|advice| advised(&advice, territory.suspects.len()))
            .transpose()
            .map_err(SearchError::Settings)?
            .unwrap_or_default();
    }
    if settings.remember && settings.course != Course::Git && as_they_are {
        known_costs(&mut belief, record, territory, tools).await?;
    }
    let strategist = tools.strategist.is_some();
    let territory = Arc::clone(territory);
    Inquiry::new(territory, settings, summary.noise, belief, strategist)
        .map_err(SearchError::Settings)
}

/// A judgement that is remembered costs nearly nothing.
async fn known_costs<J: Judge, A: Archive>(
    belief: &mut Belief,
    record: &Record,
    territory: &Territory,
    tools: &Tools<J, A>,
) -> Result<(), SearchError> {
    let seeded = record
        .summary()
        .is_some_and(|summary| summary.noise != NoiseModel::Deterministic);
    let trials = record.settings.trials;
    let keys: Vec<Option<Digest>> = territory
        .suspects
        .iter()
        .map(|version| {
            let asked = Asked {
                version: version.clone(),
                trials,
                seed: seed(version, 0, 0),
                seeded,
                fresh: false,
            };
            tools.judge.key(&asked)
        })
        .collect();
    let listed: Vec<Digest> = keys.iter().copied().flatten().collect();
    let known = tools.journal.verdicts(&listed).await?;
    if known.is_empty() {
        return Ok(());
    }
    belief.costs.resize(keys.len(), 1.0);
    for (cost, key) in belief.costs.iter_mut().zip(keys) {
        if key.is_some_and(|key| known.contains_key(&key)) {
            *cost *= REMEMBERED;
        }
    }
    Ok(())
}

/// What an oracle believes, if it can be used.
fn advised(advice: &stepwell_event::Belief, suspects: usize) -> Result<Belief, String> {
    let numbers = |numbers: &[Finite]| numbers.iter().map(|it| it.get()).collect::<Vec<f64>>();
    let prior = numbers(&advice.weights);
    let costs = numbers(&advice.costs);
    let none = advice.no_culprit.get();
    let sum = prior.iter().sum::<f64>() + none;
    if prior.len() != suspects || !(costs.is_empty() || costs.len() == suspects) {
        return Err(format!(
            "the oracle was asked about {suspects} versions and weighs {}",
            prior.len()
        ));
    }
    if prior.iter().any(|weight| *weight < 0.0) || none < 0.0 || none >= sum {
        return Err(
            "the oracle gives a weight that is negative, or none that is more than 0".to_owned(),
        );
    }
    Ok(Belief {
        prior,
        costs,
        no_culprit: (none > 0.0).then_some(none / sum),
    })
}
