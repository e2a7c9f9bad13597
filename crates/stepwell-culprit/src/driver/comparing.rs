//! Asking an oracle which failures are the same.

use super::Log;
use crate::judge::Judge;
use crate::kinds::{Kinds, examples};
use stepwell_event::{BisectEvent, Observation};

/// Whether a failure is the one with the signature `wanted`. What the oracle says is journalled, so that
/// it is asked once.
pub(super) async fn is_same(
    log: &mut Log,
    judge: &impl Judge,
    wanted: &str,
    shown: &Observation,
) -> bool {
    let Some(signature) = &shown.signature else {
        return true;
    };
    if let Some(known) = Kinds::of(&log.record).known(wanted, signature) {
        return known;
    }
    let mut examples = examples(&log.record).into_iter();
    let example = examples.find(|(known, _)| *known == wanted);
    let Some(one) = example.map(|(_, example)| example.clone()) else {
        return false;
    };
    if !judge.advises() {
        return false;
    }
    let (same, unanswered) = match judge.is_same(one, shown.clone()).await {
        Ok(same) => (same, None),
        Err(why) => (false, Some(why)),
    };
    log.append(BisectEvent::Compared {
        one: wanted.to_owned(),
        other: signature.clone(),
        same,
        unanswered,
    });
    same
}

/// Compares all failures that were seen: each with those before it, until it is like one of them.
pub(super) async fn compare(log: &mut Log, judge: &impl Judge) {
    if !judge.advises() {
        return;
    }
    let all = examples(&log.record);
    let all: Vec<(String, Observation)> = all
        .into_iter()
        .map(|(signature, example)| (signature.to_owned(), example.clone()))
        .collect();
    let mut kinds: Vec<&str> = Vec::new();
    for (signature, example) in &all {
        let mut is_known = false;
        for kind in &kinds {
            is_known = is_same(log, judge, kind, example).await;
            if is_known {
                break;
            }
        }
        if !is_known {
            kinds.push(signature);
        }
    }
}
