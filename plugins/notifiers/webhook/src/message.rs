//! The body of the request.

use serde_json::json;
use stepwell_delivery::message::{person, short, version};
use stepwell_oracle::Finding;

/// What was found. The key `text` is what chat programs show of it.
#[must_use]
pub fn body(finding: &Finding) -> String {
    let Finding {
        key,
        project,
        culprit,
        recipient,
        newest_good,
        reason,
        signature,
        confidence,
        reproduce,
        report_json,
        report_markdown,
    } = finding;
    // It is the host's and parses; should it not, it is still there as a text.
    let report = serde_json::from_str(report_json).unwrap_or_else(|_| json!(report_json));
    let text = format!(
        "{project}: {} by {} is probably what broke it: {reason}",
        short(culprit),
        culprit.author.name
    );
    let body = json!({
        "v": 1,
        "type": "culprit",
        "key": key,
        "text": text,
        "project": project,
        "culprit": version(culprit),
        "recipient": person(recipient),
        "newest-good": newest_good.as_ref().map(version),
        "reason": reason,
        "signature": signature,
        "confidence": confidence,
        "reproduce": reproduce,
        "report": report,
        "report-markdown": report_markdown,
    });
    body.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use stepwell_judging::script::finding;

    #[test]
    fn the_body_says_what_was_found() {
        let body: Value = serde_json::from_str(&body(&finding())).unwrap();
        assert_eq!(
            body["text"],
            "shop: c0ffee by Ada is probably what broke it: step `test` failed"
        );
        assert_eq!(body["culprit"]["author"]["email"], "ada@example.org");
        assert_eq!(body["newest-good"]["id"], "900d");
        assert_eq!(body["report"]["format"], 1);
        assert_eq!(
            (&body["v"], &body["confidence"], &body["key"]),
            (&json!(1), &json!(0.995), &json!("4e".repeat(32)))
        );
    }

    #[test]
    fn what_is_hostile_stays_a_text() {
        let mut hostile = finding();
        hostile.culprit.subject = "\"}\u{0}\n".to_owned();
        hostile.report_json = "{".to_owned();
        hostile.newest_good = None;
        hostile.confidence = f64::NAN;
        let body: Value = serde_json::from_str(&body(&hostile)).unwrap();
        assert_eq!(body["culprit"]["subject"], "\"}\u{0}\n");
        assert_eq!(body["report"], "{");
        assert!(body["newest-good"].is_null() && body["confidence"].is_null());
    }
}
