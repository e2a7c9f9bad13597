//! The notifier `webhook`: what was found, as JSON, to an address of the user's.
//!
//! Which hosts it may speak to is granted by the user, and headers with secrets are added by the host
//! where the grant says so: this component never sees them.

pub mod message;

#[cfg(target_family = "wasm")]
mod component {
    use crate::message::body;
    use stepwell_oracle::{Finding, Notifier};

    struct Webhook;

    impl Notifier for Webhook {
        fn notify(config: String, finding: Finding) -> Result<String, String> {
            stepwell_delivery::http::tell(&config, &finding.key, &body(&finding))
        }
    }

    stepwell_oracle::notifier!(Webhook);
}
