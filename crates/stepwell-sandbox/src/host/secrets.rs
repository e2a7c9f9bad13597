//! The secrets of a step.
//!
//! The sandbox is told only those that are granted, so it cannot treat a secret that is not differently
//! from one that there is not. Whoever takes the step's events masks them from the start.

use crate::bindings::stepwell::task::refusals::Refusal;
use crate::bindings::stepwell::task::secrets::Host;
use crate::outcome::shortened;
use crate::state::StepState;
use std::sync::Arc;
use stepwell_event::Denial;

/// Characters of a name that a pipeline file can have.
const NAME: usize = 100;

impl Host for StepState {
    async fn get(&mut self, name: String) -> Result<String, Refusal> {
        if let Some((_, value)) = self.secrets.iter().find(|(known, _)| *known == name) {
            return Ok(value.clone());
        }
        let link = Arc::clone(&self.link);
        let grant = is_name(&name).then(|| format!("allow = {{ secrets = [\"{name}\"] }}"));
        link.deny(Denial {
            capability: "secret".to_owned(),
            target: shortened(name),
            grant,
        })
        .await;
        Err(Refusal::Denied(
            "the step is not given a secret of this name".to_owned(),
        ))
    }
}

fn is_name(text: &str) -> bool {
    (1..=NAME).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}
