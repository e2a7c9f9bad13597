//! What is asked, from our words to those of WIT.

use super::bindings::exports::stepwell::bisect::{advice, judge, notify, publish, strategy};
use super::bindings::stepwell::bisect::types;
use stepwell_event::{Notice, Observation, Person, Release, SkipKind, Verdict, Version};

/// `judge.judge`.
pub(super) fn judge(
    config: &str,
    candidate: &Version,
    workspace: Option<String>,
    trials: u32,
    seed: u32,
) -> judge::Question {
    judge::Question {
        config: config.to_owned(),
        candidate: candidate.into(),
        workspace,
        trials: trials.max(1),
        seed,
    }
}

/// Of `advice.believe`.
pub(super) fn suspects(suspects: &[(Version, Vec<String>)]) -> Vec<advice::Suspect> {
    suspects
        .iter()
        .map(|(version, changed_paths)| advice::Suspect {
            version: version.into(),
            changed_paths: changed_paths.clone(),
        })
        .collect()
}

/// Of `strategy.propose`.
pub(super) fn history(history: &[(String, Verdict)]) -> Vec<strategy::Seen> {
    history
        .iter()
        .map(|(id, verdict)| strategy::Seen {
            id: id.clone(),
            verdict: (*verdict).into(),
        })
        .collect()
}

pub(super) fn versions(versions: &[Version]) -> Vec<types::Version> {
    versions.iter().map(Into::into).collect()
}

/// Of `notify.notify`.
pub(super) fn finding(notice: &Notice) -> notify::Finding {
    notify::Finding {
        key: notice.key.clone(),
        project: notice.project.clone(),
        culprit: (&notice.culprit).into(),
        recipient: (&notice.recipient).into(),
        newest_good: notice.newest_good.as_ref().map(Into::into),
        reason: notice.reason.clone(),
        signature: notice.signature.clone(),
        confidence: notice.confidence.get(),
        reproduce: notice.reproduce.clone(),
        report_json: notice.report_json.clone(),
        report_markdown: notice.report_markdown.clone(),
    }
}

/// Of `publish.publish`.
pub(super) fn release(release: &Release, workspace: Option<String>) -> publish::Release {
    publish::Release {
        key: release.key.clone(),
        project: release.project.clone(),
        branch: release.branch.clone(),
        version: (&release.version).into(),
        workspace,
        previous: release.previous.clone(),
    }
}

impl From<&Person> for types::Person {
    fn from(person: &Person) -> Self {
        Self {
            name: person.name.clone(),
            email: person.email.clone(),
        }
    }
}

impl From<&Version> for types::Version {
    fn from(version: &Version) -> Self {
        Self {
            id: version.id.clone(),
            parents: version.parents.clone(),
            subject: version.subject.clone(),
            author: (&version.author).into(),
            authored_at: version.authored_at.clone(),
            tree: version.tree.clone(),
        }
    }
}

impl From<Verdict> for types::Verdict {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Good => Self::Good,
            Verdict::Bad => Self::Bad,
            Verdict::Skip(kind) => Self::Skip(match kind {
                SkipKind::BuildBroken => types::SkipKind::BuildBroken,
                SkipKind::TestAbsent => types::SkipKind::TestAbsent,
                SkipKind::DependencyMissing => types::SkipKind::DependencyMissing,
                SkipKind::UnrelatedFailure => types::SkipKind::UnrelatedFailure,
                SkipKind::Timeout => types::SkipKind::Timeout,
                SkipKind::Infrastructure => types::SkipKind::Infrastructure,
                SkipKind::Other => types::SkipKind::Other,
            }),
        }
    }
}

impl From<&Observation> for types::Observation {
    fn from(observation: &Observation) -> Self {
        Self {
            verdict: observation.verdict.into(),
            reason: observation.reason.clone(),
            good_trials: observation.good_trials,
            bad_trials: observation.bad_trials,
            signature: observation.signature.clone(),
            measurements: observation
                .measurements
                .iter()
                .map(|measurement| types::Measurement {
                    name: measurement.name.clone(),
                    unit: measurement.unit.clone(),
                    samples: measurement
                        .samples
                        .iter()
                        .map(|value| value.get())
                        .collect(),
                    lower_is_better: measurement.lower_is_better,
                })
                .collect(),
            evidence: observation
                .evidence
                .iter()
                .cloned()
                .map(Into::into)
                .collect(),
            cacheable: observation.cacheable,
        }
    }
}

impl From<stepwell_event::Evidence> for types::Evidence {
    fn from(evidence: stepwell_event::Evidence) -> Self {
        Self {
            name: evidence.name,
            media_type: evidence.media_type,
            digest: evidence.digest,
            size: evidence.size,
        }
    }
}
