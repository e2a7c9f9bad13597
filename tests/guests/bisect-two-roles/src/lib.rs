//! An oracle and a publisher in one, which no host takes.

use stepwell_oracle::{About, Observation, Oracle, Publisher, Question, Refusal, Release};

struct Both;

impl Oracle for Both {
    fn about() -> About {
        About::new("both", "0.1.0", "Two things at once.")
    }

    fn judge(_question: Question) -> Result<Observation, Refusal> {
        Ok(Observation::good("as ever"))
    }
}

impl Publisher for Both {
    fn publish(_config: String, _release: Release) -> Result<String, String> {
        Ok("nothing".to_owned())
    }
}

stepwell_oracle::oracle!(Both);
stepwell_oracle::publisher!(Both);
