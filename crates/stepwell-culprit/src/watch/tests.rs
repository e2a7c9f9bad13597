//! What is remembered from tick to tick, with a world of scripts and a journal on disk.

use super::*;
use crate::watch::tick::tests::{culprit, version};
use std::sync::Mutex;
use stepwell_event::Verdict;
use tempfile::TempDir;

const HOUR_MS: u64 = 60 * 60 * 1000;

/// A world in which everything is bad, and the culprit is the one that is said.
struct Bad {
    culprit: (&'static str, &'static str),
    /// Notifiers that fail.
    broken: Vec<&'static str>,
    told: Mutex<Vec<String>>,
    judged: Mutex<u32>,
}

impl Bad {
    fn because_of(culprit: &'static str, signature: &'static str) -> Self {
        Self {
            culprit: (culprit, signature),
            broken: Vec::new(),
            told: Mutex::default(),
            judged: Mutex::default(),
        }
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut *self.told.lock().unwrap())
    }
}

impl World for Bad {
    async fn judge(&self, _head: &Version) -> Result<HeadSeen, String> {
        *self.judged.lock().unwrap() += 1;
        Ok(HeadSeen {
            verdict: Verdict::Bad,
            reason: "test x failed".to_owned(),
        })
    }

    async fn search(&self, _: &str, _: &Version, _: bool) -> Result<Finding, String> {
        let mut finding = culprit(self.culprit.0, self.culprit.1, "a");
        if let stepwell_event::Conclusion::Culprit { version, .. } = &mut finding.conclusion {
            version.author = Person {
                name: "Ada".to_owned(),
                email: "ada@example.org".to_owned(),
            };
        }
        Ok(finding)
    }

    async fn publish(&self, version: &Version, _: Option<&str>) -> Result<(), String> {
        panic!("{} is published", version.id)
    }

    async fn notify(&self, notifier: &str, notice: Notice, key: Key) -> Result<String, String> {
        assert_eq!(
            key,
            Key::new("project", &notice.culprit.id, notice.signature.as_deref())
        );
        assert_eq!(notice.report_markdown, "# report");
        if self.broken.contains(&notifier) {
            return Err("nobody listens".to_owned());
        }
        let (culprit, to) = (&notice.culprit.id, &notice.recipient.email);
        let mut told = self.told.lock().unwrap();
        told.push(format!("{notifier}: {culprit} to {to}"));
        Ok("sent".to_owned())
    }

    fn markdown(&self, _: &Finding) -> String {
        "# report".to_owned()
    }
}

async fn watching(folder: &TempDir) -> Watching {
    Watching {
        name: "main".to_owned(),
        project: "project".to_owned(),
        journal: Journal::open(folder.path()).await.unwrap(),
        addressing: Addressing::default(),
        notifiers: vec!["mail".to_owned(), "hook".to_owned()],
        per_day: 2,
    }
}

fn sight(head: &str) -> Sight {
    Sight {
        head: version(head),
        base: Some("a".to_owned()),
        insists: false,
        publishes: false,
    }
}

#[tokio::test]
async fn a_culprit_is_told_of_once_also_by_another_process() {
    let folder = tempfile::tempdir().unwrap();
    let world = Bad::because_of("d", "E1");
    let first = watching(&folder).await;
    let report = first.tick(&world, sight("f"), 0).await.unwrap();
    assert_eq!(
        world.told(),
        ["mail: d to ada@example.org", "hook: d to ada@example.org"]
    );
    assert_eq!(report.told.len(), 2);
    assert!(!report.told_before);
    first.journal.close().await.unwrap();

    let second = watching(&folder).await;
    let report = second.tick(&world, sight("f"), HOUR_MS).await.unwrap();
    assert_eq!(report.end.result, TickResult::NothingNew);
    assert_eq!(
        *world.judged.lock().unwrap(),
        1,
        "nothing new is not judged"
    );
    let report = second.tick(&world, sight("g"), 2 * HOUR_MS).await.unwrap();
    assert!(matches!(report.end.result, TickResult::Culprit(_)));
    assert!(report.told_before);
    assert_eq!(
        second.state().await.unwrap().last_tick_ms,
        Some(2 * HOUR_MS)
    );
    // The same culprit in another way is something new.
    let other = Bad::because_of("d", "E2");
    second.tick(&other, sight("h"), 3 * HOUR_MS).await.unwrap();
    assert_eq!((world.told().len(), other.told().len()), (0, 2));
}

#[tokio::test]
async fn a_notifier_that_fails_is_asked_again_after_a_pause() {
    let folder = tempfile::tempdir().unwrap();
    let watching = watching(&folder).await;
    let mut world = Bad::because_of("d", "E1");
    world.broken = vec!["hook"];
    let report = watching.tick(&world, sight("f"), 0).await.unwrap();
    assert_eq!(world.told(), ["mail: d to ada@example.org"]);
    let why = "nobody listens".to_owned();
    assert_eq!(report.told.last().unwrap().result, Err(why));
    for (now, expect) in [(59_999, 0), (60_000, 1), (179_999, 0), (180_000, 1)] {
        let report = watching.tick(&world, sight("f"), now).await.unwrap();
        assert_eq!(report.told.len(), expect, "at {now}");
    }
    world.broken.clear();
    watching.tick(&world, sight("f"), HOUR_MS).await.unwrap();
    assert_eq!(world.told(), ["hook: d to ada@example.org"]);
}

#[tokio::test]
async fn people_are_told_of_few_culprits_a_day() {
    let folder = tempfile::tempdir().unwrap();
    let watching = watching(&folder).await;
    for (culprit, head, held) in [("d", "f", 0), ("e", "g", 0), ("k", "l", 1)] {
        let world = Bad::because_of(culprit, "E1");
        let report = watching.tick(&world, sight(head), HOUR_MS).await.unwrap();
        assert_eq!(report.held, held);
        assert_eq!(world.told().len(), if held == 0 { 2 } else { 0 });
    }
    let world = Bad::because_of("k", "E1");
    let next_day = HOUR_MS + DAY_MS + 1;
    let report = watching.tick(&world, sight("l"), next_day).await.unwrap();
    assert_eq!(report.end.result, TickResult::NothingNew);
    assert_eq!(
        world.told(),
        ["mail: k to ada@example.org", "hook: k to ada@example.org"]
    );
}

#[tokio::test]
async fn without_anybody_to_tell_nobody_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut watching = watching(&folder).await;
    watching.addressing.excluded = vec!["ada@example.org".to_owned()];
    let world = Bad::because_of("d", "E1");
    let report = watching.tick(&world, sight("f"), 0).await.unwrap();
    let why = crate::Unreachable::Excluded;
    assert_eq!(report.recipient, Some(Recipient::Nobody(why)));
    assert!(report.told.is_empty());
    drop(watching.claim().unwrap());
}
