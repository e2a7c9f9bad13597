//! The journal against a real disk: what is durable, what survives, what is refused.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use sqlx::{Connection, SqliteConnection};
use std::fs;
use std::path::Path;
use std::time::Duration;
use stepwell_event::{
    Envelope, FORMAT_VERSION, JobPosition, JobSummary, LineKind, Outcome, RunEvent, RunId,
    RunResult, Snapshot, StepRecord, StepResult, StepSummary, Usage,
};
use stepwell_store::{Interrupted, InterruptedJob, Journal, JournalErrorKind};
use tempfile::TempDir;

fn run(number: u128) -> RunId {
    RunId::from_parts(1_700_000_000_000, number)
}

fn envelope(run: RunId, seq: u64, event: RunEvent) -> Envelope {
    Envelope {
        v: FORMAT_VERSION,
        run,
        seq,
        time_ms: 1_700_000_000_000 + seq,
        event,
    }
}

fn line(run: RunId, seq: u64) -> Envelope {
    let event = RunEvent::Line {
        job: "build".into(),
        step: 0,
        source: LineKind::Stdout,
        text: format!("line {seq} with 'quotes', \u{1b}[31m and ünicode"),
    };
    envelope(run, seq, event)
}

/// A run of two jobs of which the first has finished one of two steps.
fn half_a_run(run: RunId) -> Vec<Envelope> {
    let step = |label: &str| StepSummary {
        label: label.into(),
        task: "lint".into(),
    };
    let job = |name: &str| JobSummary {
        name: name.into(),
        label: name.into(),
        stage: "".into(),
        depends_on: Vec::new(),
        steps: vec![step("one"), step("two")],
    };
    let record = StepRecord {
        result: StepResult::Succeeded,
        outcome: Some(Outcome::Succeeded),
        reason: None,
        usage: Usage::default(),
        errors: 0,
        warnings: 0,
        denials: Vec::new(),
    };
    let events = [
        RunEvent::RunStarted {
            name: "demo".into(),
            number: "20240506.1".into(),
            snapshot: Snapshot::default(),
            stages: Vec::new(),
            jobs: vec![job("build"), job("test")],
        },
        RunEvent::JobStarted {
            job: "build".into(),
        },
        RunEvent::StepFinished {
            job: "build".into(),
            step: 0,
            record: Box::new(record),
        },
    ];
    (0..)
        .zip(events)
        .map(|(seq, event)| envelope(run, seq, event))
        .collect()
}

fn finish(run: RunId, seq: u64) -> Envelope {
    let result = RunResult::Succeeded;
    envelope(run, seq, RunEvent::RunFinished { result })
}

async fn open(directory: &TempDir) -> Journal {
    Journal::open(directory.path()).await.unwrap()
}

/// What a machine would find on its disk if it lost power now.
fn crash(directory: &Path) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for name in ["journal.db", "journal.db-wal"] {
        fs::copy(directory.join(name), copy.path().join(name)).unwrap();
    }
    copy
}

async fn sql(directory: &Path, statement: &'static str) {
    let url = format!("sqlite://{}", directory.join("journal.db").display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query(statement)
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn what_was_flushed_survives_a_crash() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(&directory).await;
    let mut events = half_a_run(run(1));
    events.extend((3..500).map(|seq| line(run(1), seq)));
    for event in &events {
        journal.append(event.clone());
    }
    journal.flush().await.unwrap();
    assert_eq!(journal.backlog(), 0);

    let copy = crash(directory.path());
    assert_eq!(open(&copy).await.events(run(1)).await.unwrap(), events);
    assert_eq!(journal.events(run(1)).await.unwrap(), events);
    assert_eq!(journal.events(run(2)).await.unwrap(), []);
}

#[tokio::test]
async fn dropping_the_last_handle_writes_what_is_pending() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(&directory).await;
    journal.append(line(run(1), 0));
    let clone = journal.clone();
    drop(journal);
    clone.append(line(run(1), 1));
    drop(clone);
    let reader = open(&directory).await;
    for _ in 0..500 {
        if reader.events(run(1)).await.unwrap().len() == 2 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the events were not written");
}

#[tokio::test]
async fn events_reach_the_disk_without_a_flush() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(&directory).await;
    journal.append(line(run(1), 0));
    for _ in 0..500 {
        if journal.backlog() == 0 {
            assert_eq!(journal.events(run(1)).await.unwrap().len(), 1);
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the event was not written");
}

#[tokio::test]
async fn closing_writes_everything_and_ends_all_clones() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(&directory).await;
    let clone = journal.clone();
    journal.append(line(run(1), 0));
    journal.close().await.unwrap();
    assert!(!directory.path().join("journal.db-wal").exists());

    clone.append(line(run(1), 1));
    let error = clone.flush().await.unwrap_err();
    assert_eq!(*error.kind(), JournalErrorKind::Closed);
    let events = open(&directory).await.events(run(1)).await.unwrap();
    assert_eq!(events, [line(run(1), 0)]);
}

#[tokio::test]
async fn a_torn_log_gives_a_prefix() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(&directory).await;
    let events: Vec<Envelope> = (0..60).map(|seq| line(run(1), seq)).collect();
    for chunk in events.chunks(7) {
        for event in chunk {
            journal.append(event.clone());
        }
        journal.flush().await.unwrap();
    }
    let whole = crash(directory.path());
    let log = fs::read(whole.path().join("journal.db-wal")).unwrap();
    assert!(log.len() > 50_000, "only {} bytes", log.len());

    let mut lengths = Vec::new();
    for length in (0..log.len()).step_by(2741).chain([log.len()]) {
        let torn = tempfile::tempdir().unwrap();
        let database = torn.path().join("journal.db");
        fs::copy(whole.path().join("journal.db"), &database).unwrap();
        fs::write(torn.path().join("journal.db-wal"), &log[..length]).unwrap();
        let journal = Journal::open(torn.path()).await.unwrap();
        let found = journal.events(run(1)).await.unwrap();
        assert_eq!(found, events[..found.len()], "{length} bytes of the log");
        lengths.push(found.len());
        journal.append(line(run(2), 0));
        journal.flush().await.unwrap();
    }
    assert!(lengths.is_sorted());
    assert_eq!(lengths.last(), Some(&events.len()));
    lengths.dedup();
    assert!(lengths.len() > 5, "{lengths:?}");
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    open(&directory).await.close().await.unwrap();
    sql(directory.path(), "UPDATE schema_version SET version = 7").await;
    let error = Journal::open(directory.path()).await.unwrap_err();
    let expect = JournalErrorKind::NewerSchema { found: 7, known: 4 };
    assert_eq!(*error.kind(), expect);
    assert!(error.to_string().contains("schema version 7"), "{error}");
    assert!(error.help().unwrap().contains("newer stepwell"));
}

#[tokio::test]
async fn a_damaged_file_is_named_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.db");
    let garbage = "this is no database at all. ".repeat(500);
    fs::write(&path, &garbage).unwrap();
    let error = Journal::open(directory.path()).await.unwrap_err();
    assert_eq!(*error.kind(), JournalErrorKind::Damaged);
    assert!(error.to_string().contains("journal.db` is damaged"));
    assert!(error.help().unwrap().starts_with("move `"));
    assert_eq!(fs::read_to_string(&path).unwrap(), garbage);
}

#[tokio::test]
async fn damage_inside_the_file_is_told_when_it_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(&directory).await;
    for seq in 0..2000 {
        journal.append(line(run(1), seq));
    }
    journal.close().await.unwrap();
    let path = directory.path().join("journal.db");
    let mut bytes = fs::read(&path).unwrap();
    // The first page holds the list of tables: it stays, so that opening works.
    bytes
        .iter_mut()
        .skip(8 * 4096)
        .for_each(|byte| *byte = 0xa5);
    fs::write(&path, &bytes).unwrap();
    let journal = open(&directory).await;
    let error = journal.events(run(1)).await.unwrap_err();
    assert_eq!(*error.kind(), JournalErrorKind::Damaged, "{error:?}");
}

#[tokio::test]
async fn a_failed_commit_answers_every_later_flush() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(&directory).await;
    sql(directory.path(), "DROP TABLE events").await;
    for seq in 0..3 {
        journal.append(line(run(1), seq));
        let error = journal.flush().await.unwrap_err();
        assert_eq!(*error.kind(), JournalErrorKind::Other);
        assert!(std::error::Error::source(&error).is_some());
        assert_eq!(journal.backlog(), 0);
    }
    journal.room().await;
    assert!(journal.close().await.is_err());
}

#[tokio::test]
async fn a_failed_commit_is_told_without_a_flush() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(&directory).await;
    journal.append(line(run(1), 0));
    journal.flush().await.unwrap();
    let watching = tokio::spawn({
        let journal = journal.clone();
        async move { journal.failed().await }
    });
    tokio::task::yield_now().await;
    assert!(!watching.is_finished());
    sql(directory.path(), "DROP TABLE events").await;
    journal.append(line(run(1), 1));
    let error = watching.await.unwrap();
    assert_eq!(*error.kind(), JournalErrorKind::Other);
    assert_eq!(*journal.failed().await.kind(), JournalErrorKind::Other);
}

#[test]
fn the_end_of_the_runtime_is_an_error_and_keeps_no_backlog() {
    let directory = tempfile::tempdir().unwrap();
    let runtime = || tokio::runtime::Runtime::new().unwrap();
    let first = runtime();
    let journal = first.block_on(open(&directory));
    drop(first);
    journal.append(line(run(1), 0));
    assert_eq!(journal.backlog(), 0);
    let error = runtime().block_on(journal.flush()).unwrap_err();
    assert_eq!(*error.kind(), JournalErrorKind::Closed);
    let error = runtime().block_on(journal.failed());
    assert_eq!(*error.kind(), JournalErrorKind::Closed);
}

#[tokio::test]
async fn a_run_without_its_process_is_interrupted_and_told_once() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(&directory).await;
    let claims = [1, 2, 3].map(|number| journal.claim(run(number)).unwrap());
    for number in 1..=3 {
        for event in half_a_run(run(number)) {
            journal.append(event);
        }
    }
    journal.append(finish(run(3), 3));
    journal.flush().await.unwrap();
    assert_eq!(journal.interrupted().await.unwrap(), []);

    let [first, _second, third] = claims;
    drop((first, third));
    let job = |name: &str, position| InterruptedJob {
        name: name.into(),
        position,
    };
    let expect = Interrupted {
        run: run(1),
        name: "demo".into(),
        jobs: vec![
            job("build", JobPosition::AtStep { step: 2, of: 2 }),
            job("test", JobPosition::NotStarted),
        ],
    };
    assert_eq!(journal.interrupted().await.unwrap(), [expect]);
    journal.acknowledge(run(1)).await.unwrap();
    journal.acknowledge(run(3)).await.unwrap();
    assert_eq!(journal.interrupted().await.unwrap(), []);
}

#[tokio::test]
async fn a_run_is_claimed_by_one_holder_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(&directory).await;
    let claim = journal.claim(run(1)).unwrap();
    let error = journal.claim(run(1)).unwrap_err();
    assert_eq!(*error.kind(), JournalErrorKind::AlreadyClaimed);
    drop(claim);
    drop(journal.claim(run(1)).unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threads_lose_nothing_and_keep_the_order_of_their_run() {
    const EACH: u64 = 2500;
    let directory = tempfile::tempdir().unwrap();
    let journal = open(&directory).await;
    let threads = [1, 2, 3, 4].map(|number| {
        let journal = journal.clone();
        std::thread::spawn(move || {
            for seq in 0..EACH {
                journal.append(line(run(number), seq));
            }
        })
    });
    for thread in threads {
        thread.join().unwrap();
    }
    journal.flush().await.unwrap();
    for number in 1..=4 {
        let expect: Vec<Envelope> = (0..EACH).map(|seq| line(run(number), seq)).collect();
        assert_eq!(journal.events(run(number)).await.unwrap(), expect);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn room_bounds_the_backlog() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(&directory).await;
    let mut highest = 0;
    for seq in 0..40 {
        let text = "x".repeat(1 << 20);
        let event = RunEvent::Line {
            job: "build".into(),
            step: 0,
            source: LineKind::Stdout,
            text,
        };
        journal.room().await;
        journal.append(envelope(run(1), seq, event));
        highest = highest.max(journal.backlog());
    }
    journal.flush().await.unwrap();
    assert!(highest < 10 << 20, "{highest}");
    assert_eq!(journal.events(run(1)).await.unwrap().len(), 40);
}

#[cfg(unix)]
#[tokio::test]
async fn the_directory_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("a/.stepwell");
    Journal::open(&directory).await.unwrap();
    let mode = fs::metadata(&directory).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn all_futures_can_move_between_threads() {
    fn check<T: Send>(_: impl Fn(Journal) -> T) {}
    check(|journal| async move { journal.flush().await });
    check(|journal| async move { journal.failed().await });
    check(|journal| async move { journal.room().await });
    check(|journal| async move { journal.interrupted().await });
    check(|journal| async move { journal.events(run(1)).await });
    check(|journal| async move { journal.acknowledge(run(1)).await });
    check(|journal| async move { journal.counter("", "", 0).await });
    check(|journal| async move { journal.revision("", "").await });
    check(|journal| async move { journal.next_run_id().await });
    check(Journal::close);
}
