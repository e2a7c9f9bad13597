//! The search that weighs how likely each version is to blame, for trials that may be wrong.
//!
//! What is believed follows from counts alone, so that the order of observations never matters. Known
//! rates make it exact, and what is stated of a conclusion is what is believed.

mod ancestry;
mod choice;
mod classes;
mod gaps;
mod learned;
mod rates;

use crate::history::{Candidate, History};
use crate::search::{
    FLAKE, Found, Gaps, Next, Noise, Options, OptionsError, Progress, Rounding, Seen,
};
use ancestry::{Amount, Ancestry};
use choice::Says;
use classes::{Classes, Counts};
use gaps::Untestable;
use learned::{CAUTION, HONESTY};
use rates::{Outlook, Rates};
use std::sync::Arc;

/// Less than this part of all weight is none: sums and products stay finite.
const LEAST: f64 = 1e-200;

/// Whether a version can be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// As far as is known.
    Open,
    /// It does not count.
    Uncounted,
    /// It was tried.
    Untestable,
    /// Too many around it cannot.
    Assumed,
}

/// What is known of a version.
#[derive(Debug, Clone, Copy)]
struct Version {
    /// Its trials.
    seen: Counts,
    state: State,
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
    /// How much weight makes it sure.
    enough: f64,
    trials: u32,
    budget: Option<u32>,
    costs: Vec<f64>,
    gaps: Gaps,
    /// None while all can be judged.
    untestable: Option<Untestable>,
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
    /// Begins a search. `options` were checked on their own.
    ///
    /// # Errors
    ///
    /// A value of `options` cannot be used.
    pub(crate) fn new(history: Arc<History>, options: &Options) -> Result<Self, OptionsError> {
        let prior = prior(&history, options)?;
        let classes = Classes::new(&prior);
        let mut weighing = Self {
            ancestry: Ancestry::of(&history),
            rates: Rates::new(options.noise)?,
            rounding: options.rounding,
            confidence: options.confidence,
            enough: match options.noise {
                Noise::Learned { .. } => 1.0 - (1.0 - options.confidence) / CAUTION,
                Noise::None | Noise::Known { .. } => options.confidence,
            },
            trials: options.trials,
            budget: options.budget,
            costs: options.costs.clone(),
            gaps: options.gaps,
            untestable: None,
            weights: prior.clone(),
            prior,
            versions: history
                .candidates()
                .map(|candidate| Version {
                    seen: Counts::default(),
                    state: match history.counted(candidate) {
                        true => State::Open,
                        false => State::Uncounted,
                    },
                    running: 0,
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
            Seen::Untestable(_) => {
                if version.state == State::Open || version.state == State::Assumed {
                    version.state = State::Untestable;
                }
            }
            Seen::Trials { good, bad } => {
                let counts = Counts { good, bad };
                version.seen = version.seen.plus(counts);
                if version.state == State::Assumed {
                    version.state = State::Open;
                }
                let ancestors = self.ancestry.ancestors(&self.history, candidate);
                self.classes.observe(&ancestors, counts, &self.prior);
                self.weigh();
            }
        }
        if self
            .versions
            .iter()
            .any(|version| version.state == State::Untestable)
        {
            let Self {
                history,
                ancestry,
                gaps,
                versions,
                ..
            } = self;
            self.untestable = Some(Untestable::find(history, ancestry, *gaps, versions));
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
        let start = match free {
            0 => Vec::new(),
            free => self.choose(free, left.unwrap_or(u32::MAX)),
        };
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
            confidence: Some(self.stated(self.likeliest().1)),
        }
    }

    /// Computes what is believed from what was seen.
    fn weigh(&mut self) {
        // If nothing can be to blame under rates of 0, they are not 0.
        while !self.weigh_once() && self.rates.raise() {}
    }

    fn weigh_once(&mut self) -> bool {
        self.rates.reach(self.classes.seen().total());
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
        if weight < self.enough {
            return self.indistinguishable();
        }
        let confidence = self.stated(weight);
        match self.candidate(place) {
            Some(candidate) => Some(Found::Culprit {
                candidate,
                confidence,
            }),
            None => Some(Found::NoCulprit { confidence }),
        }
    }

    /// How sure it is said to be of what weighs so much.
    fn stated(&self, weight: f64) -> f64 {
        let doubt = match self.rates {
            Rates::Known(_) => 1.0 - weight,
            Rates::Learned(_) => (1.0 - weight) * HONESTY,
        };
        (1.0 - doubt).clamp(0.0, 1.0)
    }

    fn candidate(&self, place: usize) -> Option<Candidate> {
        let candidate = Candidate(u32::try_from(place).ok()?);
        (place < self.history.len()).then_some(candidate)
    }

    /// Several suspects that are sure enough together and that nothing tells apart.
    fn indistinguishable(&self) -> Option<Found> {
        let groups = &self.untestable.as_ref()?.groups;
        let mut sums = vec![0.0; groups.len()];
        for (group, weight) in groups.iter().zip(&self.weights) {
            if let Some(sum) = sums.get_mut(*group) {
                *sum += weight;
            }
        }
        let group = sums.iter().position(|sum| *sum >= self.enough)?;
        let suspects: Vec<Candidate> = (self.history.candidates().zip(groups).zip(&self.weights))
            .filter(|((_, of), weight)| **of == group && **weight > 0.0)
            .map(|((candidate, _), _)| candidate)
            .collect();
        let within = |state: State| {
            let of = |candidate: &Candidate| {
                self.versions
                    .get(candidate.index())
                    .is_some_and(|version| version.state == state)
            };
            suspects.iter().copied().filter(of).collect()
        };
        Some(Found::Ambiguous {
            untestable: within(State::Untestable),
            assumed: within(State::Assumed),
            suspects,
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
    let no_culprit = options.no_culprit.unwrap_or(FLAKE);
    let scale = (1.0 - no_culprit) / weights.iter().sum::<f64>();
    for weight in &mut weights {
        *weight *= scale;
        if *weight < LEAST {
            *weight = 0.0;
        }
    }
    weights.push(no_culprit);
    Ok(weights)
}
