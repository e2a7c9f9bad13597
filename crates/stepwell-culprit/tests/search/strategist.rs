//! Components that choose the candidates, and how far they are followed.

use crate::rig::{Rig, Scripted, Versions, bare, culprit, id, observed, request};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use stepwell_culprit::{Settings, Strategist};
use stepwell_event::{Conclusion, Proposal, Question, Verdict};

type Choose = dyn Fn(&[(String, Verdict)], &[String]) -> Proposal + Send + Sync;

struct Chosen(Box<Choose>);

impl Strategist for Chosen {
    fn propose(
        &self,
        question: Question,
    ) -> Pin<Box<dyn Future<Output = Result<Proposal, String>> + Send + '_>> {
        let Question::Propose {
            history, in_flight, ..
        } = question
        else {
            panic!("{question:?}")
        };
        Box::pin(std::future::ready(Ok((self.0)(&history, &in_flight))))
    }
}

fn search(
    choose: impl Fn(&[(String, Verdict)], &[String]) -> Proposal + Send + Sync + 'static,
) -> (Conclusion, Vec<usize>) {
    let mut settings = bare();
    settings.jobs = 2;
    search_with(settings, choose)
}

fn search_with(
    settings: Settings,
    choose: impl Fn(&[(String, Verdict)], &[String]) -> Proposal + Send + Sync + 'static,
) -> (Conclusion, Vec<usize>) {
    let versions = Versions::line(6);
    let judge = Scripted::blaming(&versions, 4);
    let judge = judge.after(|at, _| Duration::from_millis(if at == 2 { 100 } else { 0 }));
    let judge = Arc::new(judge);
    let finding = Rig::new()
        .search_by(
            &versions,
            &judge,
            request(&[0], 6, settings),
            Some(Arc::new(Chosen(Box::new(choose)))),
        )
        .unwrap();
    if matches!(finding.conclusion, Conclusion::Culprit { .. }) {
        assert_eq!(culprit(&finding), 4);
    }
    (finding.conclusion, judge.versions())
}

#[track_caller]
fn refused(conclusion: &Conclusion, words: &str) {
    let Conclusion::Aborted { why } = conclusion else {
        panic!("{conclusion:?}")
    };
    assert!(why.contains(words), "{why}");
}

/// From the oldest on, one after the other.
fn oldest_first(history: &[(String, Verdict)], in_flight: &[String]) -> Proposal {
    let bad = history
        .iter()
        .find(|(id, verdict)| *verdict == Verdict::Bad && id != "v6");
    match bad {
        Some((bad, _)) => Proposal::Culprits(vec![bad.clone()]),
        None if !in_flight.is_empty() => Proposal::Test(Vec::new()),
        None => Proposal::Test(vec![id(history.len())]),
    }
}

#[test]
fn a_strategist_chooses_what_is_judged() {
    let (found, judged) = search(oldest_first);
    assert!(matches!(found, Conclusion::Culprit { .. }), "{found:?}");
    assert_eq!(judged, [6, 0, 1, 2, 3, 4]);
}

#[test]
fn whom_a_strategist_blames_is_judged_once_more_however_many_jobs_there_are() {
    for jobs in 1..=3 {
        let (found, judged) = search_with(
            Settings {
                jobs,
                ..Settings::default()
            },
            oldest_first,
        );
        assert!(matches!(found, Conclusion::Culprit { .. }), "{found:?}");
        let mut again = judged[6..].to_vec();
        again.sort_unstable();
        assert_eq!((&judged[..6], again), (&[6, 0, 1, 2, 3, 4][..], vec![3, 4]));
    }
}

#[test]
fn a_strategist_that_wants_more_than_there_is_room_for_is_asked_again() {
    for jobs in [1, 2] {
        let settings = Settings {
            jobs,
            ..Settings::default()
        };
        let (found, mut judged) = search_with(settings, |history, in_flight| {
            let known = |id: &String| history.iter().any(|(known, _)| known == id);
            let open = (1..6)
                .map(id)
                .filter(|id| !known(id) && !in_flight.contains(id));
            match open.collect::<Vec<String>>() {
                open if open.is_empty() && in_flight.is_empty() => Proposal::Culprits(vec![id(4)]),
                open => Proposal::Test(open),
            }
        });
        assert!(matches!(found, Conclusion::Culprit { .. }), "{found:?}");
        judged.sort_unstable();
        assert_eq!(judged, [0, 1, 2, 3, 3, 4, 4, 5, 6]);
    }
}

#[test]
fn a_strategist_may_clear_everybody_once_a_judgement_was_wrong() {
    let versions = Versions::line(3);
    let judge = Arc::new(Scripted::new(|at, nth| {
        let flake = at == 3 && nth == 0;
        observed(if flake { Verdict::Bad } else { Verdict::Good })
    }));
    let clears = Chosen(Box::new(|history, _| match history.len() {
        1 => Proposal::Test(vec![id(3)]),
        _ => Proposal::NoCulprit,
    }));
    let settings = Settings::default();
    let finding = Rig::new()
        .search_by(
            &versions,
            &judge,
            request(&[0], 3, settings),
            Some(Arc::new(clears)),
        )
        .unwrap();
    assert!(
        matches!(finding.conclusion, Conclusion::NoCulprit { .. }),
        "{:?}",
        finding.conclusion
    );
}

#[test]
fn a_strategist_that_blames_without_evidence_is_refused() {
    let (found, _) = search(|_, _| Proposal::Culprits(vec![id(3)]));
    refused(&found, "`v3`, which was not found to be bad");
    let (found, _) = search(|_, _| Proposal::Culprits(vec![id(6)]));
    refused(&found, "parent `v5` was not found to be good");
    let (found, _) = search(|_, _| Proposal::NoCulprit);
    refused(&found, "nobody is to blame");
}

#[test]
fn a_strategist_names_only_what_can_be_judged() {
    let (found, _) = search(|_, _| Proposal::Test(vec!["v9".into()]));
    refused(&found, "`v9` is no suspect");
    let (found, _) = search(|_, _| Proposal::Test(Vec::new()));
    refused(&found, "blames nobody");
    let (found, _) = search(|history, _| {
        // The head was judged before it was asked for the first time.
        Proposal::Test(match history.len() {
            1 => vec![id(2), id(3)],
            _ => vec![id(2)],
        })
    });
    refused(&found, "`v2` is being judged already");
}
