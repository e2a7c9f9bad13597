//! People who judge themselves, contradict themselves, and have second thoughts.

use crate::rig::{Rig, Scripted, Versions, bare, culprit, id, observed, request};
use std::sync::Arc;
use stepwell_culprit::{
    Answer, Ended, Manual, Record, Request, SearchError, Settings, Turn, resume, resume_within,
};
use stepwell_event::{
    BisectEvent, Conclusion, Digest, Finding, JudgeRefusal, Purpose, SearchId, SkipKind, Verdict,
};
use stepwell_store::Journal;

/// A search by hand, and what it is kept in.
struct Hand {
    rig: Rig,
    versions: Versions,
    journal: Journal,
    manual: Option<Manual>,
}

impl Hand {
    fn of(versions: Versions, request: Request) -> Self {
        let rig = Rig::new();
        let journal = rig.journal();
        let begun = Manual::begin(request, Arc::new(versions.clone()), journal.clone());
        let manual = Some(rig.block_on(begun).unwrap());
        Self {
            rig,
            versions,
            journal,
            manual,
        }
    }

    /// Of `v1` to `v<count>`, with a good version before and the last one bad.
    fn line(count: usize) -> Self {
        Self::of(Versions::line(count), request(&[0], count, bare()))
    }

    fn manual(&mut self) -> &mut Manual {
        self.manual.as_mut().unwrap()
    }

    fn try_to_say(&mut self, at: usize, verdict: Verdict) -> Result<(), SearchError> {
        let marks = [(id(at), verdict)];
        let manual = self.manual.as_mut().unwrap();
        self.rig.block_on(manual.mark(&marks))
    }

    fn good(&mut self, at: usize) {
        self.try_to_say(at, Verdict::Good).unwrap();
    }

    fn bad(&mut self, at: usize) {
        self.try_to_say(at, Verdict::Bad).unwrap();
    }

    fn undo(&mut self) -> Option<String> {
        let manual = self.manual.as_mut().unwrap();
        let undone = self.rig.block_on(manual.undo()).unwrap();
        undone.map(|version| version.id)
    }

    #[track_caller]
    fn asked(&mut self) -> String {
        match self.manual().turn().unwrap() {
            Turn::Judge { version, .. } => version.id,
            other => panic!("{other:?}"),
        }
    }

    fn conclude(&mut self) -> Finding {
        let manual = self.manual.as_mut().unwrap();
        self.rig.block_on(manual.conclude()).unwrap().unwrap()
    }

    /// Whether the list of searches has it among those that have ended.
    fn has_ended(&mut self) -> bool {
        let search = self.manual().id();
        let all = self.rig.block_on(Record::list(&self.journal)).unwrap();
        all.contains(&(search, true))
    }

    /// As another process finds it.
    fn reopen(&mut self) {
        let search = self.manual().id();
        self.manual = None;
        let archive = Arc::new(self.versions.clone());
        let loaded = Manual::load(search, archive, self.journal.clone());
        self.manual = Some(self.rig.block_on(loaded).unwrap());
    }
}

fn of_an_oracle(good: &[usize], bad: usize, settings: Settings) -> Request {
    let mut request = request(good, bad, settings);
    request.oracle.digest = Some(Digest::from_sha256([7; 32]));
    request
}

#[track_caller]
fn found(ended: Result<Ended, SearchError>) -> Finding {
    match ended.unwrap() {
        Ended::Concluded(finding) => *finding,
        Ended::Stopped(search) => panic!("{search}"),
    }
}

#[test]
fn what_is_taken_back_after_the_end_opens_the_search_again() {
    let mut hand = Hand::line(8);
    hand.bad(4);
    hand.good(3);
    assert_eq!(culprit(&hand.conclude()), 4);
    assert!(hand.has_ended());
    assert_eq!(hand.undo().as_deref(), Some("v3"));
    assert!(!hand.has_ended());
    hand.reopen();
    assert_eq!(hand.asked(), "v2");
    assert_eq!(hand.manual().record().conclusion(), None);
    hand.bad(3);
    hand.good(2);
    assert_eq!(culprit(&hand.conclude()), 3);
    assert!(hand.has_ended());
}

#[test]
fn what_is_said_after_the_end_opens_the_search_again() {
    let mut hand = Hand::line(4);
    hand.bad(3);
    hand.good(1);
    hand.try_to_say(2, Verdict::Skip(SkipKind::Other)).unwrap();
    let ended = hand.conclude();
    assert!(matches!(ended.conclusion, Conclusion::Ambiguous { .. }));
    hand.reopen();
    hand.good(2);
    assert_eq!(culprit(&hand.conclude()), 3);
    // The last word counts, also when it is about what was to blame.
    hand.reopen();
    hand.good(3);
    assert_eq!(culprit(&hand.conclude()), 4);
}

#[test]
fn an_end_is_what_it_was_said_to_be() {
    // v2 leads to the good v3 and to the bad v5: it is where the two lines part.
    let versions = Versions::graph(vec![
        vec![],
        vec![0],
        vec![1],
        vec![2],
        vec![2],
        vec![4],
        vec![5],
    ]);
    let mut hand = Hand::of(versions, request(&[3], 6, bare()));
    for (at, wrong) in [
        (3, Verdict::Bad),
        (3, Verdict::Skip(SkipKind::Other)),
        (2, Verdict::Bad),
        (6, Verdict::Good),
        (6, Verdict::Skip(SkipKind::Other)),
    ] {
        let refused = hand.try_to_say(at, wrong);
        let Err(SearchError::End(version)) = refused else {
            panic!("v{at} {wrong:?}: {refused:?}")
        };
        assert_eq!(version.id, id(at));
    }
    assert_eq!(hand.undo(), None, "nothing was taken");
    hand.good(3);
    hand.bad(6);
    hand.bad(4);
    assert_eq!(culprit(&hand.conclude()), 4);
}

#[test]
fn what_a_person_says_cannot_contradict_what_they_said() {
    let mut hand = Hand::line(12);
    hand.good(8);
    for verdicts in [[(5, Verdict::Bad)], [(7, Verdict::Bad)]] {
        let (at, verdict) = verdicts[0];
        let refused = hand.try_to_say(at, verdict);
        let Err(SearchError::Contradictory(said)) = refused else {
            panic!("{refused:?}")
        };
        let said: Vec<_> = said.iter().map(|(it, is)| (it.id.as_str(), *is)).collect();
        let bad = id(at);
        assert_eq!(said, [(bad.as_str(), Verdict::Bad), ("v8", Verdict::Good)]);
    }
    assert_eq!(hand.asked(), "v10");
    // It was the other one that was wrong.
    hand.bad(8);
    hand.bad(5);
    hand.good(4);
    assert_eq!(culprit(&hand.conclude()), 5);
}

#[test]
fn what_is_outside_of_the_paths_cannot_be_to_blame() {
    let mut versions = Versions::line(6);
    versions.touching = [2, 6].into();
    let mut request = request(&[0], 6, bare());
    request.paths = vec!["src".into()];
    let mut hand = Hand::of(versions, request);
    hand.good(2);
    let Err(SearchError::Contradictory(said)) = hand.try_to_say(4, Verdict::Bad) else {
        panic!("nothing that counts is between them")
    };
    let said: Vec<&str> = said.iter().map(|(it, _)| it.id.as_str()).collect();
    assert_eq!(said, ["v2", "v4"]);
}

#[test]
fn a_journal_with_a_contradiction_is_told_and_asks_no_question_for_ever() {
    let mut hand = Hand::line(12);
    hand.good(8);
    let (search, record) = (hand.manual().id(), hand.manual().record().clone());
    let Some((_, BisectEvent::Marked { observation, .. })) = record.events.last() else {
        panic!("it was said")
    };
    let mut observation = observation.clone();
    observation.verdict = Verdict::Bad;
    let version = Box::new(hand.versions.version(5));
    let event = BisectEvent::Marked {
        version,
        observation,
    };
    let seq = record.events.len() as u64;
    hand.journal.append_search(search, seq, 1, &event);
    hand.rig.block_on(hand.journal.flush()).unwrap();
    hand.reopen();
    let turn = hand.manual().turn();
    assert!(
        matches!(&turn, Err(SearchError::Contradictory(said)) if said.len() == 2),
        "{turn:?}"
    );
    assert_eq!(hand.undo().as_deref(), Some("v5"));
    assert_eq!(hand.asked(), "v10");
}

#[test]
fn what_is_said_in_a_search_of_an_oracle_does_not_end_it() {
    let settings = Settings {
        remember: false,
        ..Settings::default()
    };
    let mut hand = Hand::of(Versions::line(12), of_an_oracle(&[0], 12, settings));
    hand.bad(9);
    hand.good(8);
    assert_eq!(hand.manual().turn().unwrap(), Turn::Oracle);
    let manual = hand.manual.as_mut().unwrap();
    assert_eq!(hand.rig.block_on(manual.conclude()).unwrap(), None);
    assert!(!hand.has_ended());
    let search = hand.manual().id();
    hand.manual = None;
    let judge = Arc::new(Scripted::blaming(&hand.versions, 9));
    let tools = hand.rig.tools(&hand.versions, &judge, &hand.journal);
    let finding = found(hand.rig.block_on(resume(search, tools)));
    assert_eq!(culprit(&finding), 9);
    // Both ends, and culprit and parent once more; what was said is not asked.
    assert_eq!(judge.versions(), [12, 0, 9, 8]);
    let verified = finding
        .probes
        .iter()
        .filter(|probe| probe.purpose == Purpose::Verify);
    assert_eq!(verified.count(), 2);
}

#[test]
fn an_oracle_can_be_corrected_about_an_end() {
    let mut hand = Hand::of(Versions::line(8), of_an_oracle(&[0], 8, bare()));
    let search = hand.manual().id();
    hand.manual = None;
    // It says of every version that it is good.
    let judge = Arc::new(Scripted::new(|_, _| observed(Verdict::Good)));
    let tools = hand.rig.tools(&hand.versions, &judge, &hand.journal);
    let finding = found(hand.rig.block_on(resume(search, tools)));
    assert_eq!(finding.conclusion, Conclusion::HeadGood);
    let archive = Arc::new(hand.versions.clone());
    let loaded = Manual::load(search, archive, hand.journal.clone());
    hand.manual = Some(hand.rig.block_on(loaded).unwrap());
    assert!(hand.has_ended());
    hand.bad(8);
    assert!(!hand.has_ended());
    hand.manual = None;
    let tools = hand.rig.tools(&hand.versions, &judge, &hand.journal);
    let finding = found(hand.rig.block_on(resume(search, tools)));
    assert_eq!(culprit(&finding), 8);
}

fn spent(rig: &Rig, journal: &Journal, search: SearchId) -> u32 {
    let record = rig.block_on(Record::read(journal, search)).unwrap();
    record.unwrap().spent()
}

#[test]
fn a_search_whose_budget_was_spent_goes_on_with_a_larger_one() {
    let rig = Rig::new();
    let versions = Versions::line(40);
    let judge = Arc::new(Scripted::blaming(&versions, 9));
    let mut settings = bare();
    settings.max_trials = Some(4);
    let request = request(&[0], 40, settings);
    let finding = rig.search(&versions, &judge, request).unwrap();
    assert!(matches!(finding.conclusion, Conclusion::Undecided { .. }));
    let search = finding.search.parse().unwrap();
    let journal = rig.journal();
    let is_open = || {
        let all = rig.block_on(Record::list(&journal)).unwrap();
        all == [(search, false)]
    };
    assert!(is_open());
    assert_eq!(spent(&rig, &journal, search), 4);
    // What was spent before is not given once more.
    let tools = || rig.tools(&versions, &judge, &journal);
    let again = found(rig.block_on(resume(search, tools())));
    assert!(matches!(again.conclusion, Conclusion::Undecided { .. }));
    let more = found(rig.block_on(resume_within(search, Some(6), tools())));
    assert!(matches!(more.conclusion, Conclusion::Undecided { .. }));
    assert_eq!(spent(&rig, &journal, search), 6);
    assert!(is_open());
    // The larger budget is that of the search from then on.
    let record = rig.block_on(Record::read(&journal, search)).unwrap();
    assert_eq!(record.unwrap().settings.max_trials, Some(6));
    let all = found(rig.block_on(resume_within(search, Some(40), tools())));
    assert_eq!(culprit(&all), 9);
    assert!(!is_open());
    let mut judged = judge.versions();
    let times = judged.len();
    judged.sort_unstable();
    judged.dedup();
    assert_eq!(judged.len(), times, "nothing was judged twice");
}

#[test]
fn a_search_that_was_aborted_has_not_ended() {
    let rig = Rig::new();
    let versions = Versions::line(8);
    let refusing = |_, _| Answer::Refused(JudgeRefusal::Abort("no network".into()));
    let judge = Arc::new(Scripted::new(refusing));
    let finding = rig
        .search(&versions, &judge, request(&[0], 8, bare()))
        .unwrap();
    assert!(matches!(finding.conclusion, Conclusion::Aborted { .. }));
    let search = finding.search.parse().unwrap();
    let journal = rig.journal();
    let all = || rig.block_on(Record::list(&journal)).unwrap();
    assert_eq!(all(), [(search, false)]);
    let judge = Arc::new(Scripted::blaming(&versions, 3));
    let tools = rig.tools(&versions, &judge, &journal);
    assert_eq!(culprit(&found(rig.block_on(resume(search, tools)))), 3);
    assert_eq!(all(), [(search, true)]);
}

#[test]
fn what_was_stored_costs_no_budget() {
    let rig = Rig::new();
    let versions = Versions::line(20);
    let settings = Settings {
        verify: 0,
        ..Settings::default()
    };
    let judge = Arc::new(Scripted::blaming(&versions, 9));
    let ask = || request(&[0], 20, settings.clone());
    let first = rig.search(&versions, &judge, ask()).unwrap();
    let second = rig.search(&versions, &judge, ask()).unwrap();
    let journal = rig.journal();
    let spent = |finding: &Finding| spent(&rig, &journal, finding.search.parse().unwrap());
    assert_eq!(spent(&first) as usize, judge.versions().len());
    assert_eq!(spent(&second), 0);
}
