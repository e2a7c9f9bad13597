//! Several culprits: of different failures, and one behind the other.

use crate::rig::{Rig, Scripted, Versions, bare, culprit, failing, id, judged, observed, request};
use std::collections::HashMap;
use std::sync::Arc;
use stepwell_culprit::{Ended, Record, SearchError, Settings};
use stepwell_event::{
    BisectEvent, Conclusion, Finding, Further, JudgeRefusal, ProbeEnd, Purpose, Verdict,
};
use stepwell_store::StoredSearch;

/// Of all culprits, without judgements of earlier searches.
fn all() -> Settings {
    Settings {
        all: true,
        remember: false,
        ..Settings::default()
    }
}

fn search(versions: &Versions, judge: Scripted, settings: Settings) -> (Finding, Arc<Scripted>) {
    let judge = Arc::new(judge);
    let last = versions.parents.len() - 1;
    let found = Rig::new().search(versions, &judge, request(&[0], last, settings));
    (found.unwrap(), judge)
}

/// What a further search found: its culprit, what was taken back, and the failure that it was for.
fn found(further: &Further) -> (&str, Vec<&str>, Option<&str>) {
    let found = match &further.conclusion {
        Conclusion::Culprit { version, .. } => version.id.as_str(),
        Conclusion::HeadGood => "none",
        other => panic!("{other:?}"),
    };
    let reverted = further.lens.reverted.iter();
    let reverted = reverted.map(|version| version.id.as_str()).collect();
    (found, reverted, further.lens.signature.as_deref())
}

#[test]
fn each_failure_has_a_culprit_of_its_own_and_shares_what_was_judged() {
    let versions = Versions::line(30);
    // What fails with `link` hides what fails with `test`.
    let faults = [(19, "link"), (6, "test")];
    let (finding, judge) = search(&versions, Scripted::faulty(&versions, &faults), all());
    assert_eq!(culprit(&finding), 6);
    let further: Vec<_> = finding.further.iter().map(found).collect();
    assert_eq!(
        further,
        [
            ("v19", vec![], Some("link")),
            ("none", vec!["v6", "v19"], None)
        ]
    );
    assert_eq!(finding.further[0].signature.as_deref(), Some("link"));
    // That the parent fails in another way may have hidden it.
    assert!(finding.further[0].unverified[0].contains("v18"));
    assert!(finding.others.is_empty());
    // Each version was judged once, and every culprit and its parent once more.
    let mut times: HashMap<(String, String), u32> = HashMap::new();
    for asked in &*judge.asked.lock().unwrap() {
        let version = (asked.version.id.clone(), asked.version.tree.clone());
        *times.entry(version).or_default() += 1;
    }
    for ((version, tree), times) in times {
        let is_suspected = ["v5", "v6", "v18", "v19"].contains(&version.as_str());
        assert_eq!(times, if is_suspected { 2 } else { 1 }, "{version} {tree}");
    }
}

#[test]
fn a_search_for_one_culprit_tells_that_there_is_another_failure() {
    let versions = Versions::line(30);
    let faults = [(19, "link"), (6, "test")];
    let settings = Settings {
        all: false,
        ..all()
    };
    let (finding, _) = search(
        &versions,
        Scripted::faulty(&versions, &faults),
        settings.clone(),
    );
    assert_eq!(culprit(&finding), 6);
    assert!(finding.further.is_empty());
    let [other] = &finding.others[..] else {
        panic!("{:?}", finding.others)
    };
    assert_eq!((&*other.signature, &*other.version.id), ("link", "v30"));
    let same = [(19, "test"), (6, "test")];
    let (finding, _) = search(&versions, Scripted::faulty(&versions, &same), settings);
    assert!(finding.others.is_empty());
}

#[test]
fn changes_that_break_the_same_one_after_the_other_are_all_found() {
    let versions = Versions::line(40);
    let faults = [(7, "x"), (18, "x"), (33, "x")];
    let (finding, judge) = search(&versions, Scripted::faulty(&versions, &faults), all());
    assert_eq!(culprit(&finding), 7);
    let further: Vec<_> = finding.further.iter().map(found).collect();
    assert_eq!(
        further,
        [
            ("v18", vec!["v7"], None),
            ("v33", vec!["v7", "v18"], None),
            ("none", vec!["v7", "v18", "v33"], None),
        ]
    );
    // Every one of them was seen without the others, and so was its parent.
    for (at, trees) in [(18, ["t18-7", "t17-7"]), (33, ["t33-18-7", "t32-18-7"])] {
        for tree in trees {
            let verified = |probe: &&stepwell_event::Probe| {
                probe.version.tree == tree && probe.purpose == Purpose::Verify
            };
            assert_eq!(
                finding.probes.iter().filter(verified).count(),
                1,
                "{at}: {tree}"
            );
        }
    }
    // About a search by halves for each, and twice three judgements of culprits and parents.
    assert!(judge.versions().len() < 30, "{:?}", judge.versions());
    assert!(
        finding
            .range
            .iter()
            .map(|stretch| stretch.commits)
            .eq([6, 34])
    );
}

#[test]
fn one_culprit_is_said_to_be_the_only_one() {
    let versions = Versions::line(9);
    let (finding, judge) = search(&versions, Scripted::faulty(&versions, &[(4, "x")]), all());
    let further: Vec<_> = finding.further.iter().map(found).collect();
    assert_eq!(further, [("none", vec!["v4"], None)]);
    assert_eq!(
        judge.asked.lock().unwrap().last().unwrap().version.tree,
        "t9-4"
    );
    // Of the newest version nothing can be behind.
    let (finding, judge) = search(&versions, Scripted::faulty(&versions, &[(9, "x")]), all());
    assert_eq!(culprit(&finding), 9);
    assert_eq!(finding.further[0].conclusion, Conclusion::NothingToDo);
    assert!(
        judge
            .asked
            .lock()
            .unwrap()
            .iter()
            .all(|it| !it.version.tree.contains('-'))
    );
}

#[test]
fn lines_that_meet_can_have_a_culprit_each() {
    // v1 leads over v2 and v3 to v6, and over v4 and v5; v7 is the newest.
    let versions = Versions::graph(vec![
        vec![],
        vec![0],
        vec![1],
        vec![2],
        vec![1],
        vec![4],
        vec![3, 5],
        vec![6],
    ]);
    let (finding, _) = search(
        &versions,
        Scripted::faulty(&versions, &[(3, "x"), (5, "x")]),
        all(),
    );
    let first = culprit(&finding);
    let second = found(&finding.further[0]).0;
    let mut both = [id(first), second.to_owned()];
    both.sort_unstable();
    assert_eq!(both, ["v3", "v5"]);
    // On the other line nothing has to be taken back.
    let own = finding
        .probes
        .iter()
        .filter(|probe| probe.version.id == second);
    assert!(own.clone().count() > 0 && own.clone().all(|probe| probe.reverted.is_empty()));
}

#[test]
fn a_conflict_is_a_version_that_cannot_be_judged() {
    let mut versions = Versions::line(20);
    versions.conflicts = (6..9).map(|at| (at, 5)).collect();
    let faults = [(5, "x"), (14, "x")];
    let (finding, _) = search(&versions, Scripted::faulty(&versions, &faults), all());
    assert_eq!(found(&finding.further[0]).0, "v14");
    // The bad end itself.
    versions.conflicts = [(20, 5)].into();
    let (finding, judge) = search(&versions, Scripted::faulty(&versions, &faults), all());
    assert_eq!(culprit(&finding), 5);
    let [further] = &finding.further[..] else {
        panic!("{:?}", finding.further)
    };
    let Conclusion::UntestableEnd {
        reason, head: true, ..
    } = &further.conclusion
    else {
        panic!("{further:?}")
    };
    assert_eq!(reason, "v5 is in conflict");
    assert!(
        judge
            .asked
            .lock()
            .unwrap()
            .iter()
            .all(|it| !it.version.tree.contains('-'))
    );
}

#[test]
fn an_oracle_that_advises_says_which_failures_are_the_same() {
    let versions = Versions::line(30);
    let faults = [(25, "line 9"), (19, "link"), (12, "line 7"), (6, "line 4")];
    let judge = || {
        let mut judge = Scripted::faulty(&versions, &faults);
        judge.same = Some(Box::new(|one, other| {
            Ok(one.starts_with("line") == other.starts_with("line"))
        }));
        judge
    };
    let (finding, judge) = search(&versions, judge(), all());
    let kinds: Vec<Option<&str>> = finding.further.iter().map(|it| found(it).2).collect();
    assert_eq!(
        kinds.iter().filter(|kind| kind.is_some()).count(),
        1,
        "{kinds:?}"
    );
    let culprits: Vec<&str> = finding.further.iter().map(|it| found(it).0).collect();
    for expected in ["v12", "v19", "v25"] {
        assert!(culprits.contains(&expected), "{culprits:?}");
    }
    let mut compared = judge.compared.lock().unwrap().clone();
    let times = compared.len();
    compared.sort_unstable();
    compared.dedup();
    assert_eq!(compared.len(), times, "it was asked twice: {compared:?}");
    // Without an answer they are taken to be different, which is said.
    let mut silent = Scripted::faulty(&versions, &faults[1..3]);
    silent.same = Some(Box::new(|_, _| Err("it trapped".into())));
    let (finding, _) = search(&versions, silent, all());
    assert!(
        finding
            .unverified
            .iter()
            .any(|it| it.ends_with("it trapped"))
    );
    assert_eq!(found(&finding.further[0]), ("v19", vec![], Some("link")));
}

#[test]
fn the_budget_holds_for_all_searches() {
    let versions = Versions::line(40);
    let faults = [(7, "x"), (33, "x")];
    let settings = |most| Settings {
        max_trials: Some(most),
        ..all()
    };
    let faulty = || Scripted::faulty(&versions, &faults);
    let (finding, judge) = search(&versions, faulty(), all());
    let needed = judge.versions().len() as u32;
    assert_eq!(finding.further.len(), 2);
    let (finding, judge) = search(&versions, faulty(), settings(needed - 1));
    assert_eq!(judge.versions().len() as u32, needed - 1);
    assert_eq!(culprit(&finding), 7);
    let last = &finding.further.last().unwrap().conclusion;
    assert!(matches!(last, Conclusion::Undecided { suspects, .. } if suspects.is_empty()));
    let (finding, _) = search(&versions, faulty(), settings(needed - 6));
    let last = &finding.further.last().unwrap().conclusion;
    assert!(matches!(last, Conclusion::Undecided { suspects, .. } if !suspects.is_empty()));
}

#[test]
fn no_more_than_sixteen_culprits_are_searched_for() {
    let versions = Versions::line(40);
    let faults: Vec<(usize, &str)> = (1..=20).map(|at| (2 * at, "x")).collect();
    let (finding, _) = search(&versions, Scripted::faulty(&versions, &faults), all());
    assert_eq!(finding.further.len(), 15);
    assert!(
        finding
            .unverified
            .iter()
            .any(|it| it.contains("so many culprits"))
    );
}

fn concluded(ended: Result<Ended, SearchError>) -> Finding {
    match ended.unwrap() {
        Ended::Concluded(finding) => *finding,
        Ended::Stopped(search) => panic!("{search}"),
    }
}

#[test]
fn a_process_that_is_killed_at_any_event_finds_the_same_culprits() {
    let rig = Rig::new();
    let versions = Versions::line(24);
    let faults = [(17, "link"), (20, "test"), (5, "test")];
    let settings = Settings { jobs: 2, ..all() };
    let judge = || Arc::new(Scripted::faulty(&versions, &faults));
    let whole = rig
        .search(&versions, &judge(), request(&[0], 24, settings))
        .unwrap();
    let expected: Vec<_> = whole.further.iter().map(found).collect();
    assert_eq!(expected.len(), 3, "{expected:?}");
    let journal = rig.journal();
    let search = whole.search.parse().unwrap();
    let record = rig
        .block_on(Record::read(&journal, search))
        .unwrap()
        .unwrap();
    for kept in 1..=record.events.len() {
        let killed = Rig::new();
        let journal = killed.journal();
        let events = &record.events[..kept];
        let stored = StoredSearch {
            id: search,
            started_ms: 1,
            finished: false,
            settings: serde_json::to_string(&record.settings).unwrap(),
            caller: record.caller.clone(),
        };
        killed.block_on(journal.begin_search(&stored)).unwrap();
        for (seq, (time_ms, event)) in (0..).zip(events) {
            journal.append_search(search, seq, *time_ms, event);
        }
        killed.block_on(journal.flush()).unwrap();
        let judge = judge();
        let tools = killed.tools(&versions, &judge, &journal);
        let finding = concluded(killed.block_on(stepwell_culprit::resume(search, tools)));
        assert_eq!(culprit(&finding), 5, "{kept}");
        let found: Vec<_> = finding.further.iter().map(found).collect();
        assert_eq!(found, expected, "{kept}");
        // Nothing that was judged is judged again, but for culprits and their parents once.
        let mut times = HashMap::new();
        for probe in &finding.probes {
            if let ProbeEnd::Judged { .. } = probe.end {
                *times.entry(probe.version.tree.as_str()).or_insert(0) += 1;
            }
        }
        assert!(times.values().all(|times| *times <= 2), "{kept}: {times:?}");
        let before: u32 = judged(events).values().sum();
        assert!(
            before as usize + judge.versions().len() <= whole.probes.len() + 2,
            "{kept}"
        );
        let record = killed.block_on(Record::read(&journal, search)).unwrap();
        assert_eq!(record.unwrap().finding(&versions), Some(finding));
    }
}

#[test]
fn a_further_search_that_was_aborted_is_gone_on_with() {
    let rig = Rig::new();
    let versions = Versions::line(12);
    let broken = Arc::new(Scripted::looking(|version, _| {
        match (version.tree.contains('-'), &*version.id) {
            (true, _) => stepwell_culprit::Answer::Refused(JudgeRefusal::Abort("no disk".into())),
            (false, "v0" | "v1" | "v2" | "v3") => observed(Verdict::Good),
            (false, _) => failing("x"),
        }
    }));
    let finding = rig
        .search(&versions, &broken, request(&[0], 12, all()))
        .unwrap();
    assert_eq!(culprit(&finding), 4);
    let aborted = &finding.further[0].conclusion;
    assert!(matches!(aborted, Conclusion::Aborted { why } if why.contains("no disk")));
    let journal = rig.journal();
    let judge = Arc::new(Scripted::faulty(&versions, &[(4, "x"), (9, "x")]));
    let tools = rig.tools(&versions, &judge, &journal);
    let search = finding.search.parse().unwrap();
    let finding = concluded(rig.block_on(stepwell_culprit::resume(search, tools)));
    let further: Vec<_> = finding.further.iter().map(found).collect();
    assert_eq!(
        further,
        [("v9", vec!["v4"], None), ("none", vec!["v4", "v9"], None)]
    );
    assert!(
        judge
            .asked
            .lock()
            .unwrap()
            .iter()
            .all(|it| it.version.tree.contains('-'))
    );
}

#[test]
fn what_a_person_says_makes_the_searches_be_made_again() {
    let rig = Rig::new();
    let versions = Versions::line(12);
    let judge = Arc::new(Scripted::faulty(&versions, &[(4, "x"), (9, "x")]));
    let finding = rig.search(
        &versions,
        &judge,
        request(&[0], 12, Settings { verify: 0, ..all() }),
    );
    let journal = rig.journal();
    let search = finding.unwrap().search.parse().unwrap();
    let record = rig
        .block_on(Record::read(&journal, search))
        .unwrap()
        .unwrap();
    // As if it had been stopped in the middle, and somebody had said that v4 is good.
    let half = record
        .events
        .iter()
        .position(|(_, event)| matches!(event, BisectEvent::Further(_)));
    let other = Rig::new();
    let journal = other.journal();
    let stored = StoredSearch {
        id: search,
        started_ms: 1,
        finished: false,
        settings: serde_json::to_string(&record.settings).unwrap(),
        caller: String::new(),
    };
    other.block_on(journal.begin_search(&stored)).unwrap();
    for (seq, (time_ms, event)) in (0..).zip(&record.events[..=half.unwrap()]) {
        journal.append_search(search, seq, *time_ms, event);
    }
    other.block_on(journal.flush()).unwrap();
    let archive = Arc::new(versions.clone());
    let manual = stepwell_culprit::Manual::load(search, archive, journal.clone());
    let mut manual = other.block_on(manual).unwrap();
    other
        .block_on(manual.mark(&[("v4".into(), Verdict::Good)]))
        .unwrap();
    drop(manual);
    let judge = Arc::new(Scripted::faulty(&versions, &[(5, "x"), (9, "x")]));
    let tools = other.tools(&versions, &judge, &journal);
    let finding = concluded(other.block_on(stepwell_culprit::resume(search, tools)));
    assert_eq!(culprit(&finding), 5);
    assert_eq!(found(&finding.further[0]), ("v9", vec!["v5"], None));
}

#[test]
fn a_failure_without_a_signature_may_be_any() {
    let versions = Versions::line(12);
    let judge = Scripted::looking(
        |version, _| match version.id[1..].parse::<usize>().unwrap() {
            0..5 => observed(Verdict::Good),
            5..9 => observed(Verdict::Bad),
            _ => failing("x"),
        },
    );
    let (finding, _) = search(
        &versions,
        judge,
        Settings {
            all: false,
            ..bare()
        },
    );
    assert_eq!(culprit(&finding), 5);
    assert!(finding.others.is_empty());
}
