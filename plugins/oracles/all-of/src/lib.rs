//! The oracle `all-of`: a version is good if all of several oracles say so.

use stepwell_composition::{Rule, judge};
use stepwell_oracle::{About, Observation, Oracle, Question, Refusal};

struct AllOf;

impl Oracle for AllOf {
    fn about() -> About {
        About::new(
            "all-of",
            env!("CARGO_PKG_VERSION"),
            "A version is good if all of several oracles say so.",
        )
        .max_trials(32)
    }

    fn judge(question: Question) -> Result<Observation, Refusal> {
        judge(Rule::AllOf, &question)
    }
}

stepwell_oracle::oracle!(AllOf);
