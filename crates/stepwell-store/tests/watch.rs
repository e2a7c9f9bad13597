//! What is remembered of branches that are watched.

use stepwell_store::{Journal, JournalErrorKind};

#[tokio::test]
async fn a_state_is_remembered_by_watch() {
    let directory = tempfile::tempdir().unwrap();
    let journal = Journal::open(directory.path()).await.unwrap();
    assert_eq!(journal.watch_state("main").await.unwrap(), None);
    journal.remember_watch("main", "one").await.unwrap();
    journal.remember_watch("main", "two").await.unwrap();
    journal.remember_watch("next", "other").await.unwrap();
    journal.close().await.unwrap();
    let journal = Journal::open(directory.path()).await.unwrap();
    let state = journal.watch_state("main").await.unwrap();
    assert_eq!(state.as_deref(), Some("two"));
}

#[tokio::test]
async fn one_process_watches_a_branch() {
    let directory = tempfile::tempdir().unwrap();
    let journal = Journal::open(directory.path()).await.unwrap();
    let claim = journal.claim_watch("main").unwrap();
    let error = journal.claim_watch("main").unwrap_err();
    assert_eq!(*error.kind(), JournalErrorKind::AlreadyClaimed);
    drop(journal.claim_watch("next").unwrap());
    drop(claim);
    drop(journal.claim_watch("main").unwrap());
}

#[tokio::test]
async fn a_notice_is_told_once_by_each_notifier() {
    let directory = tempfile::tempdir().unwrap();
    let journal = Journal::open(directory.path()).await.unwrap();
    let add = async |culprit, notifiers: &[&str]| {
        let added = journal.add_notices("main", culprit, notifiers, "text");
        added.await.unwrap()
    };
    assert_eq!(add("c", &["mail", "hook"]).await, 2);
    assert_eq!(add("c", &["mail", "hook", "file"]).await, 1);
    assert_eq!(add("d", &["mail"]).await, 1);
    let due = async |now| {
        let due = journal.due_notices("main", now).await.unwrap();
        let names = due
            .iter()
            .map(|due| format!("{} {}", due.culprit, due.notifier));
        (names.collect::<Vec<_>>(), due)
    };
    let (names, notices) = due(0).await;
    assert_eq!(names, ["c mail", "c hook", "c file", "d mail"]);

    // The first fails and may be tried again at 50, the second is told.
    journal
        .attempt_notice("main", &notices[0], 50)
        .await
        .unwrap();
    journal
        .attempt_notice("main", &notices[1], 50)
        .await
        .unwrap();
    journal.told_notice("main", &notices[1], 7).await.unwrap();
    assert_eq!(due(49).await.0, ["c file", "d mail"]);
    let (names, notices) = due(50).await;
    assert_eq!(names, ["c mail", "c file", "d mail"]);
    assert_eq!(notices[0].attempts, 1);
    assert_eq!(notices[0].notice, "text");
    assert_eq!(add("c", &["hook"]).await, 0);
    assert_eq!(journal.told_since("main", 7).await.unwrap(), ["c"]);
    assert!(journal.told_since("main", 8).await.unwrap().is_empty());
    assert!(journal.told_since("next", 0).await.unwrap().is_empty());
}
