//! An oracle that also says where to look.

use stepwell_oracle::{
    About, Advice, Belief, Observation, Oracle, Question, Refusal, Suspect, advising_oracle,
};

struct Adviser;

impl Oracle for Adviser {
    fn about() -> About {
        About::new(
            "adviser",
            "0.1.0",
            "Finds everything good, and has an opinion.",
        )
    }

    fn judge(_question: Question) -> Result<Observation, Refusal> {
        Ok(Observation::good("as ever"))
    }
}

impl Advice for Adviser {
    /// By the number of files, unless the configuration wants something odd.
    fn believe(config: String, suspects: Vec<Suspect>) -> Result<Belief, String> {
        let mut weights: Vec<f64> = suspects
            .iter()
            .map(|suspect| f64::from(u32::try_from(suspect.changed_paths.len()).unwrap_or(0)))
            .collect();
        match config.as_str() {
            "none" => return Err("no idea".to_owned()),
            "nan" => weights.fill(f64::NAN),
            "negative" => weights.fill(-1.0),
            "few" => weights.clear(),
            _ => {}
        }
        Ok(Belief::new(weights))
    }
}

advising_oracle!(Adviser);
