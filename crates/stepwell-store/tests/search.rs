//! Searches and verdicts against a real disk.

#![cfg(test)]

use std::path::Path;
use stepwell_event::{
    BisectEvent, Conclusion, Digest, Envelope, FORMAT_VERSION, Observation, RunEvent, RunId,
    RunResult, SearchId, Verdict,
};
use stepwell_store::{Journal, JournalErrorKind, StoredSearch};

fn search(number: u128) -> StoredSearch {
    StoredSearch {
        id: SearchId::from_parts(1_700_000_000_000, number),
        started_ms: 5,
        finished: false,
        settings: "{}".into(),
        caller: "--good 'a'".into(),
    }
}

fn observation(reason: &str) -> Observation {
    Observation {
        verdict: Verdict::Bad,
        reason: reason.into(),
        good_trials: 0,
        bad_trials: 1,
        signature: None,
        measurements: Vec::new(),
        evidence: Vec::new(),
        cacheable: true,
    }
}

fn key(number: u8) -> Digest {
    Digest::from_sha256([number; 32])
}

#[tokio::test]
async fn what_was_flushed_of_a_search_is_there_for_the_next_process() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (search(1), search(2));
    let ranged = BisectEvent::Ranged {
        commits: 3,
        versions: 2,
    };
    let concluded = BisectEvent::Concluded(Box::new(Conclusion::HeadGood));
    let journal = Journal::open(folder.path()).await.unwrap();
    journal.begin_search(&one).await.unwrap();
    journal.begin_search(&other).await.unwrap();
    journal.append_search(one.id, 0, 10, &ranged);
    // Events of runs and of searches share a commit.
    let run = RunId::from_parts(1, 1);
    let result = RunResult::Failed;
    journal.append(Envelope {
        v: FORMAT_VERSION,
        run,
        seq: 0,
        time_ms: 1,
        event: RunEvent::RunFinished { result },
    });
    journal.append_search(other.id, 0, 11, &ranged);
    journal.append_search(one.id, 1, 12, &concluded);
    journal.flush().await.unwrap();
    drop(journal);
    let journal = Journal::open(folder.path()).await.unwrap();
    let finished = StoredSearch {
        finished: true,
        ..one.clone()
    };
    assert_eq!(journal.searches().await.unwrap(), [finished, other.clone()]);
    let events = journal.search_events(one.id).await.unwrap();
    assert_eq!(events, [(10, ranged.clone()), (12, concluded)]);
    assert_eq!(
        journal.search_events(other.id).await.unwrap(),
        [(11, ranged)]
    );
    assert_eq!(journal.events(run).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_latest_verdict_of_a_key_counts() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path()).await.unwrap();
    for (number, reason) in [(1, "first"), (1, "second"), (2, "other")] {
        journal.keep_verdict(key(number), 1, &observation(reason));
    }
    journal.flush().await.unwrap();
    let many: Vec<Digest> = (0..=255).chain(0..=255).chain(0..=255).map(key).collect();
    let found = journal.verdicts(&many).await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[&key(1)], observation("second"));
    assert_eq!(found[&key(2)], observation("other"));
    assert!(journal.verdicts(&[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_missing_event_is_damage_and_no_shorter_search() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path()).await.unwrap();
    let event = BisectEvent::Ranged {
        commits: 1,
        versions: 1,
    };
    for seq in [0, 2] {
        journal.append_search(search(1).id, seq, 1, &event);
    }
    journal.flush().await.unwrap();
    let error = journal.search_events(search(1).id).await.unwrap_err();
    assert_eq!(*error.kind(), JournalErrorKind::Damaged);
}

async fn claimed(folder: &Path) {
    let journal = Journal::open(folder).await.unwrap();
    let id = search(1).id;
    let claim = journal.claim_search(id).unwrap();
    let other = Journal::open(folder).await.unwrap();
    let error = other.claim_search(id).unwrap_err();
    assert_eq!(*error.kind(), JournalErrorKind::AlreadyClaimed);
    drop(claim);
    let again = other.claim_search(id).unwrap();
    drop(again);
}

#[tokio::test]
async fn a_search_has_one_process() {
    let folder = tempfile::tempdir().unwrap();
    claimed(folder.path()).await;
}

#[tokio::test]
async fn a_relaxed_journal_keeps_what_it_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open_relaxed(folder.path()).await.unwrap();
    journal.begin_search(&search(1)).await.unwrap();
    journal.close().await.unwrap();
    let journal = Journal::open(folder.path()).await.unwrap();
    assert_eq!(journal.searches().await.unwrap(), [search(1)]);
}
