//! The search that weighs how likely each version is to blame, for trials that may be wrong.
//!
//! What is believed follows from counts alone, so that the order of observations never matters.

mod ancestry;
mod choice;
mod classes;
mod rates;

use crate::history::{Candidate, History};
use crate::search::{Found, Next, Options, OptionsError, Progress, Rounding, Seen};
use ancestry::{Amount, Ancestry};
use choice::Says;
use classes::{Classes, Counts};
use rates::{Outlook, Rates};
use std::sync::Arc;

/// Less than this part of all weight is none: sums and products stay finite.
const LEAST: f64 = 1e-200;

/// What is known of a version.
#[derive(Debug, Clone, Copy, Default)]
struct Version {
    /// Its trials.
    seen: Counts,
    /// It counts, and it is not known that it cannot be judged.
    judgeable: bool,
    /// Trials of it that are under way.
    running: u32,
}

/// A search that weighs.
#[derive(Debug)]
pub(crate) struct Weighing {
    history: Arc<History>,
    ancestry: Ancestry,
    rates: Rates,
    rounding: Rounding,
    confidence: f64,
    trials: u32,
    budget: Option<u32>,
    costs: Vec<f64>,
    /// What is believed of each version at first, and last of "none of them". The sum is 1.
    prior: Vec<f64>,
    versions: Vec<Version>,
    classes: Classes,
    /// Of each class, in the order of [`Classes::places`].
    outlooks: Vec<Outlook>,
    /// What is believed now of each version, and last of "none of them". The sum is 1.
    weights: Vec<f64>,
    /// How many judgements were side by side lately.
    slots: usize,
    /// What is believed now of each class.
    masses: Vec<f64>,
    /// Room for [`choice`].
    says: Vec<Says>,
    sums: Vec<Amount>,
}

impl Weighing {
    /// Begins a search.
    ///
    /// # Errors
    ///
    /// A value of `options` cannot be used.
    pub(crate) fn new(history: Arc<History>, options: &Options) -> Result<Self, OptionsError> {
        if !(options.confidence > 0.5 && options.confidence < 1.0) {
            return Err(refused("a confidence lies between 0.5 and 1"));
        }
        if options.trials == 0 {
            return Err(refused("a judgement needs at least 1 trial"));
        }
        if !options.costs.is_empty()
            && (options.costs.len() != history.len()
                || !options
                    .costs
                    .iter()
                    .all(|cost| *cost > 0.0 && cost.is_finite()))
        {
            return Err(refused("costs are positive numbers, one for each version"));
        }
        let prior = prior(&history, options)?;
        let classes = Classes::new(&prior);
        let mut weighing = Self {
            ancestry: Ancestry::of(&history),
            rates: Rates::new(options.noise)?,
            rounding: options.rounding,
            confidence: options.confidence,
            trials: options.trials,
            budget: options.budget,
            costs: options.costs.clone(),
            weights: prior.clone(),
            prior,
            versions: history
                .candidates()
                .map(|candidate| Version {
                    judgeable: history.counted(candidate),
                    ..Version::default()
                })
                .collect(),
            classes,
            outlooks: Vec::new(),
            slots: 1,
            masses: Vec::new(),
            says: Vec::new(),
            sums: Vec::new(),
            history,
        };
        weighing.weigh();
        Ok(weighing)
    }

    /// Takes what was seen of a candidate, in any order.
    pub(crate) fn observe(&mut self, candidate: Candidate, seen: Seen) {
        let Some(version) = self.versions.get_mut(candidate.index()) else {
            return;
        };
        version.running = 0;
        match seen {
            Seen::Untestable(_) => version.judgeable = false,
            Seen::Trials { good, bad } => {
                let counts = Counts { good, bad };
                version.seen = version.seen.plus(counts);
                let ancestors = self.ancestry.ancestors(&self.history, candidate);
                self.classes.observe(&ancestors, counts, &self.prior);
                self.weigh();
            }
        }
    }

    /// Forgets that a candidate is being judged.
    pub(crate) fn withdraw(&mut self, candidate: Candidate) {
        if let Some(version) = self.versions.get_mut(candidate.index()) {
            version.running = 0;
        }
    }

    /// What to do when `free` more judgements can begin.
    pub(crate) fn next(&mut self, free: usize) -> Next {
        if let Some(found) = self.conclusion() {
            return self.end(found);
        }
        let running = self.running().count();
        self.slots = self.slots.max(running + free);
        let left = self.left();
        if left == Some(0) {
            if running > 0 {
                return Next::default();
            }
            let found = Found::Undecided {
                suspects: self.suspects(),
            };
            return self.end(found);
        }
        let start = self.choose(free, left.unwrap_or(u32::MAX));
        for start in &start {
            if let Some(version) = self.versions.get_mut(start.candidate.index()) {
                version.running = start.trials;
            }
        }
        Next {
            start,
            ..Next::default()
        }
    }

    /// How far it is.
    pub(crate) fn progress(&self) -> Progress {
        let left = self
            .weights
            .iter()
            .take(self.history.len())
            .filter(|weight| **weight >= 0.01);
        Progress {
            left: u32::try_from(left.count()).unwrap_or(u32::MAX),
            rounds: self.rounds(),
            confidence: Some(self.likeliest().1),
        }
    }

    /// Computes what is believed from what was seen.
    fn weigh(&mut self) {
        // If nothing can be to blame under rates of 0, they are not 0.
        while !self.weigh_once() && self.rates.raise() {}
    }

    fn weigh_once(&mut self) -> bool {
        let Self { classes, rates, .. } = self;
        self.outlooks.clear();
        self.outlooks.extend(
            classes
                .iter()
                .map(|class| rates.outlook(classes.of_good(class), class.of_bad)),
        );
        let greatest = classes
            .iter()
            .zip(&self.outlooks)
            .filter(|(class, _)| class.prior > 0.0)
            .map(|(class, outlook)| outlook.likelihood + libm::log(class.prior))
            .fold(f64::NEG_INFINITY, f64::max);
        if !greatest.is_finite() {
            return false;
        }
        self.masses.clear();
        self.masses
            .extend(classes.iter().zip(&self.outlooks).map(|(class, outlook)| {
                match class.prior > 0.0 {
                    true => libm::exp(outlook.likelihood - greatest),
                    false => 0.0,
                }
            }));
        let all = classes.iter().zip(&self.masses);
        let total: f64 = all.map(|(class, scale)| class.prior * scale).sum();
        for scale in &mut self.masses {
            *scale /= total;
        }
        for ((weight, prior), place) in self
            .weights
            .iter_mut()
            .zip(&self.prior)
            .zip(classes.places())
        {
            *weight = prior * self.masses.get(*place).copied().unwrap_or(0.0);
        }
        for (mass, class) in self.masses.iter_mut().zip(classes.iter()) {
            *mass *= class.prior;
        }
        true
    }

    /// What is most likely to blame, "none of them" included, and how likely that is.
    fn likeliest(&self) -> (usize, f64) {
        let weights = self.weights.iter().copied().enumerate();
        weights.fold(
            (0, 0.0),
            |most, other| if other.1 > most.1 { other } else { most },
        )
    }

    /// What is found, if that is sure enough.
    fn conclusion(&self) -> Option<Found> {
        let (place, weight) = self.likeliest();
        if weight < self.confidence {
            return None;
        }
        let confidence = weight.min(1.0);
        Some(match self.history.candidates().nth(place) {
            Some(candidate) => Found::Culprit {
                candidate,
                confidence,
            },
            None => Found::NoCulprit { confidence },
        })
    }

    fn end(&mut self, found: Found) -> Next {
        let cancel: Vec<Candidate> = self.running().collect();
        for version in &mut self.versions {
            version.running = 0;
        }
        Next {
            start: Vec::new(),
            cancel,
            found: Some(found),
        }
    }

    /// What is being judged.
    fn running(&self) -> impl Iterator<Item = Candidate> + '_ {
        let pairs = self.history.candidates().zip(&self.versions);
        pairs
            .filter(|(_, version)| version.running > 0)
            .map(|(candidate, _)| candidate)
    }

    /// Trials that may still begin.
    fn left(&self) -> Option<u32> {
        let budget = self.budget?;
        let running = self.versions.iter().map(|version| version.running);
        let spent = running.fold(self.classes.seen().total(), u32::saturating_add);
        Some(budget.saturating_sub(spent))
    }

    /// The smallest set that holds the culprit with the wanted confidence, the likeliest first.
    fn suspects(&self) -> Vec<(Candidate, f64)> {
        let mut suspects: Vec<(Option<Candidate>, f64)> = self
            .history
            .candidates()
            .map(Some)
            .chain([None])
            .zip(self.weights.iter().copied())
            .collect();
        suspects.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        let mut sum = 0.0;
        suspects
            .into_iter()
            .take_while(|(_, weight)| {
                let wanted = sum < self.confidence && *weight > 0.0;
                sum += weight;
                wanted
            })
            .filter_map(|(candidate, weight)| Some((candidate?, weight)))
            .collect()
    }
}

fn refused(why: &str) -> OptionsError {
    OptionsError(why.to_owned())
}

/// What is believed at first of each version, and last of "none of them".
fn prior(history: &History, options: &Options) -> Result<Vec<f64>, OptionsError> {
    let of = |candidate: Candidate| match options.prior.is_empty() {
        true => 1.0,
        false => options.prior.get(candidate.index()).copied().unwrap_or(0.0),
    };
    if !(options.prior.is_empty() || options.prior.len() == history.len())
        || !options
            .prior
            .iter()
            .all(|weight| *weight >= 0.0 && weight.is_finite())
    {
        return Err(refused(
            "weights are no negative numbers, one for each version",
        ));
    }
    if !(0.0..1.0).contains(&options.no_culprit) {
        return Err(refused(
            "how likely it is that nothing is to blame lies between 0 and 1",
        ));
    }
    let weights = history
        .candidates()
        .map(|candidate| match history.counted(candidate) {
            true => of(candidate),
            false => 0.0,
        });
    let mut weights: Vec<f64> = weights.collect();
    let greatest = weights.iter().copied().fold(0.0, f64::max);
    if greatest <= 0.0 {
        return Err(refused("no version that counts has any weight"));
    }
    for weight in &mut weights {
        *weight /= greatest;
    }
    let scale = (1.0 - options.no_culprit) / weights.iter().sum::<f64>();
    for weight in &mut weights {
        *weight *= scale;
        if *weight < LEAST {
            *weight = 0.0;
        }
    }
    weights.push(options.no_culprit);
    Ok(weights)
}
