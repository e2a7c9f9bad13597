//! The oracle `any-of`: a version is good if one of several oracles says so.

use stepwell_composition::{Rule, judge};
use stepwell_oracle::{About, Observation, Oracle, Question, Refusal};

struct AnyOf;

impl Oracle for AnyOf {
    fn about() -> About {
        About::new(
            "any-of",
            env!("CARGO_PKG_VERSION"),
            "A version is good if one of several oracles says so.",
        )
        .max_trials(32)
    }

    fn judge(question: Question) -> Result<Observation, Refusal> {
        judge(Rule::AnyOf, &question)
    }
}

stepwell_oracle::oracle!(AnyOf);
