//! An oracle: a version is bad if a file in it has become too large.
//!
//! It looks at the candidate's files and runs nothing.

use serde::Deserialize;
use std::fs;
use std::io::ErrorKind;
use stepwell_oracle::{About, Measurement, Observation, Oracle, Question, Refusal, SkipKind};

/// What the `inputs` of the pipeline file say.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Config {
    /// The file, relative to the project.
    file: String,
    /// The most bytes that it may have.
    max_bytes: u64,
}

struct BundleSize;

impl Oracle for BundleSize {
    fn about() -> About {
        About::new(
            "bundle-size",
            env!("CARGO_PKG_VERSION"),
            "A version is bad if a file in it is too large.",
        )
        .terms("small", "large")
    }

    fn judge(question: Question) -> Result<Observation, Refusal> {
        let Config { file, max_bytes } = question.config()?;
        let size = match fs::metadata(question.path(&file)?) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                // Neither small nor large: whoever searches goes around this version.
                let reason = format!("there is no `{file}`");
                return Ok(Observation::skip(SkipKind::TestAbsent, reason));
            }
            Err(error) => return Err(Refusal::Transient(format!("`{file}`: {error}"))),
        };
        let reason = format!("`{file}` has {size} bytes of at most {max_bytes}");
        let observation = if size > max_bytes {
            Observation::bad(reason).signature("too large")
        } else {
            Observation::good(reason)
        };
        Ok(observation.measurement(Measurement::new(file, "B", [size as f64])))
    }
}

stepwell_oracle::oracle!(BundleSize);
