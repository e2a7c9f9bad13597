//! From what a user set to what a search takes.

use super::Belief;
use crate::request::{Course, Settings};
use stepwell_bisect::{Gaps, Noise, Options, Order, Rounding};
use stepwell_event::{Finite, NoiseModel};

pub(super) fn options(settings: &Settings, noise: &NoiseModel, belief: Belief) -> Options {
    let pair = |(a, b): (Finite, Finite)| (a.get(), b.get());
    Options {
        rounding: match settings.round_down {
            true => Rounding::Down,
            false => Rounding::Up,
        },
        order: match settings.course {
            Course::Halving => Order::Halving,
            Course::Git => Order::Git,
            Course::Recent => Order::Recent,
        },
        gaps: match settings.inside {
            Some(inside) => Gaps::Edges { inside },
            None => Gaps::Exhaustive,
        },
        noise: match noise {
            NoiseModel::Deterministic => Noise::None,
            NoiseModel::Known {
                false_bad,
                false_good,
            } => Noise::Known {
                false_bad: false_bad.get(),
                false_good: false_good.get(),
            },
            NoiseModel::Learned {
                false_bad,
                false_good,
            } => Noise::Learned {
                false_bad: pair(*false_bad),
                false_good: pair(*false_good),
            },
        },
        confidence: settings.confidence,
        prior: belief.prior,
        no_culprit: belief.no_culprit,
        costs: belief.costs,
        trials: settings.trials,
        budget: settings.max_trials,
    }
}
