//! Numbers that are given once, to one process or to several.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use sqlx::{Connection, SqliteConnection};
use std::collections::BTreeSet;
use std::path::Path;
use stepwell_event::{Envelope, FORMAT_VERSION, RunEvent, RunId, RunResult};
use stepwell_store::{Journal, JournalErrorKind};

async fn open(directory: &Path) -> Journal {
    Journal::open(directory).await.unwrap()
}

#[tokio::test]
async fn a_counter_begins_with_its_seed_and_goes_on_by_prefix() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path()).await;
    for (pipeline, prefix, seed, expect) in [
        ("ci", "1.0", 100, 100),
        ("ci", "1.0", 100, 101),
        // The seed counts for the first use alone.
        ("ci", "1.0", 7, 102),
        ("ci", "1.1", -3, -3),
        ("ci", "1.1", -3, -2),
        ("ci", "", 0, 0),
        ("other", "1.0", 5, 5),
        ("ci", "Beta-Ä", 1, 1),
        ("ci", "bETA-ä", 1, 2),
        ("ci", "straße", 1, 1),
        ("ci", "strasse", 1, 1),
        ("CI", "1.0", 5, 5),
    ] {
        let found = journal.counter(pipeline, prefix, seed).await.unwrap();
        assert_eq!(found, expect, "{pipeline} {prefix}");
    }
    journal.close().await.unwrap();
    let journal = open(directory.path()).await;
    assert_eq!(journal.counter("ci", "1.0", 100).await.unwrap(), 103);
}

#[tokio::test]
async fn a_counter_ends_instead_of_starting_over() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path()).await;
    for expect in [i64::MAX - 1, i64::MAX] {
        let found = journal.counter("ci", "", i64::MAX - 1).await.unwrap();
        assert_eq!(found, expect);
    }
    for _ in 0..2 {
        let error = journal.counter("ci", "", 0).await.unwrap_err();
        assert_eq!(*error.kind(), JournalErrorKind::CounterAtEnd);
        assert!(error.help().is_some());
    }
}

#[tokio::test]
async fn a_revision_starts_over_when_any_other_part_changes() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path()).await;
    for (pipeline, rest, expect) in [
        ("ci", "20240506.", 1),
        ("ci", "20240506.", 2),
        ("ci", "20240507.", 1),
        ("ci", "1.0.", 1),
        ("ci", "20240506.", 3),
        ("nightly", "20240506.", 1),
        ("ci", "Main.", 1),
        ("ci", "main.", 1),
    ] {
        let found = journal.revision(pipeline, rest).await.unwrap();
        assert_eq!(found, expect, "{pipeline} {rest}");
    }
    // The three kinds do not get in one another's way.
    assert_eq!(journal.counter("ci", "1.0.", 9).await.unwrap(), 9);
    assert_eq!(journal.next_run_id().await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_journals_on_one_folder_never_give_the_same_number() {
    const EACH: i64 = 60;
    let directory = tempfile::tempdir().unwrap();
    let (one, two) = tokio::join!(open(directory.path()), open(directory.path()));
    let workers = [one.clone(), one, two.clone(), two].map(|journal| {
        tokio::spawn(async move {
            let mut given = Vec::new();
            for _ in 0..EACH {
                let id = journal.next_run_id().await.unwrap();
                let counter = journal.counter("ci", "", 10).await.unwrap();
                given.push((id, counter));
            }
            given
        })
    });
    let mut ids = BTreeSet::new();
    let mut counters = BTreeSet::new();
    for worker in workers {
        let given = worker.await.unwrap();
        assert!(given.is_sorted());
        for (id, counter) in given {
            ids.insert(id);
            counters.insert(counter);
        }
    }
    assert!(ids.into_iter().eq(1..=4 * EACH));
    assert!(counters.into_iter().eq(10..10 + 4 * EACH));
}

#[tokio::test]
async fn a_journal_of_the_first_version_is_upgraded_and_keeps_what_it_has() {
    let directory = tempfile::tempdir().unwrap();
    let run = RunId::from_parts(1_700_000_000_000, 1);
    let event = Envelope {
        v: FORMAT_VERSION,
        run,
        seq: 0,
        time_ms: 1_700_000_000_000,
        event: RunEvent::RunFinished {
            result: RunResult::Succeeded,
        },
    };
    write_first_version(directory.path(), &event).await;

    let (one, two) = tokio::join!(open(directory.path()), open(directory.path()));
    assert_eq!(one.events(run).await.unwrap(), [event]);
    assert_eq!(one.next_run_id().await.unwrap(), 1);
    assert_eq!(two.next_run_id().await.unwrap(), 2);
    drop((one, two));
    let mut database = connect(directory.path()).await;
    let version: Vec<i64> = sqlx::query_scalar("SELECT version FROM schema_version")
        .fetch_all(&mut database)
        .await
        .unwrap();
    assert_eq!(version, [4]);
}

/// Writes a journal as Stepwell 0.1 did.
async fn write_first_version(directory: &Path, event: &Envelope) {
    let mut database = connect(directory).await;
    for statement in [
        "PRAGMA journal_mode = WAL",
        "CREATE TABLE schema_version (version BIGINT NOT NULL)",
        "CREATE TABLE runs (id TEXT PRIMARY KEY, name TEXT NOT NULL, started_ms BIGINT NOT NULL,
            finished_ms BIGINT, result TEXT)",
        "CREATE TABLE events (run TEXT NOT NULL, seq BIGINT NOT NULL, body TEXT NOT NULL,
            PRIMARY KEY (run, seq))",
        "INSERT INTO schema_version (version) VALUES (1)",
    ] {
        sqlx::query(statement).execute(&mut database).await.unwrap();
    }
    sqlx::query("INSERT INTO events (run, seq, body) VALUES ($1, 0, $2)")
        .bind(event.run.to_string())
        .bind(serde_json::to_string(event).unwrap())
        .execute(&mut database)
        .await
        .unwrap();
    database.close().await.unwrap();
}

async fn connect(directory: &Path) -> SqliteConnection {
    let path = directory.join("journal.db");
    let url = format!("sqlite://{}?mode=rwc", path.display());
    SqliteConnection::connect(&url).await.unwrap()
}
