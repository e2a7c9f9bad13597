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

    async fn publish(&self, release: Release, _: Partly) -> Result<(), Unpublished> {
        panic!("{} is published", release.version.id)
    }

    async fn notify(&self, notifier: &str, notice: Notice) -> Result<String, String> {
        let key = Key::new("project", &notice.culprit.id, notice.signature.as_deref());
        assert_eq!(notice.key, key.as_str());
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
        branch: "main".to_owned(),
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

/// A world in which everything is good, and some publishers fail.
#[derive(Default)]
struct Good {
    broken: Mutex<Vec<&'static str>>,
    /// Who published what, by which key, after which version.
    published: Mutex<Vec<(String, Release)>>,
}

impl World for Good {
    async fn judge(&self, _head: &Version) -> Result<HeadSeen, String> {
        Ok(HeadSeen {
            verdict: Verdict::Good,
            reason: String::new(),
        })
    }

    async fn search(&self, good: &str, _: &Version, _: bool) -> Result<Finding, String> {
        panic!("a search from {good}")
    }

    async fn publish(&self, release: Release, before: Partly) -> Result<(), Unpublished> {
        let mut partly = before;
        let broken = self.broken.lock().unwrap().clone();
        for name in ["site", "feed"] {
            if !broken.contains(&name) && partly.publishers.insert(name.to_owned()) {
                let mut published = self.published.lock().unwrap();
                published.push((name.to_owned(), release.clone()));
            }
        }
        match broken.as_slice() {
            [] => Ok(()),
            _ => Err(Unpublished {
                partly,
                why: "it is away".to_owned(),
            }),
        }
    }

    async fn notify(&self, notifier: &str, _: Notice) -> Result<String, String> {
        panic!("{notifier} is asked")
    }

    fn markdown(&self, _: &Finding) -> String {
        String::new()
    }
}

#[tokio::test]
async fn a_publisher_that_fails_is_asked_again_and_the_others_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let watching = watching(&folder).await;
    let world = Good::default();
    let mut now = 0;
    let mut look = async |head: &str, broken: Vec<&'static str>| {
        *world.broken.lock().unwrap() = broken;
        now += HOUR_MS;
        let sight = Sight {
            publishes: true,
            ..sight(head)
        };
        let report = watching.tick(&world, sight, now).await.unwrap();
        (
            report.end.unpublished,
            std::mem::take(&mut *world.published.lock().unwrap()),
        )
    };
    let (why, first) = look("f", vec!["feed"]).await;
    assert_eq!(why.as_deref(), Some("it is away"));
    let (why, second) = look("f", Vec::new()).await;
    assert_eq!(why, None);
    let [(site, release)] = &first[..] else {
        panic!("{first:?}");
    };
    let expect = Release {
        key: Key::of_release("main", "f", 0).to_string(),
        project: "project".to_owned(),
        branch: "main".to_owned(),
        version: version("f"),
        previous: None,
    };
    assert_eq!((site.as_str(), release), ("site", &expect));
    assert_eq!(second, [("feed".to_owned(), expect)]);
    assert_eq!(look("f", Vec::new()).await.1, []);

    // Something new is published by both, and so is what was there before once it comes back.
    let keys = |published: Vec<(String, Release)>| {
        let keys = published.into_iter().map(|(_, release)| release.key);
        keys.collect::<Vec<_>>()
    };
    let (_, newer) = look("g", Vec::new()).await;
    assert_eq!(newer[0].1.previous.as_deref(), Some("f"));
    let newer = keys(newer);
    let again = keys(look("f", Vec::new()).await.1);
    assert_eq!((newer.len(), again.len()), (2, 2));
    assert!(again[0] != newer[0] && again[0] != first[0].1.key);
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
