//! Searches that are interrupted and gone on with, and people who have a hand in them.

use crate::rig::{Rig, Scripted, Versions, bare, culprit, judged, observed, request};
use std::sync::Arc;
use std::time::Duration;
use stepwell_culprit::{Answer, Ended, Manual, Record, SearchError, Settings, Turn};
use stepwell_event::{Conclusion, Finding, JudgeRefusal, SkipKind, Verdict};
use stepwell_runner::CancelLevel;
use stepwell_store::{JournalErrorKind, StoredSearch};
use tokio::sync::watch;

fn settings() -> Settings {
    Settings {
        remember: false,
        jobs: 3,
        ..Settings::default()
    }
}

fn found(ended: Result<Ended, SearchError>) -> Finding {
    match ended.unwrap() {
        Ended::Concluded(finding) => *finding,
        Ended::Stopped(search) => panic!("{search}"),
    }
}

#[test]
fn a_process_that_is_killed_at_any_event_loses_nothing() {
    let rig = Rig::new();
    let versions = Versions::line(24);
    let judge = Arc::new(Scripted::blaming(&versions, 9));
    let finding = rig
        .search(&versions, &judge, request(&[0], 24, settings()))
        .unwrap();
    let journal = rig.journal();
    let search = finding.search.parse().unwrap();
    let whole = rig
        .block_on(Record::read(&journal, search))
        .unwrap()
        .unwrap();
    for kept in 1..=whole.events.len() {
        let killed = Rig::new();
        let journal = killed.journal();
        let events = &whole.events[..kept];
        let stored = StoredSearch {
            id: search,
            started_ms: 1,
            finished: false,
            settings: serde_json::to_string(&whole.settings).unwrap(),
            caller: whole.caller.clone(),
        };
        killed.block_on(journal.begin_search(&stored)).unwrap();
        for (seq, (time_ms, event)) in (0..).zip(events) {
            journal.append_search(search, seq, *time_ms, event);
        }
        killed.block_on(journal.flush()).unwrap();
        let judge = Arc::new(Scripted::blaming(&versions, 9));
        let tools = killed.tools(&versions, &judge, &journal);
        let finding = found(killed.block_on(stepwell_culprit::resume(search, tools)));
        assert_eq!(culprit(&finding), 9, "{kept}");
        // Each version is judged once, and culprit and parent once more.
        let mut times = judged(events);
        for at in judge.versions() {
            let times = times.entry(format!("v{at}")).or_default();
            *times += 1;
            let most = if at == 9 || at == 8 { 2 } else { 1 };
            assert!(*times <= most, "v{at} was judged again after {kept} events");
        }
        let record = killed.block_on(Record::read(&journal, search)).unwrap();
        assert_eq!(record.unwrap().finding(&versions), Some(finding));
    }
}

#[test]
fn a_search_that_is_told_to_stop_can_be_gone_on_with() {
    let rig = Rig::new();
    let versions = Versions::line(24);
    let slow = Scripted::blaming(&versions, 9)
        .after(|at, _| Duration::from_millis(if at == 24 || at == 0 { 0 } else { 60_000 }));
    let slow = Arc::new(slow);
    let journal = rig.journal();
    let (cancel, canceled) = watch::channel(CancelLevel::Running);
    let mut tools = rig.tools(&versions, &slow, &journal);
    tools.cancel = canceled;
    let stopping = async {
        while slow.versions().len() < 5 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        cancel.send_replace(CancelLevel::Gracefully);
    };
    let searching = stepwell_culprit::search(request(&[0], 24, settings()), tools);
    let (ended, ()) = rig.block_on(async { tokio::join!(searching, stopping) });
    let Ended::Stopped(search) = ended.unwrap() else {
        panic!("it has ended")
    };
    let quick = Arc::new(Scripted::blaming(&versions, 9));
    let tools = rig.tools(&versions, &quick, &journal);
    let finding = found(rig.block_on(stepwell_culprit::resume(search, tools)));
    assert_eq!(culprit(&finding), 9);
    assert_eq!(finding.cost.canceled, 3);
    assert!(!quick.versions().contains(&24) && !quick.versions().contains(&0));
    let list = rig.block_on(Record::list(&journal)).unwrap();
    assert_eq!(list, [(search, true)]);
}

#[test]
fn two_searches_do_not_disturb_one_another() {
    let rig = Rig::new();
    let versions = Versions::line(24);
    let journal = rig.journal();
    let judge = |at| {
        let judge = Scripted::blaming(&versions, at);
        Arc::new(judge.after(|_, _| Duration::from_millis(1)))
    };
    let (one, other) = (judge(9), judge(20));
    let both = async {
        let ask = || request(&[0], 24, settings());
        tokio::join!(
            stepwell_culprit::search(ask(), rig.tools(&versions, &one, &journal)),
            stepwell_culprit::search(ask(), rig.tools(&versions, &other, &journal)),
        )
    };
    let (one, other) = rig.block_on(both);
    assert_eq!((culprit(&found(one)), culprit(&found(other))), (9, 20));
}

#[test]
fn a_search_has_one_process_at_a_time() {
    let rig = Rig::new();
    let versions = Versions::line(4);
    let journal = rig.journal();
    let archive = || Arc::new(versions.clone());
    let manual = Manual::begin(request(&[0], 4, bare()), archive(), journal.clone());
    let manual = rig.block_on(manual).unwrap();
    let judge = Arc::new(Scripted::blaming(&versions, 2));
    let tools = || rig.tools(&versions, &judge, &journal);
    let refused = rig.block_on(stepwell_culprit::resume(manual.id(), tools()));
    let Err(SearchError::Journal(error)) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(*error.kind(), JournalErrorKind::AlreadyClaimed);
    let search = manual.id();
    drop(manual);
    let finding = found(rig.block_on(stepwell_culprit::resume(search, tools())));
    assert_eq!(culprit(&finding), 2);
    let unknown = stepwell_event::SearchId::from_parts(1, 1);
    let unknown = rig.block_on(stepwell_culprit::resume(unknown, tools()));
    assert!(matches!(unknown, Err(SearchError::Unknown(_))));
}

#[track_caller]
fn asked(manual: &Manual) -> String {
    match manual.turn().unwrap() {
        Turn::Judge { version, .. } => version.id,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_person_can_judge_take_back_and_skip() {
    let rig = Rig::new();
    let versions = Versions::line(8);
    let journal = rig.journal();
    let archive = || Arc::new(versions.clone());
    let begun = Manual::begin(request(&[0], 8, bare()), archive(), journal.clone());
    let mut manual = rig.block_on(begun).unwrap();
    let mark = |manual: &mut Manual, id: &str, verdict| {
        rig.block_on(manual.mark(&[(id.to_owned(), verdict)]))
    };
    let first = asked(&manual);
    assert_eq!(first, "v4");
    mark(&mut manual, "v4", Verdict::Bad).unwrap();
    assert_eq!(rig.block_on(manual.undo()).unwrap().unwrap().id, "v4");
    assert_eq!(asked(&manual), "v4");
    mark(&mut manual, "v4", Verdict::Good).unwrap();
    mark(&mut manual, "v6", Verdict::Skip(SkipKind::Other)).unwrap();
    assert_ne!(asked(&manual), "v6");
    let outside = mark(&mut manual, "v4x", Verdict::Bad);
    assert!(matches!(outside, Err(SearchError::Outside(_))));
    let search = manual.id();
    drop(manual);
    let loaded = Manual::load(search, archive(), journal.clone());
    let mut manual = rig.block_on(loaded).unwrap();
    mark(&mut manual, "v5", Verdict::Good).unwrap();
    mark(&mut manual, "v7", Verdict::Good).unwrap();
    let finding = rig.block_on(manual.conclude()).unwrap().unwrap();
    assert_eq!(culprit(&finding), 8);
    assert_eq!(finding.probes.len(), 4);
    let Turn::Concluded(conclusion) = manual.turn().unwrap() else {
        panic!("it goes on")
    };
    assert!(matches!(*conclusion, Conclusion::Culprit { .. }));
}

#[test]
fn what_a_person_says_stands_instead_of_what_an_oracle_found() {
    let rig = Rig::new();
    let versions = Versions::line(8);
    let journal = rig.journal();
    let archive = Arc::new(versions.clone());
    let mut request = request(&[0], 8, bare());
    request.settings.max_trials = Some(3);
    let begun = Manual::begin(request, archive, journal.clone());
    let mut manual = rig.block_on(begun).unwrap();
    rig.block_on(manual.mark(&[("v4".into(), Verdict::Bad)]))
        .unwrap();
    let search = manual.id();
    drop(manual);
    // The oracle would blame v6.
    let judge = Arc::new(Scripted::blaming(&versions, 3));
    let tools = rig.tools(&versions, &judge, &journal);
    let finding = found(rig.block_on(stepwell_culprit::resume(search, tools)));
    assert!(!judge.versions().contains(&4));
    assert!(matches!(finding.conclusion, Conclusion::Undecided { .. }));
}

#[test]
fn a_search_that_was_aborted_can_be_gone_on_with() {
    let rig = Rig::new();
    let versions = Versions::line(8);
    let broken = Arc::new(Scripted::new(|at, _| match at {
        0 => observed(Verdict::Good),
        8 => observed(Verdict::Bad),
        _ => Answer::Refused(JudgeRefusal::Abort("no network".into())),
    }));
    let finding = rig
        .search(&versions, &broken, request(&[0], 8, settings()))
        .unwrap();
    assert!(matches!(finding.conclusion, Conclusion::Aborted { .. }));
    let search = finding.search.parse().unwrap();
    let journal = rig.journal();
    let judge = Arc::new(Scripted::blaming(&versions, 3));
    let tools = rig.tools(&versions, &judge, &journal);
    let finding = found(rig.block_on(stepwell_culprit::resume(search, tools)));
    assert_eq!(culprit(&finding), 3);
    assert!(!judge.versions().contains(&8));
}
