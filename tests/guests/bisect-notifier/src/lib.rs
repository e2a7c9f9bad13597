//! Tells a culprit's author by a letter.

use stepwell_oracle::post::{self, Mail};
use stepwell_oracle::{Finding, Notifier};

struct Letter;

impl Notifier for Letter {
    fn notify(_config: String, finding: Finding) -> Result<String, String> {
        let to = finding.recipient.email;
        let mail = Mail {
            to: vec![to.clone()],
            subject: format!("{} broke {}", finding.culprit.id, finding.project),
            text: finding.report_markdown,
        };
        post::send_mail(&mail).map_err(|error| error.message().to_owned())?;
        Ok(format!("wrote to {to}"))
    }
}

stepwell_oracle::notifier!(Letter);
