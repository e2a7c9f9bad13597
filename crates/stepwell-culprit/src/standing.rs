//! What is known of every version of the range.

use crate::territory::Territory;
use std::collections::BTreeSet;
use stepwell_bisect::{Candidate, Seen};
use stepwell_event::{Conclusion, Standing, Stretch};

/// What follows for a version if every judgement is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// It is good, or an ancestor of what is.
    Good,
    /// It is bad, or descends from what is, and is no ancestor of everything that is bad.
    Bad,
    /// It may be to blame.
    Suspect,
    /// It is neither.
    Aside,
}

/// What follows from what was seen. Of several judgements of one version the majority counts.
pub(crate) fn propagated(territory: &Territory, seen: &[(Candidate, Seen)]) -> Vec<Place> {
    let mut balance = vec![0i64; territory.suspects.len()];
    for (candidate, seen) in seen {
        if let (Seen::Trials { good, bad }, Some(balance)) =
            (seen, balance.get_mut(candidate.index()))
        {
            *balance += i64::from(*bad) - i64::from(*good);
        }
    }
    if let Some(last) = balance.last_mut() {
        // The end that is said to be bad.
        *last = (*last).max(1);
    }
    let places = 0..u32::try_from(balance.len()).unwrap_or(u32::MAX);
    let signed = |sign: i64| {
        let of_sign = places
            .clone()
            .filter(|place| balance.get(*place as usize).copied().map(i64::signum) == Some(sign));
        of_sign.collect::<Vec<u32>>()
    };
    let (good, bad) = (signed(-1), signed(1));
    let is_good = ancestors(territory, &good);
    let is_bad = descendants(territory, &bad);
    let mut suspect = vec![true; balance.len()];
    for one in &bad {
        let leads = ancestors(territory, &[*one]);
        for (suspect, leads) in suspect.iter_mut().zip(leads) {
            *suspect &= leads;
        }
    }
    let both = is_good.into_iter().zip(is_bad).zip(suspect);
    both.map(|((good, bad), suspect)| match (good, suspect, bad) {
        (true, _, _) => Place::Good,
        (false, true, _) => Place::Suspect,
        (false, false, true) => Place::Bad,
        (false, false, false) => Place::Aside,
    })
    .collect()
}

/// All that lead to one of these, these included.
fn ancestors(territory: &Territory, of: &[u32]) -> Vec<bool> {
    let mut found = vec![false; territory.suspects.len()];
    for one in of {
        set(&mut found, *one);
    }
    for (place, parents) in territory.parents.iter().enumerate().rev() {
        if found.get(place) == Some(&true) {
            for parent in parents {
                set(&mut found, *parent);
            }
        }
    }
    found
}

/// All that one of these leads to, these included.
pub(crate) fn descendants(territory: &Territory, of: &[u32]) -> Vec<bool> {
    let mut found = vec![false; territory.suspects.len()];
    for one in of {
        set(&mut found, *one);
    }
    for (place, parents) in (0u32..).zip(&territory.parents) {
        let descends = |parent: &u32| found.get(*parent as usize) == Some(&true);
        if parents.iter().any(descends) {
            set(&mut found, place);
        }
    }
    found
}

fn set(found: &mut [bool], place: u32) {
    if let Some(found) = found.get_mut(place as usize) {
        *found = true;
    }
}

/// The range as a report shows it.
pub(crate) fn stretches(
    territory: &Territory,
    seen: &[(Candidate, Seen)],
    conclusion: &Conclusion,
) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for standing in standings(territory, seen, conclusion) {
        match stretches.last_mut() {
            Some(last) if last.standing == standing => last.commits += 1,
            _ => stretches.push(Stretch {
                standing,
                commits: 1,
            }),
        }
    }
    stretches
}

fn standings(
    territory: &Territory,
    seen: &[(Candidate, Seen)],
    conclusion: &Conclusion,
) -> Vec<Standing> {
    let places_of = |versions: &mut dyn Iterator<Item = &str>| -> BTreeSet<u32> {
        versions.filter_map(|id| territory.place(id)).collect()
    };
    let propagated = propagated(territory, seen);
    let plain = |place: &Place| match place {
        Place::Good => Standing::Good,
        Place::Bad => Standing::Bad,
        Place::Suspect => Standing::Suspect,
        Place::Aside => Standing::Aside,
    };
    let (suspects, untestable) = match conclusion {
        Conclusion::Culprit { version, .. } => {
            let culprit: Vec<u32> = territory.place(&version.id).into_iter().collect();
            let parents: Vec<u32> = places_of(&mut version.parents.iter().map(String::as_str))
                .into_iter()
                .collect();
            let good = ancestors(territory, &parents);
            let bad = descendants(territory, &culprit);
            let known = propagated.iter().zip(good.into_iter().zip(bad));
            return known
                .map(|(place, standing)| match standing {
                    (true, _) => Standing::Good,
                    (false, true) => Standing::Bad,
                    (false, false) if *place == Place::Good => Standing::Good,
                    (false, false) => Standing::Aside,
                })
                .collect();
        }
        Conclusion::Ambiguous {
            suspects,
            untestable,
            assumed,
            ..
        } => (
            places_of(&mut suspects.iter().map(|version| version.id.as_str())),
            places_of(
                &mut untestable
                    .iter()
                    .chain(assumed)
                    .map(|version| version.id.as_str()),
            ),
        ),
        Conclusion::Undecided { suspects, .. } => (
            places_of(&mut suspects.iter().map(|(version, _)| version.id.as_str())),
            BTreeSet::new(),
        ),
        _ => return propagated.iter().map(plain).collect(),
    };
    let standing = |(place, known): (u32, &Place)| match known {
        _ if untestable.contains(&place) => Standing::Untestable,
        _ if suspects.contains(&place) => Standing::Suspect,
        // Not one of those that may be to blame: what leads to it is judged.
        Place::Suspect => Standing::Aside,
        known => plain(known),
    };
    (0..).zip(&propagated).map(standing).collect()
}
