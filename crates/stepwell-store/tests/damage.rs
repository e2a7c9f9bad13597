//! A journal whose file was cut, overwritten or scrambled: it is refused with a word, or what it
//! gives is a beginning of what was written. It never panics and never skips an event.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

use std::fs;
use std::path::Path;
use stepwell_event::{
    Envelope, FORMAT_VERSION, JobSummary, LineKind, RunEvent, RunId, Snapshot, StepSummary,
};
use stepwell_store::{Interrupted, Journal, JournalError, JournalErrorKind};
use tempfile::TempDir;

const EVENTS: u64 = 300;

fn run() -> RunId {
    RunId::from_parts(1_700_000_000_000, 1)
}

/// A run of so many events, one second apart in the way that is asked for.
fn written(time_ms: impl Fn(u64) -> u64) -> Vec<Envelope> {
    let started = RunEvent::RunStarted {
        name: "demo".into(),
        number: "1".into(),
        snapshot: Snapshot::default(),
        stages: Vec::new(),
        jobs: vec![JobSummary {
            name: "build".into(),
            label: "build".into(),
            stage: "".into(),
            depends_on: Vec::new(),
            steps: vec![StepSummary {
                label: "one".into(),
                task: "lint".into(),
            }],
        }],
    };
    let line = |seq| RunEvent::Line {
        job: "build".into(),
        step: 0,
        source: LineKind::Stdout,
        text: format!("line {seq}"),
    };
    (0..EVENTS)
        .map(|seq| Envelope {
            v: FORMAT_VERSION,
            run: run(),
            seq,
            time_ms: time_ms(seq),
            event: if seq == 0 { started.clone() } else { line(seq) },
        })
        .collect()
}

async fn write(directory: &Path, events: &[Envelope]) {
    let journal = Journal::open(directory).await.unwrap();
    for chunk in events.chunks(40) {
        for event in chunk {
            journal.append(event.clone());
        }
        journal.flush().await.unwrap();
    }
    journal.close().await.unwrap();
}

/// Everything that the next start does with a journal, and then some.
async fn read(directory: &Path) -> Result<(Vec<Interrupted>, Vec<Envelope>), JournalError> {
    let journal = Journal::open(directory).await?;
    let interrupted = journal.interrupted().await?;
    let events = journal.events(run()).await?;
    let mut next = events.first().cloned();
    if let Some(event) = &mut next {
        event.run = RunId::from_parts(1_700_000_000_000, 2);
        journal.append(event.clone());
    }
    journal.close().await?;
    Ok((interrupted, events))
}

/// The same in every run of the test.
fn random(seed: u64) -> usize {
    let mut random = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    random = (random ^ (random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    usize::try_from((random ^ (random >> 27)) >> 8).unwrap()
}

/// A folder with a journal of these bytes.
fn journal_of(bytes: &[u8]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("journal.db"), bytes).unwrap();
    directory
}

/// Whether an error tells a person what to do.
fn assert_told(error: &JournalError) {
    assert!(error.to_string().contains("journal.db"), "{error}");
    match error.kind() {
        JournalErrorKind::Damaged => {
            assert!(error.help().unwrap().starts_with("move `"), "{error:?}");
        }
        // What the database says of a page that makes no sense is not always the same.
        JournalErrorKind::Other
        | JournalErrorKind::NewerSchema { .. }
        | JournalErrorKind::DiskFull
        | JournalErrorKind::Inaccessible
        | JournalErrorKind::ReadOnly => {}
        kind => panic!("{kind:?}"),
    }
}

#[tokio::test]
async fn a_file_that_was_cut_anywhere_is_refused_or_gives_a_beginning() {
    let whole = tempfile::tempdir().unwrap();
    let events = written(|seq| seq);
    write(whole.path(), &events).await;
    let bytes = fs::read(whole.path().join("journal.db")).unwrap();
    let lengths = (1..bytes.len()).step_by(997).chain([
        1,
        15,
        16,
        99,
        100,
        4095,
        4096,
        4097,
        bytes.len() - 4096,
        bytes.len() - 1,
    ]);
    let mut refused = 0;
    for length in lengths {
        let cut = journal_of(&bytes[..length]);
        match read(cut.path()).await {
            Ok((_, found)) => assert_eq!(found, events[..found.len()], "{length} bytes"),
            Err(error) => {
                assert_told(&error);
                refused += 1;
            }
        }
    }
    assert!(refused > 20, "only {refused} were refused");
}

#[tokio::test]
async fn a_file_with_any_byte_changed_never_skips_an_event() {
    let whole = tempfile::tempdir().unwrap();
    let events = written(|seq| seq);
    write(whole.path(), &events).await;
    let bytes = fs::read(whole.path().join("journal.db")).unwrap();
    for seed in 0..400 {
        let mut changed = bytes.clone();
        let at = match seed {
            // The header of the file, then anywhere.
            0..100 => usize::try_from(seed).unwrap(),
            _ => random(seed) % bytes.len(),
        };
        changed[at] ^= 1 << (random(seed + 1_000) % 8);
        match read(journal_of(&changed).path()).await {
            Ok((_, found)) => {
                let places = found.iter().map(|event| (event.run, event.seq));
                assert!(places.eq((0..).zip(&found).map(|(seq, _)| (run(), seq))));
                let different = found.iter().zip(&events).filter(|(a, b)| a != b);
                assert!(different.count() <= 1, "byte {at}");
            }
            Err(error) => assert_told(&error),
        }
    }
}

#[tokio::test]
async fn a_log_with_any_byte_changed_gives_a_beginning() {
    let directory = tempfile::tempdir().unwrap();
    let events = written(|seq| seq);
    let journal = Journal::open(directory.path()).await.unwrap();
    for chunk in events.chunks(40) {
        for event in chunk {
            journal.append(event.clone());
        }
        journal.flush().await.unwrap();
    }
    let database = fs::read(directory.path().join("journal.db")).unwrap();
    let log = fs::read(directory.path().join("journal.db-wal")).unwrap();
    drop(journal);
    let mut shorter = 0;
    for seed in 0..200 {
        let mut changed = log.clone();
        changed[random(seed) % log.len()] ^= 1 << (random(seed + 1_000) % 8);
        let copy = journal_of(&database);
        fs::write(copy.path().join("journal.db-wal"), &changed).unwrap();
        match read(copy.path()).await {
            Ok((_, found)) => {
                assert_eq!(found, events[..found.len()]);
                shorter += usize::from(found.len() < events.len());
            }
            Err(error) => assert_told(&error),
        }
    }
    assert!(shorter > 20, "only {shorter} lost anything");
}

#[tokio::test]
async fn an_event_that_is_missing_is_damage() {
    let directory = tempfile::tempdir().unwrap();
    let mut events = written(|seq| seq);
    events.remove(150);
    write(directory.path(), &events).await;
    let error = read(directory.path()).await.unwrap_err();
    assert_eq!(*error.kind(), JournalErrorKind::Damaged);
    assert_told(&error);
}

#[tokio::test]
async fn a_clock_that_jumps_changes_neither_the_order_nor_what_is_told() {
    let clocks: [fn(u64) -> u64; 4] = [
        // Backwards a second with each event, a year ahead in the middle, at 1970, at the end.
        |seq| 1_700_000_000_000 - 1000 * seq,
        |seq| 1_700_000_000_000 + if seq == 150 { 31_536_000_000 } else { seq },
        |_| 0,
        |_| u64::MAX,
    ];
    for clock in clocks {
        let directory = tempfile::tempdir().unwrap();
        let events = written(clock);
        write(directory.path(), &events).await;
        let (interrupted, found) = read(directory.path()).await.unwrap();
        assert_eq!(found, events);
        assert_eq!(interrupted.len(), 1);
        assert_eq!(interrupted[0].run, run());
    }
}
