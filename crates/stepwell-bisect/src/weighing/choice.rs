//! Which versions are judged next.
//!
//! A trial is worth what it says about who is to blame: the entropy of its outcome less the part that
//! comes from noise. If trials are wrong equally often on both sides, that is greatest where half of the
//! weight lies in the version and its ancestors; otherwise a little beside. The newest version is taken
//! when all that is more than half lies on "none of them".

use super::ancestry::{Amount, Ancestry};
use super::rates::{Outlook, Rates, entropy};
use super::{State, Weighing};
use crate::history::Candidate;
use crate::search::{Rounding, Start};
use std::cmp::Ordering;

/// How much of what the best version is worth another has to be, to be judged at the same time instead
/// of trying the best more often.
const NEIGHBOUR: f64 = 0.98;

impl Weighing {
    /// What to begin, at most `free` judgements and `left` trials.
    pub(super) fn choose(&mut self, free: usize, mut left: u32) -> Vec<Start> {
        self.add_up();
        let mut chosen: Vec<Start> = Vec::new();
        let mut targets = self.targets(free);
        targets.sort_by(|a, b| (a - 0.5).abs().total_cmp(&(b - 0.5).abs()));
        let several = targets.len() > 1;
        for target in targets {
            let trials = self.trials.min(left);
            let best = match several && self.alike() {
                true => self
                    .nearest(target)
                    .map(|candidate| (candidate, f64::INFINITY)),
                false => self.best(target, &[]),
            };
            let Some((candidate, worth)) = best.filter(|_| trials > 0) else {
                break;
            };
            left -= trials;
            // Trials of another version can go on at the same time.
            let taken: Vec<Candidate> = chosen.iter().map(|start| start.candidate).collect();
            let candidate = match taken.contains(&candidate) {
                true => (self.best(target, &taken))
                    .filter(|(_, other)| *other >= worth * NEIGHBOUR)
                    .map_or(candidate, |(other, _)| other),
                false => candidate,
            };
            match chosen.iter_mut().find(|start| start.candidate == candidate) {
                Some(same) => same.trials += trials,
                None => chosen.push(Start { candidate, trials }),
            }
        }
        chosen
    }

    /// Whether judging one version is as good as judging another.
    fn alike(&self) -> bool {
        self.costs.is_empty() && self.untestable.is_none()
    }

    /// What has a part of the weight that is nearest to this one in its ancestors.
    fn nearest(&self, target: f64) -> Option<Candidate> {
        let versions = self
            .history
            .candidates()
            .zip(&self.versions)
            .zip(&self.sums);
        versions
            .filter(|((_, version), _)| version.state == State::Open && version.running == 0)
            .min_by(|(_, [a, ..]), (_, [b, ..])| (a - target).abs().total_cmp(&(b - target).abs()))
            .map(|((candidate, _), _)| candidate)
    }

    /// Adds up what the ancestors of each version weigh, and what a trial says about them.
    fn add_up(&mut self) {
        self.says.clear();
        let mut last: Option<(&Outlook, Says)> = None;
        for outlook in &self.outlooks {
            let says = match last {
                Some((same, says)) if outlook.says_like(same) => says,
                _ => Says::of(outlook),
            };
            last = Some((outlook, says));
            self.says.push(says);
        }
        let says = &self.says;
        let of_suspect = self.weights.iter().zip(self.classes.places());
        let amounts = of_suspect.map(|(weight, place)| {
            let [bad, doubt] = says.get(*place).map_or([0.0; 2], |says| says.more_of_bad);
            [*weight, weight * bad, weight * doubt]
        });
        self.ancestry.sums(&self.history, amounts, &mut self.sums);
    }

    /// The parts of the weight that are to lie in the ancestors of what is begun.
    fn targets(&self, free: usize) -> Vec<f64> {
        let running: Vec<f64> = self
            .running()
            .filter_map(|candidate| self.sums.get(candidate.index()))
            .map(|[weight, ..]| *weight)
            .collect();
        let all = running.len() + free;
        let mut targets: Vec<f64> = (1..=all)
            .map(|target| target as f64 / (all + 1) as f64)
            .collect();
        for running in running {
            let nearest = (targets.iter().enumerate())
                .min_by(|(_, a), (_, b)| (*a - running).abs().total_cmp(&(*b - running).abs()))
                .map(|(place, _)| place);
            if let Some(place) = nearest {
                targets.remove(place);
            }
        }
        targets
    }

    /// What is worth most for what it costs, if this part of the weight were half of it.
    fn best(&self, target: f64, taken: &[Candidate]) -> Option<(Candidate, f64)> {
        let view = View::new(self, target);
        let free = self
            .history
            .candidates()
            .zip(&self.versions)
            .zip(self.sums.iter().zip(self.classes.places()))
            .filter(|((candidate, version), _)| {
                version.state == State::Open && version.running == 0 && !taken.contains(candidate)
            });
        let mut best: Option<(Candidate, f64)> = None;
        let mut consider = |candidate: Candidate, worth: f64| {
            let better = best.is_none_or(|(other, most)| match worth.total_cmp(&most) {
                Ordering::Equal => (candidate > other) == (self.rounding == Rounding::Up),
                order => order == Ordering::Greater,
            });
            if better {
                best = Some((candidate, worth));
            }
        };
        let single = matches!(self.rates, Rates::Known(_));
        if !(self.alike() && (single || matches!(self.ancestry, Ancestry::Linear))) {
            let ease = self
                .untestable
                .as_ref()
                .map(|untestable| untestable.ease.as_slice());
            for ((candidate, _), (sum, _)) in free {
                let of = |numbers: &[f64]| numbers.get(candidate.index()).copied().unwrap_or(1.0);
                consider(
                    candidate,
                    view.worth(sum) * of(ease.unwrap_or_default()) / of(&self.costs),
                );
            }
        } else {
            let groups = if single { 1 } else { self.says.len() };
            let mut brackets: Vec<Bracket> =
                self.says.iter().take(groups).map(Bracket::around).collect();
            for ((candidate, _), (sum, place)) in free {
                if let Some(bracket) = brackets.get_mut(if single { 0 } else { *place }) {
                    bracket.add(candidate, view.outcome(sum));
                }
            }
            let ends = brackets
                .iter()
                .flat_map(|bracket| [bracket.below, bracket.above])
                .flatten();
            for (candidate, _) in ends {
                if let Some(sum) = self.sums.get(candidate.index()) {
                    consider(candidate, view.worth(sum));
                }
            }
        }
        best
    }

    /// About how many rounds of judgements are left: to find the culprit, and then to be sure of it.
    pub(super) fn rounds(&self) -> u32 {
        let outlook = self.outlooks.iter().zip(&self.masses);
        let mean = |of: fn(&Outlook) -> f64| -> f64 {
            outlook
                .clone()
                .map(|(outlook, mass)| of(outlook) * mass)
                .sum()
        };
        let bad = mean(|outlook| outlook.bad_of_bad);
        let good = mean(|outlook| outlook.bad_of_good);
        // What one trial says at most, and how far it moves the odds of the truth.
        let capacity = entropy((bad + good) / 2.0) - (entropy(bad) + entropy(good)) / 2.0;
        let odds = |p: f64| libm::log(p / (1.0 - p));
        let step = (bad - good) * (odds(bad) - odds(good)) / 2.0;
        let doubt: f64 = (self.weights.iter().filter(|weight| **weight > 0.0))
            .map(|weight| -weight * libm::log(*weight))
            .sum();
        let behind = odds(self.confidence) - odds(self.likeliest().1.clamp(0.5, self.confidence));
        let trials = doubt / capacity + if step.is_finite() { behind / step } else { 0.0 };
        let judgements = trials / f64::from(self.trials);
        // A whole number below 2^32 after `min`; what is no number becomes 0.
        (judgements / libm::log2((self.slots + 1) as f64))
            .ceil()
            .min(f64::from(u32::MAX)) as u32
    }
}

/// What the next trial of a version says about a suspect.
#[derive(Debug, Clone, Copy)]
pub(super) struct Says {
    /// If the version is good: how likely it is bad all the same, and the entropy of that.
    of_good: [f64; 2],
    /// How much more both are if the version is bad.
    more_of_bad: [f64; 2],
}

impl Says {
    fn of(outlook: &Outlook) -> Self {
        let (good, bad) = (outlook.bad_of_good, outlook.bad_of_bad);
        let (doubt_good, doubt_bad) = (entropy(good), entropy(bad));
        Self {
            of_good: [good, doubt_good],
            more_of_bad: [bad - good, doubt_bad - doubt_good],
        }
    }
}

/// The weights as they are, or as they would be if another part of them were half.
struct View {
    target: f64,
    /// What [`Says::of_good`] is on the whole.
    of_good: [f64; 2],
}

impl View {
    fn new(weighing: &Weighing, target: f64) -> Self {
        let mut of_good = [0.0; 2];
        for (weight, place) in weighing.masses.iter().zip(&weighing.says) {
            let ([bad, doubt], [more_bad, more_doubt]) = (&mut of_good, place.of_good);
            *bad += weight * more_bad;
            *doubt += weight * more_doubt;
        }
        Self { target, of_good }
    }

    fn tilt(&self, weight: f64) -> f64 {
        if weight <= self.target {
            0.5 / self.target
        } else {
            (1.0 - (1.0 - weight) * 0.5 / (1.0 - self.target)) / weight
        }
    }

    /// How likely a trial is bad of a version whose ancestors hold this.
    fn outcome(&self, [weight, bad, _]: &Amount) -> f64 {
        let [all_bad, _] = self.of_good;
        (all_bad + bad * self.tilt(*weight)).clamp(0.0, 1.0)
    }

    /// What it says, in nats.
    fn worth(&self, sum: &Amount) -> f64 {
        let ([weight, _, doubt], [_, all_doubt]) = (sum, self.of_good);
        (entropy(self.outcome(sum)) - all_doubt - doubt * self.tilt(*weight)).max(0.0)
    }
}

/// Among versions of which what a trial says depends only on how likely it is bad: the two next to
/// where it says most.
struct Bracket {
    ideal: f64,
    below: Option<(Candidate, f64)>,
    above: Option<(Candidate, f64)>,
}

impl Bracket {
    fn around(says: &Says) -> Self {
        let [bad, doubt] = says.more_of_bad;
        Self {
            ideal: 1.0 / (1.0 + libm::exp(doubt / bad)),
            below: None,
            above: None,
        }
    }

    fn add(&mut self, candidate: Candidate, outcome: f64) {
        if outcome <= self.ideal {
            if self.below.is_none_or(|(_, other)| outcome >= other) {
                self.below = Some((candidate, outcome));
            }
        } else if self.above.is_none_or(|(_, other)| outcome < other) {
            self.above = Some((candidate, outcome));
        }
    }
}
