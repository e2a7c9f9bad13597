//! The notifier `email`: a letter to whoever is to be told.

use stepwell_judging::settings::Settings;
use stepwell_oracle::post::{Mail, send_mail};
use stepwell_oracle::{Finding, Notifier};

/// The most characters of a subject.
const LONGEST_SUBJECT: usize = 150;

struct Email;

impl Notifier for Email {
    fn notify(config: String, finding: Finding) -> Result<String, String> {
        let (to, prefix) = configured(&config)?;
        let mail = letter(to, &prefix, &finding)?;
        send_mail(&mail).map_err(|error| error.message().to_owned())?;
        Ok(format!("wrote to {}", mail.to.join(", ")))
    }
}

stepwell_oracle::notifier!(Email);

/// Addresses, or none for that of the recipient; and what the subject begins with.
fn configured(config: &str) -> Result<(Vec<String>, String), String> {
    let mut settings = Settings::new(config)?;
    let to = settings.texts("to")?;
    let prefix = settings.text("subject-prefix")?.unwrap_or_default();
    settings.end()?;
    Ok((to, prefix))
}

fn letter(mut to: Vec<String>, prefix: &str, finding: &Finding) -> Result<Mail, String> {
    if to.is_empty() {
        if finding.recipient.email.is_empty() {
            return Err("the recipient has no address; name one with the input `to`".to_owned());
        }
        to.push(finding.recipient.email.clone());
    }
    let Finding {
        project, culprit, ..
    } = finding;
    let short = short(&culprit.id);
    let subject = one_line(&format!("{prefix}{project}: {short} {}", culprit.subject));
    Ok(Mail {
        to,
        subject,
        text: text(finding),
    })
}

fn text(finding: &Finding) -> String {
    let culprit = &finding.culprit;
    let greeting = match one_line(&finding.recipient.name).as_str() {
        "" => "Hello,".to_owned(),
        name => format!("Hello {name},"),
    };
    let good = finding
        .newest_good
        .as_ref()
        .map_or_else(String::new, |good| {
            format!(
                "\nThe newest version that is good is {}.\n",
                short(&good.id)
            )
        });
    format!(
        "{greeting}\n\nthis change is probably what broke {project}:\n\n    {id}\n    {author}\n    \
         {date}\n    {subject}\n\nWhat failed: {reason}\nProbability: {percent:.1} %\n{good}\n\
         To see it again:\n\n    {reproduce}\n\nThe whole report:\n\n{report}\n",
        project = one_line(&finding.project),
        id = culprit.id,
        author = one_line(&culprit.author.name),
        date = culprit.authored_at,
        subject = one_line(&culprit.subject),
        reason = one_line(&finding.reason),
        percent = finding.confidence * 100.0,
        reproduce = finding.reproduce,
        report = finding.report_markdown.trim_end(),
    )
}

fn short(id: &str) -> String {
    id.chars().take(12).collect()
}

/// What a change says of itself may hold line breaks, which would begin a header.
fn one_line(text: &str) -> String {
    let printable = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let line: String = printable.take(LONGEST_SUBJECT).collect();
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepwell_judging::script::{Script, finding};
    use stepwell_oracle::with_host;

    fn sent(config: &str, finding: Finding) -> (Result<String, String>, Vec<Mail>) {
        let script = Script::default();
        let asked = script.asked.clone();
        let said = with_host(script, || Email::notify(config.to_owned(), finding));
        let mails = asked.mails.borrow().clone();
        (said, mails)
    }

    #[test]
    fn the_recipient_gets_a_letter_with_what_there_is_to_know() {
        let (said, mails) = sent("{}", finding());
        assert_eq!(said.as_deref(), Ok("wrote to ada@example.org"));
        let [mail] = mails.as_slice() else {
            panic!("{mails:?}");
        };
        assert_eq!(mail.subject, "shop: c0ffee change");
        for part in [
            "Hello Ada,",
            "    c0ffee\n    Ada\n    2026-01-01T00:00:00Z\n    change\n",
            "What failed: step `test` failed\nProbability: 99.5 %\n",
            "The newest version that is good is 900d.",
            "    stepwell bisect run c0ffee\n",
            "# The report",
        ] {
            assert!(mail.text.contains(part), "{part:?} is not in {}", mail.text);
        }
    }

    #[test]
    fn addresses_and_the_subject_s_begin_can_be_given() {
        let config = r#"{"to": ["a@example.org", "b@example.org"], "subject-prefix": "[ci] "}"#;
        let (said, mails) = sent(config, finding());
        assert_eq!(said.as_deref(), Ok("wrote to a@example.org, b@example.org"));
        assert_eq!(mails[0].subject, "[ci] shop: c0ffee change");
    }

    #[test]
    fn a_subject_stays_one_line_whatever_a_change_is_called() {
        let mut hostile = finding();
        hostile.culprit.subject = format!("x\r\nBcc: y@example.org\u{1b}[2J{}", "z".repeat(900));
        let (_, mails) = sent("{}", hostile);
        assert!(!mails[0].subject.contains(char::is_control));
        assert!(
            mails[0]
                .subject
                .starts_with("shop: c0ffee x  Bcc: y@example.org [2Jzz")
        );
        assert_eq!(mails[0].subject.chars().count(), LONGEST_SUBJECT);
    }

    #[test]
    fn nobody_to_write_to_is_told() {
        let mut nobody = finding();
        nobody.recipient.email.clear();
        let (said, mails) = sent("{}", nobody);
        assert!(said.unwrap_err().contains("the recipient has no address"));
        assert!(mails.is_empty());
    }
}
