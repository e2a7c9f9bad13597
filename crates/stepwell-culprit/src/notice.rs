//! Who is told of a culprit, what, and how often.
//!
//! Pure: what was told before and the time are handed in.

use sha2::{Digest as _, Sha256};
use std::fmt;
use std::time::Duration;
use stepwell_event::{
    Conclusion, Finding, Finite, Notice, Observation, Person, ProbeEnd, Verdict, Version,
};

use crate::post::address;

/// How long a notifier that failed is left alone at first. It doubles with every failure.
const FIRST_PAUSE: Duration = Duration::from_secs(60);

/// How long a notifier that failed is left alone at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 60 * 60);

/// Culprits that people are told of within a day, unless the project says otherwise.
pub const DEFAULT_PER_DAY: u32 = 10;

/// Local parts of addresses that nobody reads.
const UNREAD: [&str; 6] = [
    "noreply",
    "no-reply",
    "no_reply",
    "donotreply",
    "do-not-reply",
    "nobody",
];

/// What something that is sent is known by: every attempt to send it has the same key, so that a
/// receiver can drop what it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// The key of a culprit, a commit's hash, that failed with `signature`. It is told once.
    #[must_use]
    pub fn new(project: &str, culprit: &str, signature: Option<&str>) -> Self {
        Self::of(&[project, culprit, signature.unwrap_or_default()])
    }

    /// The key of a version, a commit's hash, that is published after `before` others by what watches
    /// the branch. Published once more after another one, it has another key: a receiver that dropped it
    /// would stay with the other one.
    #[must_use]
    pub fn of_release(watch: &str, version: &str, before: u64) -> Self {
        Self::of(&["release", watch, version, &before.to_string()])
    }

    fn of(parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let hex = hash
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self(hex)
    }

    /// A key that was remembered.
    pub(crate) fn known(text: String) -> Self {
        Self(text)
    }

    /// 64 hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whom a project wants to be told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addressing {
    /// Who is told when the author cannot be.
    pub default: Option<Person>,
    /// Addresses of authors who are not told themselves, and ends of addresses such as `@bots.example`.
    pub excluded: Vec<String>,
}

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// The author of the change.
    Author(Person),
    /// Somebody else, because the author cannot be told.
    Instead(Person, Unreachable),
    /// Nobody.
    Nobody(Unreachable),
}

impl Recipient {
    /// The one, if there is one.
    #[must_use]
    pub fn person(&self) -> Option<&Person> {
        match self {
            Self::Author(person) | Self::Instead(person, _) => Some(person),
            Self::Nobody(_) => None,
        }
    }
}

/// Why an author is not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreachable {
    /// There is no address that a letter could reach.
    NoAddress,
    /// Nobody reads what is sent there.
    Unread,
    /// It is a program.
    Bot,
    /// The project does not want it.
    Excluded,
}

impl Unreachable {
    /// Why, for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::NoAddress => "its author has no address",
            Self::Unread => "nobody reads what is sent to its author's address",
            Self::Bot => "its author is a bot",
            Self::Excluded => "its author is excluded",
        }
    }
}

impl Addressing {
    /// Who is told of a change by `author`.
    #[must_use]
    pub fn recipient(&self, author: &Person) -> Recipient {
        match (self.unreachable(author), &self.default) {
            (None, _) => Recipient::Author(author.clone()),
            (Some(why), Some(default)) => Recipient::Instead(default.clone(), why),
            (Some(why), None) => Recipient::Nobody(why),
        }
    }

    fn unreachable(&self, author: &Person) -> Option<Unreachable> {
        let email = author.email.trim().to_ascii_lowercase();
        let excluded = |text: &String| {
            let text = text.to_ascii_lowercase();
            email == text || text.starts_with('@') && email.ends_with(&text)
        };
        if self.excluded.iter().any(excluded) {
            return Some(Unreachable::Excluded);
        }
        let is_bot = |text: &str| text.to_ascii_lowercase().ends_with("[bot]");
        let (local, domain) = email.rsplit_once('@').unwrap_or((&email, ""));
        if is_bot(&author.name) || is_bot(local) {
            return Some(Unreachable::Bot);
        }
        if address(&email).is_none() {
            return Some(Unreachable::NoAddress);
        }
        // Forges hand out addresses of the kind `123+name@users.noreply.example`.
        let unread =
            UNREAD.contains(&local) || domain.split('.').any(|part| UNREAD.contains(&part));
        unread.then_some(Unreachable::Unread)
    }
}

/// Whom a finding blames, if it blames anybody, with what was seen of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blame {
    /// The version.
    pub culprit: Version,
    /// The newest version that is good.
    pub newest_good: Option<Version>,
    /// What failed.
    pub reason: String,
    /// What kind of failure it is.
    pub signature: Option<String>,
    /// How likely it is right.
    pub confidence: Finite,
}

impl Blame {
    /// What `finding` says. A change that changes no file is not to blame, whatever was judged.
    #[must_use]
    pub fn of(finding: &Finding) -> Option<Self> {
        let Conclusion::Culprit {
            version,
            newest_good,
            confidence,
            no_op: false,
        } = &finding.conclusion
        else {
            return None;
        };
        let seen = finding
            .probes
            .iter()
            .rev()
            .find_map(|probe| match &probe.end {
                ProbeEnd::Judged { observation, .. }
                    if probe.version.tree == version.tree
                        && observation.verdict == Verdict::Bad =>
                {
                    Some(observation)
                }
                _ => None,
            });
        let reason = seen.map_or("", |seen: &Observation| seen.reason.as_str());
        Some(Self {
            culprit: version.clone(),
            newest_good: newest_good.clone(),
            reason: reason.to_owned(),
            signature: seen.and_then(|seen| seen.signature.clone()),
            confidence: *confidence,
        })
    }

    /// What notifiers are handed.
    #[must_use]
    pub fn notice(&self, finding: &Finding, recipient: Person, markdown: String) -> Notice {
        let project = &finding.asked.project;
        Notice {
            key: Key::new(project, &self.culprit.id, self.signature.as_deref()).to_string(),
            project: project.clone(),
            culprit: self.culprit.clone(),
            recipient,
            newest_good: self.newest_good.clone(),
            reason: self.reason.clone(),
            signature: self.signature.clone(),
            confidence: self.confidence,
            reproduce: finding.reproduce.clone(),
            // A finding is plain data, which always has a text.
            report_json: serde_json::to_string(finding).unwrap_or_default(),
            report_markdown: markdown,
        }
    }
}

/// How long a notifier that failed for the `failures`-th time is left alone.
#[must_use]
pub(crate) fn pause(failures: u32) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << failures.saturating_sub(1).min(16));
    doubled.min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str, email: &str) -> Person {
        Person {
            name: name.to_owned(),
            email: email.to_owned(),
        }
    }

    #[test]
    fn an_author_who_cannot_be_told_has_a_stand_in() {
        let team = person("Team", "team@example.org");
        let addressing = Addressing {
            default: Some(team.clone()),
            excluded: vec!["import@example.org".to_owned(), "@bots.example".to_owned()],
        };
        for (name, email, expect) in [
            ("Ada", "ada@example.org", None),
            ("", "ada@sub.example.org", None),
            ("Ada", "", Some(Unreachable::NoAddress)),
            ("Ada", "ada", Some(Unreachable::NoAddress)),
            ("Ada", "ada@localhost", Some(Unreachable::NoAddress)),
            ("root", "root@machine.(none)", Some(Unreachable::NoAddress)),
            (
                "Ada",
                "ada@example.org\nBcc: eve@example.net",
                Some(Unreachable::NoAddress),
            ),
            ("Ada", "noreply@example.org", Some(Unreachable::Unread)),
            (
                "Ada",
                "12+ada@users.noreply.forge.example",
                Some(Unreachable::Unread),
            ),
            (
                "renovate[bot]",
                "renovate@example.org",
                Some(Unreachable::Bot),
            ),
            (
                "x",
                "49+x[bot]@users.noreply.forge.example",
                Some(Unreachable::Bot),
            ),
            ("Import", "Import@example.org", Some(Unreachable::Excluded)),
            ("Deploy", "deploy@bots.example", Some(Unreachable::Excluded)),
        ] {
            let author = person(name, email);
            let expect = match expect {
                None => Recipient::Author(author.clone()),
                Some(why) => Recipient::Instead(team.clone(), why),
            };
            assert_eq!(addressing.recipient(&author), expect, "{name} {email:?}");
        }
        let nobody = Addressing::default().recipient(&person("", ""));
        assert_eq!(nobody, Recipient::Nobody(Unreachable::NoAddress));
    }

    #[test]
    fn a_key_tells_culprits_and_their_failures_apart() {
        let keys = [
            Key::new("p", "c", None),
            Key::new("p", "c", Some("E1")),
            Key::new("p", "d", Some("E1")),
            Key::new("q", "c", None),
            Key::new("pc", "", None),
            Key::of_release("p", "c", 0),
            Key::of_release("p", "c", 1),
            Key::of_release("p", "d", 0),
            Key::of_release("q", "c", 0),
        ];
        for (place, key) in keys.iter().enumerate() {
            assert_eq!(key.as_str().len(), 64);
            assert!(!keys.iter().skip(place + 1).any(|other| other == key));
        }
        assert_eq!(
            Key::new("p", "c", Some("E1")),
            Key::new("p", "c", Some("E1"))
        );
    }

    #[test]
    fn pauses_double_up_to_a_day() {
        let minutes = (1..=14).map(|failures| pause(failures).as_secs() / 60);
        let expect = [
            1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440, 1440,
        ];
        assert!(minutes.eq(expect));
        assert_eq!(pause(u32::MAX), LONGEST_PAUSE);
    }
}
