//! Searches for several culprits: what each looks at, and which comes next.
//!
//! After the first culprit each other failure that was seen is searched for, in the same versions and
//! with what was judged of them: whatever fails in another way is good. Then all these culprits are
//! taken back, and what is bad without them has another culprit, and so on. Every search is the one
//! search of [`Inquiry`](crate::inquiry::Inquiry), through a lens.
//!
//! Everything here follows from what was journalled, so a search goes on after its process was killed.

use crate::kinds::Kinds;
use crate::record::{Fact, Record};
use crate::standing;
use crate::territory::Territory;
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;
use stepwell_event::{Conclusion, Lens, Observation, Verdict, Version};

/// The most culprits that are searched for.
pub(crate) const MOST: usize = 16;

/// How one of the searches sees versions and judgements.
pub(crate) struct View {
    pub(crate) lens: Lens,
    main: Arc<Territory>,
    /// For each commit that is reverted, whether each suspect has its change.
    having: Vec<Vec<bool>>,
}

impl View {
    pub(crate) fn new(main: &Arc<Territory>, lens: Lens) -> Self {
        let having = lens.reverted.iter().map(|reverted| {
            let place: Vec<u32> = main.place(&reverted.id).into_iter().collect();
            standing::descendants(main, &place)
        });
        Self {
            having: having.collect(),
            main: Arc::clone(main),
            lens,
        }
    }

    /// Whether it is that of the first search.
    pub(crate) fn is_first(&self) -> bool {
        self.lens == Lens::default()
    }

    /// What is taken back in a version, the newest first.
    pub(crate) fn reverted(&self, id: &str) -> Vec<&Version> {
        let Some(place) = self.main.place(id) else {
            return Vec::new();
        };
        let has = |having: &Vec<bool>| having.get(place as usize) == Some(&true);
        let reverted = self.lens.reverted.iter().zip(&self.having);
        let reverted = reverted.filter(|(_, having)| has(having));
        reverted.map(|(version, _)| version).rev().collect()
    }

    /// Whether it was learnt of files that this search looks at.
    pub(crate) fn is_about(&self, fact: &Fact<'_>) -> bool {
        let expected = self.reverted(fact.version).into_iter();
        let expected: HashSet<&str> = expected.map(|version| version.id.as_str()).collect();
        let actual: HashSet<&str> = fact.reverted.iter().map(String::as_str).collect();
        expected == actual
    }

    /// What an observation says to this search.
    pub(crate) fn see<'o>(&self, seen: &'o Observation, kinds: &Kinds<'_>) -> Cow<'o, Observation> {
        match (&self.lens.signature, &seen.signature) {
            (Some(wanted), Some(shown)) if !kinds.same(wanted, shown) => otherwise(seen),
            // A failure without a signature may be any.
            _ => Cow::Borrowed(seen),
        }
    }

    /// What was learnt of the files that it looks at.
    pub(crate) fn facts<'r>(&self, record: &'r Record) -> Vec<Fact<'r>> {
        let mut facts = record.facts();
        facts.retain(|fact| self.is_about(fact));
        facts
    }

    /// What was seen when a version was found bad for the last time, with the failure that counts.
    pub(crate) fn last_bad<'r>(&self, record: &'r Record, id: &str) -> Option<&'r Observation> {
        let kinds = Kinds::of(record);
        let facts = self.facts(record).into_iter().rev();
        let mut bad = facts.filter(|fact| {
            let seen = self.see(fact.observation, &kinds);
            fact.version == id && seen.verdict == Verdict::Bad
        });
        bad.next().map(|fact| fact.observation)
    }

    /// The bad end: of one failure the oldest version that showed it.
    pub(crate) fn bad(&self, record: &Record) -> Option<Version> {
        if self.lens.signature.is_none() {
            return self.main.bad().cloned();
        }
        let shown = self.shown(record);
        let kinds = Kinds::of(record);
        let wanted = |(shown, _): &(&str, u32)| {
            let signature = self.lens.signature.as_deref();
            signature.is_some_and(|signature| kinds.same(signature, shown))
        };
        let places = shown.into_iter().filter(wanted).map(|(_, place)| place);
        let oldest = places.min().map(stepwell_bisect::Candidate)?;
        self.main.suspect(oldest).cloned()
    }

    /// The signatures that suspects showed, in the order in which they were seen, and where.
    pub(crate) fn shown<'r>(&self, record: &'r Record) -> Vec<(&'r str, u32)> {
        let facts = self.facts(record).into_iter();
        let shown = facts.filter(|fact| fact.observation.verdict == Verdict::Bad);
        shown
            .filter_map(|fact| {
                let signature = fact.observation.signature.as_deref()?;
                Some((signature, self.main.place(fact.version)?))
            })
            .collect()
    }

    /// Identifiers of the versions that are good in it: those of the search, and every culprit whose
    /// change is taken back, since it is like its parent then.
    pub(crate) fn good(&self, record: &Record) -> Vec<String> {
        let asked = record.summary().map(|asked| &*asked.good);
        let mut good: Vec<String> = ids(asked.unwrap_or_default()).collect();
        for (lens, found) in record.found() {
            let before = lens.reverted.len() < self.lens.reverted.len();
            if let (true, None, Some(culprit)) = (before, &lens.signature, culprit(found)) {
                good.push(culprit.id.clone());
            }
        }
        good
    }
}

fn ids(versions: &[Version]) -> impl Iterator<Item = String> {
    versions.iter().map(|version| version.id.clone())
}

/// A version that fails in another way, for the search for one failure.
fn otherwise(seen: &Observation) -> Cow<'_, Observation> {
    if seen.verdict != Verdict::Bad {
        return Cow::Borrowed(seen);
    }
    Cow::Owned(Observation {
        verdict: Verdict::Good,
        good_trials: seen.good_trials.saturating_add(seen.bad_trials),
        bad_trials: 0,
        ..seen.clone()
    })
}

/// A version that is to blame.
pub(crate) fn culprit(conclusion: &Conclusion) -> Option<&Version> {
    match conclusion {
        Conclusion::Culprit {
            version,
            no_op: false,
            ..
        } => Some(version),
        _ => None,
    }
}

/// The version of a conclusion whose failure is that of the culprit.
fn showing(conclusion: &Conclusion) -> Option<&Version> {
    match conclusion {
        Conclusion::Culprit { version, .. } => Some(version),
        Conclusion::Ambiguous { suspects, .. } => suspects.last(),
        _ => None,
    }
}

/// Whether nothing more is searched for because there were so many.
pub(crate) fn is_full(record: &Record) -> bool {
    let found = record.found();
    let culprits = found.iter().filter(|(_, found)| culprit(found).is_some());
    culprits.count() >= MOST || found.len() >= 2 * MOST
}

/// What is searched next; none if nothing is. One that did not come to its end is made again.
pub(crate) fn next(record: &Record, main: &Arc<Territory>) -> Option<Lens> {
    let found = record.found();
    let Some((last, _)) = found.last() else {
        return Some(Lens::default());
    };
    if let Some((lens, _)) = found.iter().find(|(_, found)| !found.is_final()) {
        return Some((*lens).clone());
    }
    let level = &last.reverted;
    let of_level = || found.iter().filter(|(lens, _)| lens.reverted == *level);
    let (_, any) = of_level().find(|(lens, _)| lens.signature.is_none())?;
    let showing = showing(any)?;
    if is_full(record) {
        return None;
    }
    if let Some(signature) = others(record, main, level, &showing.id).into_iter().next() {
        return Some(Lens {
            reverted: level.clone(),
            signature: Some(signature.0.to_owned()),
        });
    }
    culprit(any)?;
    let mut reverted = level.clone();
    for culprit in of_level().filter_map(|(_, found)| culprit(found)) {
        if reverted.iter().all(|known| known.id != culprit.id) {
            reverted.push(culprit.clone());
        }
    }
    reverted.sort_by_key(|version| main.place(&version.id));
    Some(Lens {
        reverted,
        signature: None,
    })
}

/// Failures that were seen without these changes, that are not those of `culprit`, and for which
/// nothing was searched; each with the place of the newest version that showed it.
pub(crate) fn others<'r>(
    record: &'r Record,
    main: &Arc<Territory>,
    reverted: &[Version],
    culprit: &str,
) -> Vec<(&'r str, u32)> {
    let lens = Lens {
        reverted: reverted.to_vec(),
        signature: None,
    };
    let view = View::new(main, lens);
    let shown = view.last_bad(record, culprit);
    // A failure without a signature may be any.
    let Some(own) = shown.and_then(|shown| shown.signature.as_deref()) else {
        return Vec::new();
    };
    let kinds = Kinds::of(record);
    let mut settled = vec![own.to_owned()];
    let found = record.found();
    let found = found.iter().filter(|(lens, _)| lens.reverted == reverted);
    settled.extend(found.filter_map(|(lens, _)| lens.signature.clone()));
    let mut others: Vec<(&str, u32)> = Vec::new();
    for (signature, place) in view.shown(record) {
        if settled.iter().any(|known| kinds.same(known, signature)) {
            continue;
        }
        match others
            .iter_mut()
            .find(|(known, _)| kinds.same(known, signature))
        {
            Some((_, newest)) => *newest = place.max(*newest),
            None => others.push((signature, place)),
        }
    }
    others
}
