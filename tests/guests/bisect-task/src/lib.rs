//! An oracle and a task in one, which no host takes.

use stepwell_oracle::{About, Observation, Oracle, Question, Refusal};

struct Both;

impl Oracle for Both {
    fn about() -> About {
        About::new("both", "0.1.0", "Two things at once.")
    }

    fn judge(_question: Question) -> Result<Observation, Refusal> {
        Ok(Observation::good("as ever"))
    }
}

stepwell_oracle::oracle!(Both);

stepwell_task::task! {
    /// Two things at once.
    name: "both",
    run: run,
}

fn run() -> stepwell_task::Result {
    Ok(())
}
