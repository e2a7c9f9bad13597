//! Games in which trials may be wrong, and what many of them show.

use crate::random::Random;
use crate::table::{Cell, ROUNDED, Reference, Setting};
use std::collections::BTreeSet;
use std::ops::Range;
use stepwell_bisect::{Candidate, Found, History, Noise, Options, Search, Seen};

/// One kind of game.
pub(crate) struct Game {
    /// How many suspects there are.
    pub(crate) suspects: u32,
    /// How the search is made.
    pub(crate) options: Options,
    /// How often a good version is found bad, and a bad one good, in truth.
    pub(crate) rates: (f64, f64),
    /// How often no version is to blame.
    pub(crate) no_culprit: f64,
    /// Judgements side by side.
    pub(crate) slots: usize,
    /// Who is to blame, by weight; everybody alike if empty.
    pub(crate) weights: Vec<f64>,
}

impl Game {
    /// Of 1000 suspects, with rates that are known.
    pub(crate) fn known(false_bad: f64, false_good: f64, confidence: f64) -> Self {
        Self {
            suspects: 1000,
            options: Options {
                noise: Noise::Known {
                    false_bad,
                    false_good,
                },
                confidence,
                no_culprit: Some(0.0),
                ..Options::default()
            },
            rates: (false_bad, false_good),
            no_culprit: 0.0,
            slots: 1,
            weights: Vec::new(),
        }
    }

    /// The same with rates that have to be learned.
    pub(crate) fn learned(suspects: u32, rates: (f64, f64), confidence: f64) -> Self {
        let rarely = (1.0, 9.0);
        let mut game = Self::known(rates.0, rates.1, confidence);
        game.suspects = suspects;
        game.options.noise = Noise::Learned {
            false_bad: rarely,
            false_good: rarely,
        };
        game
    }

    /// Who is to blame in one of many games: each suspect about equally often, if all are alike, so that
    /// chance has no part in that.
    fn culprit(&self, game: u32, random: &mut Random) -> Option<u32> {
        if self.no_culprit > 0.0 && random.happens(self.no_culprit) {
            return None;
        }
        let mut rest = random.unit() * self.weights.iter().sum::<f64>();
        let weighed = (0..).zip(&self.weights).find(|(_, weight)| {
            rest -= **weight;
            rest < 0.0
        });
        Some(weighed.map_or(game % self.suspects, |(culprit, _)| culprit))
    }

    /// Plays so many games, on all processors. How many there are changes nothing of the sums.
    pub(crate) fn play(&self, setting: &Setting) -> Summary {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = u32::try_from(threads).unwrap_or(1);
        let each = setting.trials.div_ceil(threads);
        let parts: Vec<Summary> = std::thread::scope(|scope| {
            let starts = (0..setting.trials).step_by(each.max(1) as usize);
            let running: Vec<_> = starts
                .map(|start| start..(start + each).min(setting.trials))
                .map(|games| scope.spawn(move || self.play_some(setting.seed, games)))
                .collect();
            let ended = running.into_iter().map(|thread| thread.join());
            ended
                .map(|part| part.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        });
        let mut summary = Summary::default();
        for part in parts {
            summary.add(part);
        }
        summary
    }

    fn play_some(&self, seed: u64, games: Range<u32>) -> Summary {
        let mut summary = Summary::default();
        for game in games {
            let mut random = Random::new(seed.wrapping_mul(0x1000_0001) ^ u64::from(game));
            let mut random = Random::new(random.word());
            let culprit = self.culprit(game, &mut random);
            self.play_one(&mut random, culprit, &mut summary);
        }
        summary
    }

    fn play_one(&self, random: &mut Random, culprit: Option<u32>, summary: &mut Summary) {
        let history =
            History::linear(self.suspects).unwrap_or_else(|error| unreachable!("{error}"));
        let mut search = Search::new(history, self.options.clone())
            .unwrap_or_else(|error| unreachable!("{error}"));
        let (mut trials, mut rounds, mut visits) = (0, 0, 0);
        let mut builds = BTreeSet::new();
        let found = loop {
            let next = search.next(self.slots);
            if let Some(found) = next.found {
                break found;
            }
            rounds += 1;
            for start in next.start {
                let mut bad = 0;
                for _ in 0..start.trials {
                    bad += u32::from(self.fails(random, start.candidate, culprit));
                }
                trials += start.trials;
                visits += 1;
                builds.insert(start.candidate);
                let good = start.trials - bad;
                search.observe(start.candidate, Seen::Trials { good, bad });
            }
        };
        let (right, confidence) = match found {
            Found::Culprit {
                candidate,
                confidence,
            } => (culprit == Some(candidate.0), confidence),
            Found::NoCulprit { confidence } => (culprit.is_none(), confidence),
            Found::Ambiguous { .. } | Found::Undecided { .. } => (false, 0.0),
        };
        summary.runs.push(trials);
        summary.rounds += f64::from(rounds);
        summary.visits += f64::from(visits);
        summary.builds += builds.len() as f64;
        summary.ends.push((confidence, right, culprit.is_some()));
    }

    fn fails(&self, random: &mut Random, candidate: Candidate, culprit: Option<u32>) -> bool {
        let (false_bad, false_good) = self.rates;
        if culprit.is_some_and(|culprit| candidate.0 >= culprit) {
            !random.happens(false_good)
        } else {
            random.happens(false_bad)
        }
    }
}

/// What games showed.
#[derive(Default)]
pub(crate) struct Summary {
    /// Trials of each.
    runs: Vec<u32>,
    rounds: f64,
    visits: f64,
    builds: f64,
    /// Of each: how sure it was said to be, whether that was right, and whether there was a culprit.
    pub(crate) ends: Vec<(f64, bool, bool)>,
}

/// Standard errors that are within noise.
const WITHIN: f64 = 2.0;

/// Games that the references were measured with.
const REFERENCE_GAMES: f64 = 10_000.0;

impl Summary {
    fn add(&mut self, other: Self) {
        self.runs.extend(other.runs);
        self.rounds += other.rounds;
        self.visits += other.visits;
        self.builds += other.builds;
        self.ends.extend(other.ends);
    }

    fn count(&self) -> f64 {
        self.runs.len() as f64
    }

    /// Trials: their mean and its standard error.
    pub(crate) fn mean(&self) -> (f64, f64) {
        let mean = self.runs.iter().map(|runs| f64::from(*runs)).sum::<f64>() / self.count();
        let square = |runs: &u32| (f64::from(*runs) - mean).powi(2);
        let variance = self.runs.iter().map(square).sum::<f64>() / self.count();
        (mean, (variance / self.count()).sqrt())
    }

    /// The part of the games that ended rightly.
    pub(crate) fn accuracy(&self) -> f64 {
        self.ends.iter().filter(|(_, right, _)| *right).count() as f64 / self.count()
    }

    /// How sure it was said to be on average.
    pub(crate) fn stated(&self) -> f64 {
        self.ends.iter().map(|(stated, ..)| stated).sum::<f64>() / self.count()
    }

    /// Rounds of judgements, on average.
    pub(crate) fn rounds(&self) -> f64 {
        self.rounds / self.count()
    }

    /// Judgements, and versions that were built for them, on average.
    pub(crate) fn visits(&self) -> (f64, f64) {
        (self.visits / self.count(), self.builds / self.count())
    }

    /// How much larger the standard error of the difference from a reference is than that of these games.
    fn apart(&self) -> f64 {
        (1.0 + self.count() / REFERENCE_GAMES).sqrt()
    }

    /// The standard error of the difference from an accuracy of the reference, if both are the same.
    fn accuracy_apart(&self, reference: f64) -> f64 {
        let (games, all) = (self.count(), self.count() + REFERENCE_GAMES);
        let wrong = (1.0 - self.accuracy()) * games + (1.0 - reference) * REFERENCE_GAMES;
        // Also where there was no error at all.
        let wrong = wrong.max(1.0) / all;
        (wrong * (1.0 - wrong) * (1.0 / games + 1.0 / REFERENCE_GAMES)).sqrt()
    }

    /// The standard error of an accuracy.
    fn accuracy_error(&self, accuracy: f64) -> f64 {
        // Also where there was no error at all.
        let wrong = (1.0 - accuracy).max(1.0 / self.count());
        (wrong * (1.0 - wrong) / self.count()).sqrt()
    }

    /// Mean, standard error and 95th percentile of the trials, and the accuracy, next to references.
    pub(crate) fn cells(&self, runs: Option<f64>, accuracy: Option<f64>) -> Vec<Cell> {
        let (mean, error) = self.mean();
        let mut sorted = self.runs.clone();
        sorted.sort_unstable();
        let p95 = sorted.get(sorted.len() * 95 / 100).copied().unwrap_or(0);
        let within = WITHIN * error * self.apart();
        let at_most = |runs: f64| Reference::AtMost(runs, (within + ROUNDED) / runs);
        let at_least = |least: f64| Reference::AtLeast(least, WITHIN * self.accuracy_apart(least));
        vec![
            Cell::new("runs", mean, runs.map_or(Reference::Unknown, at_most)),
            Cell::new("+-", error, Reference::Unknown),
            Cell::new("p95", f64::from(p95), Reference::Unknown),
            Cell::new(
                "right",
                self.accuracy(),
                accuracy.map_or(Reference::Unknown, at_least),
            ),
        ]
    }

    /// How sure it was said to be, which is to be at most half a point from how often it was right.
    pub(crate) fn stated_cell(&self) -> Cell {
        let tolerance = 0.005 + std::f64::consts::SQRT_2 * self.accuracy_error(self.accuracy());
        let gap = (self.stated() - self.accuracy()).abs();
        let reference = Reference::AtMost(0.005, tolerance / 0.005 - 1.0);
        Cell::new("|stated - right|", gap, reference)
    }
}
