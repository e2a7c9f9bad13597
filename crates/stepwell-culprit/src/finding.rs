//! A report made of what was journalled.

use crate::kinds::{self, Kinds};
use crate::lens::{self, View};
use crate::record::Record;
use crate::request::{Ends, Settings};
use crate::standing;
use crate::territory::Territory;
use std::collections::HashMap;
use std::sync::Arc;
use stepwell_bisect::{Candidate, Seen};
use stepwell_event::{
    BisectEvent, Conclusion, Cost, FINDING_VERSION, Finding, Further, Lens, OtherFailure, Probe,
    ProbeEnd, Purpose, SearchSummary, Verdict, Version,
};

/// The report of a search that has ended.
pub(crate) fn assemble(record: &Record, territory: &Arc<Territory>) -> Option<Finding> {
    let summary = record.summary()?.clone();
    let conclusion = record.conclusion()?.clone();
    let (commits, versions) = ranged(record);
    let probes = probes(record, territory);
    let cost = cost(record, &probes);
    let reproduce = reproduce(&record.settings, &conclusion);
    let seen = seen(record, territory);
    Some(Finding {
        format: FINDING_VERSION,
        search: record.id.to_string(),
        commits,
        versions,
        range: standing::stretches(territory, &seen, &conclusion),
        unverified: unverified(record, &summary, &conclusion, &probes)
            .into_iter()
            .chain(territory.lacks.iter().cloned())
            .collect(),
        others: others(record, territory, &conclusion),
        further: further(record, territory),
        asked: summary,
        probes,
        conclusion,
        cost,
        reproduce,
    })
}

fn ranged(record: &Record) -> (u32, u32) {
    let mut ranged = record.events.iter().filter_map(|(_, event)| match event {
        BisectEvent::Ranged { commits, versions } => Some((*commits, *versions)),
        _ => None,
    });
    ranged.next().unwrap_or_default()
}

fn seen(record: &Record, territory: &Territory) -> Vec<(Candidate, Seen)> {
    let facts = record.plain_facts();
    let seen = facts.iter().filter_map(|fact| {
        let candidate = Candidate(territory.place(fact.version)?);
        let seen = match fact.observation.verdict {
            Verdict::Good => Seen::Trials { good: 1, bad: 0 },
            Verdict::Bad => Seen::Trials { good: 0, bad: 1 },
            Verdict::Skip(kind) => Seen::Untestable(kind),
        };
        Some((candidate, seen))
    });
    seen.collect()
}

/// What was judged, in the order in which it began; what a person said is among it.
fn probes(record: &Record, territory: &Territory) -> Vec<Probe> {
    let began = record.events.first().map_or(0, |(time_ms, _)| *time_ms);
    let position = |version: &Version| match territory.place(&version.id) {
        Some(place) => Some(place + 1),
        None => territory
            .good
            .iter()
            .any(|good| good.id == version.id)
            .then_some(0),
    };
    let mut probes: Vec<Probe> = Vec::new();
    let mut numbers: HashMap<u32, usize> = HashMap::new();
    for (time_ms, event) in &record.events {
        match event {
            BisectEvent::Started {
                probe,
                version,
                purpose,
                reverted,
                ..
            } => {
                numbers.insert(*probe, probes.len());
                probes.push(Probe {
                    version: (**version).clone(),
                    position: position(version),
                    purpose: *purpose,
                    // What it is if the process was killed before it ended.
                    end: ProbeEnd::Canceled,
                    started_ms: time_ms.saturating_sub(began),
                    wall_ms: 0,
                    reverted: reverted.clone(),
                });
            }
            BisectEvent::Ended {
                probe,
                end,
                wall_ms,
            } => {
                let probe = numbers.get(probe).and_then(|at| probes.get_mut(*at));
                if let Some(probe) = probe {
                    probe.end = (**end).clone();
                    probe.wall_ms = *wall_ms;
                }
            }
            BisectEvent::Marked {
                version,
                observation,
            } => probes.push(Probe {
                version: (**version).clone(),
                position: position(version),
                purpose: Purpose::Search,
                end: ProbeEnd::Judged {
                    observation: (**observation).clone(),
                    cached: false,
                },
                started_ms: time_ms.saturating_sub(began),
                wall_ms: 0,
                reverted: Vec::new(),
            }),
            BisectEvent::Unmarked { version } => {
                let mark = |probe: &Probe| probe.wall_ms == 0 && probe.version.id == *version;
                if let Some(last) = probes.iter().rposition(mark) {
                    probes.remove(last);
                    numbers.values_mut().for_each(|at| {
                        *at -= usize::from(*at > last);
                    });
                }
            }
            _ => {}
        }
    }
    probes
}

fn cost(record: &Record, probes: &[Probe]) -> Cost {
    let mut cost = Cost::default();
    for probe in probes {
        match &probe.end {
            ProbeEnd::Judged { cached: true, .. } => cost.cached += 1,
            ProbeEnd::Judged { observation, .. } => {
                let trials = observation
                    .good_trials
                    .saturating_add(observation.bad_trials);
                cost.probes += 1;
                cost.trials = cost.trials.saturating_add(trials.max(1));
            }
            ProbeEnd::Failed { .. } => cost.probes += 1,
            ProbeEnd::Canceled => cost.canceled += 1,
        }
    }
    let times = record.events.first().zip(record.events.last());
    cost.wall_ms = times.map_or(0, |((first, _), (last, _))| last.saturating_sub(*first));
    cost
}

/// The command that judges a culprit again.
fn reproduce(settings: &Settings, conclusion: &Conclusion) -> String {
    let Conclusion::Culprit {
        version,
        newest_good: Some(good),
        ..
    } = conclusion
    else {
        return String::new();
    };
    let template = match settings.reproduce.is_empty() {
        true => "stepwell bisect --good {good} --bad {bad}",
        false => &settings.reproduce,
    };
    template
        .replace("{good}", &good.id)
        .replace("{bad}", &version.id)
}

/// What was taken for granted.
fn unverified(
    record: &Record,
    summary: &SearchSummary,
    conclusion: &Conclusion,
    probes: &[Probe],
) -> Vec<String> {
    let settings = &record.settings;
    let mut sentences = Vec::new();
    let mut say = |sentence: &str| sentences.push(sentence.to_owned());
    match settings.ends {
        Ends::Both if summary.good.is_empty() => {
            say("No version is known to be good.");
        }
        Ends::Both => {}
        Ends::Bad => say("The good versions were taken to be good without being judged."),
        Ends::Neither => say("Both ends were taken to be what they are said to be."),
    }
    let skipped = |probe: &&Probe, purpose: Purpose| {
        probe.purpose == purpose
            && probe.reverted.is_empty()
            && matches!(&probe.end, ProbeEnd::Judged { observation, .. } if matches!(observation.verdict, Verdict::Skip(_)))
    };
    for probe in probes.iter().filter(|it| skipped(it, Purpose::MergeBase)) {
        say(&format!(
            "{}, where two lines meet, cannot be judged: the behaviour may have been changed back on the way to a good version.",
            probe.version.id
        ));
    }
    for probe in probes.iter().filter(|it| skipped(it, Purpose::Verify)) {
        say(&format!(
            "{} could not be judged once more.",
            probe.version.id
        ));
    }
    match conclusion {
        Conclusion::Ambiguous { assumed, .. } if !assumed.is_empty() => say(&format!(
            "{} versions were taken to be untestable because their neighbours are.",
            assumed.len()
        )),
        Conclusion::Culprit {
            version,
            newest_good,
            ..
        } => {
            let verified = |version: &Version| {
                probes.iter().any(|probe| {
                    probe.purpose == Purpose::Verify
                        && probe.version.id == version.id
                        && matches!(probe.end, ProbeEnd::Judged { .. })
                })
            };
            let mut both = std::iter::once(version).chain(newest_good);
            if settings.verify == 0 || !both.all(verified) {
                say("The culprit and its parents were not judged once more.");
            }
            let unseen = version.parents.iter().filter(|parent| {
                let judged = |probe: &Probe| {
                    probe.version.id == **parent
                        && probe.reverted.is_empty()
                        && matches!(probe.end, ProbeEnd::Judged { .. })
                };
                !probes.iter().any(judged)
            });
            for parent in unseen {
                say(&format!(
                    "{parent}, a parent of the culprit, was not judged itself: it is good because what descends from it is."
                ));
            }
        }
        _ => {}
    }
    let cached = probes
        .iter()
        .filter(|probe| matches!(probe.end, ProbeEnd::Judged { cached: true, .. }))
        .count();
    if cached > 0 {
        say(&format!(
            "{cached} judgements were taken from earlier searches."
        ));
    }
    if lens::is_full(record) {
        say("After so many culprits no more are searched for: there may be later ones.");
    }
    if let Some(why) = kinds::unanswered(record) {
        say(&format!(
            "Failures with different signatures were taken to be different ones, since the oracle did not compare them: {why}"
        ));
    }
    if !summary.paths.is_empty() {
        say("Versions that change nothing in the paths were not looked at.");
    }
    if summary.first_parent {
        say("What a merge brought in counts as one change.");
    }
    sentences
}

/// Failures that are not the culprit's, and for which nothing was searched.
fn others(
    record: &Record,
    territory: &Arc<Territory>,
    conclusion: &Conclusion,
) -> Vec<OtherFailure> {
    let Conclusion::Culprit { version, .. } = conclusion else {
        return Vec::new();
    };
    lens::others(record, territory, &[], &version.id)
        .into_iter()
        .filter_map(|(signature, newest)| {
            Some(OtherFailure {
                signature: signature.to_owned(),
                version: territory.suspect(Candidate(newest))?.clone(),
            })
        })
        .collect()
}

/// What was searched after the first culprit was found.
fn further(record: &Record, territory: &Arc<Territory>) -> Vec<Further> {
    let found = record.found().into_iter();
    let further = found.filter(|(lens, _)| **lens != Lens::default());
    further
        .map(|(lens, conclusion)| {
            let view = View::new(territory, lens.clone());
            let culprit = match conclusion {
                Conclusion::Culprit { version, .. } => Some(version),
                _ => None,
            };
            let shown = culprit.and_then(|culprit| view.last_bad(record, &culprit.id));
            Further {
                lens: lens.clone(),
                conclusion: conclusion.clone(),
                reason: shown.map(|shown| shown.reason.clone()).unwrap_or_default(),
                signature: shown
                    .and_then(|shown| shown.signature.clone())
                    .or_else(|| lens.signature.clone()),
                unverified: culprit
                    .and_then(|culprit| hidden(record, &view, culprit))
                    .into_iter()
                    .collect(),
            }
        })
        .collect()
}

/// That a failure may have been hidden by another one in a parent of its culprit.
fn hidden(record: &Record, view: &View, culprit: &Version) -> Option<String> {
    let wanted = view.lens.signature.as_deref()?;
    let kinds = Kinds::of(record);
    let facts = view.facts(record).into_iter();
    let mut other = facts.filter_map(|fact| {
        let shown = fact.observation.signature.as_deref()?;
        let is_parent = culprit.parents.iter().any(|parent| parent == fact.version);
        let is_other = fact.observation.verdict == Verdict::Bad && !kinds.same(wanted, shown);
        (is_parent && is_other).then_some((fact.version, shown))
    });
    let (parent, shown) = other.next()?;
    Some(format!(
        "{parent}, a parent of {}, fails with `{shown}`, which may hide this failure: an older version may be to blame.",
        culprit.id
    ))
}
