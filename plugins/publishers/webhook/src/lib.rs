//! The publisher `webhook`: the newest good version, as JSON, to an address of the user's.
//!
//! As for the notifier of this name, the user grants the hosts, and the host adds secrets.

#[cfg(target_family = "wasm")]
mod component {
    use stepwell_delivery::{http, message};
    use stepwell_oracle::{Publisher, Release};

    struct Webhook;

    impl Publisher for Webhook {
        fn publish(config: String, release: Release) -> Result<String, String> {
            let body = message::release(&release).to_string();
            http::tell(&config, &release.key, &body)
        }
    }

    stepwell_oracle::publisher!(Webhook);
}
