//! Components that choose the candidates, and how far they are followed.

use crate::rig::{Rig, Scripted, Versions, bare, culprit, id, request};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use stepwell_culprit::Strategist;
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
    let versions = Versions::line(6);
    let judge = Scripted::blaming(&versions, 4);
    let judge = judge.after(|at, _| Duration::from_millis(if at == 2 { 100 } else { 0 }));
    let judge = Arc::new(judge);
    let mut settings = bare();
    settings.jobs = 2;
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

#[test]
fn a_strategist_chooses_what_is_judged() {
    // From the oldest on, one after the other.
    let (found, judged) = search(|history, in_flight| {
        let bad = history
            .iter()
            .find(|(id, verdict)| *verdict == Verdict::Bad && id != "v6");
        match bad {
            Some((bad, _)) => Proposal::Culprits(vec![bad.clone()]),
            None if !in_flight.is_empty() => Proposal::Test(Vec::new()),
            None => Proposal::Test(vec![id(history.len())]),
        }
    });
    assert!(matches!(found, Conclusion::Culprit { .. }), "{found:?}");
    assert_eq!(judged, [6, 0, 1, 2, 3, 4]);
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
