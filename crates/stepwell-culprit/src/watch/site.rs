//! A project on this machine as the [`World`] of a tick.

use super::{HeadSeen, World};
use crate::archive::{Archive, Files as _};
use crate::driver::{Ended, SearchError, Strategist, Tools, search};
use crate::errand::Errands;
use crate::failure::failed;
use crate::judge::{Answer, Asked, Judge};
use crate::notice::Key;
use crate::part::Part;
use crate::post::{Letters, Post};
use crate::release;
use crate::request::{Ends, Request};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use stepwell_bisect::FLAKY_RATE;
use stepwell_event::{
    Access, BisectEvent, Finding, Finite, JudgeRefusal, NoiseModel, Notice, Question, Version,
};
use stepwell_runner::{CancelLevel, StepRunner, now_ms};
use stepwell_sandbox::StopHandle;
use stepwell_store::Journal;
use tokio::sync::{mpsc, watch};

/// Runs the steps of the project that publish a version.
pub trait ReleaseSteps: Send + Sync {
    /// Runs them, in a clean copy of `files`.
    fn publish(
        &self,
        version: &Version,
        files: &Path,
    ) -> impl Future<Output = Result<(), String>> + Send;
}

/// A project on this machine.
pub struct Site<J, A, R, S> {
    /// Who judges.
    pub judge: Arc<J>,
    /// Where versions come from.
    pub archive: Arc<A>,
    /// Where searches are kept.
    pub journal: Journal,
    /// Who chooses the candidates instead of Stepwell; made anew for every search.
    pub strategist: Option<Arc<dyn Strategist>>,
    /// What every search is asked for; its ends are filled in.
    pub request: Request,
    /// Sends notifiers and publishers on their errands.
    pub errands: Errands<R>,
    /// The notifiers, by name.
    pub notifiers: BTreeMap<String, Part>,
    /// The publishers, by name.
    pub publishers: BTreeMap<String, Part>,
    /// The steps that publish, if the project has some.
    pub steps: Option<S>,
    /// The folder in which each notifier that may write has one of its own.
    pub folder: PathBuf,
    /// Who sends the letters of notifiers.
    pub post: Option<Post>,
    /// Addresses that any letter may be for.
    pub addresses: Vec<String>,
    /// Told of everything that happens in a search, in order.
    pub events: mpsc::UnboundedSender<BisectEvent>,
    /// Ends what goes on.
    pub cancel: watch::Receiver<CancelLevel>,
    /// Makes a report for people of a finding.
    pub markdown: fn(&Finding) -> String,
}

impl<J: Judge, A: Archive, R: StepRunner, S: ReleaseSteps> World for Site<J, A, R, S> {
    async fn judge(&self, head: &Version) -> Result<HeadSeen, String> {
        let asked = Asked {
            version: head.clone(),
            trials: 1,
            // Not the one of a search, which judges the same version once more: were this verdict a
            // flake of the seed, that one would be the same.
            seed: u32::try_from(now_ms() & u64::from(u32::MAX)).unwrap_or_default(),
            seeded: true,
            fresh: true,
        };
        let stop = StopHandle::default();
        let mut cancel = self.cancel.clone();
        let canceled = async move {
            let level = cancel.wait_for(|level| *level != CancelLevel::Running);
            let gone = level.await.is_err();
            if gone {
                std::future::pending::<()>().await;
            }
        };
        let mut judged = std::pin::pin!(self.judge.judge(asked, stop.clone()));
        let answer = tokio::select! {
            answer = &mut judged => answer,
            () = canceled => {
                stop.stop();
                judged.await
            }
        };
        match answer {
            Answer::Judged(observation) => Ok(HeadSeen {
                verdict: observation.verdict,
                reason: observation.reason,
            }),
            Answer::Refused(
                JudgeRefusal::Abort(why)
                | JudgeRefusal::Transient(why)
                | JudgeRefusal::Misconfigured(why),
            ) => Err(format!("the oracle did not judge: {why}")),
            Answer::Failed(outcome) => Err(failed(&outcome)),
            Answer::Impossible(why) => Err(why),
            Answer::Stopped => Err("it was stopped".to_owned()),
        }
    }

    async fn search(&self, good: &str, head: &Version, flaky: bool) -> Result<Finding, String> {
        let mut request = self.request.clone();
        request.good = vec![good.to_owned()];
        request.bad = head.id.clone();
        if flaky {
            request.settings.ends = Ends::Neither;
            let rate = Finite::new(FLAKY_RATE).unwrap_or_default();
            if request.noise == NoiseModel::Deterministic {
                request.noise = NoiseModel::Known {
                    false_bad: rate,
                    false_good: rate,
                };
            }
        }
        let tools = Tools {
            judge: Arc::clone(&self.judge),
            archive: Arc::clone(&self.archive),
            journal: self.journal.clone(),
            strategist: self.strategist.clone(),
            events: self.events.clone(),
            cancel: self.cancel.clone(),
        };
        match search(request, tools).await {
            Ok(Ended::Concluded(finding)) => Ok(*finding),
            Ok(Ended::Stopped(id)) => Err(format!("the search {id} was stopped")),
            Err(SearchError::Range(why)) => {
                Err(format!("{why}; name a version that is good with `--since`"))
            }
            Err(error) => Err(release::words(&error)),
        }
    }

    async fn publish(&self, version: &Version, previous: Option<&str>) -> Result<(), String> {
        let files = release::files(&self.archive, version).await?;
        if let Some(steps) = &self.steps {
            steps.publish(version, files.path()).await?;
        }
        for (name, publisher) in &self.publishers {
            let question = Question::Publish {
                config: publisher.config.clone(),
                project: self.request.project.clone(),
                version: version.clone(),
                previous: previous.map(str::to_owned),
            };
            let done = self
                .errands
                .run(publisher, question, Some(files.path()), None);
            let said = done.await.map_err(|why| format!("{name}: {why}"))?;
            tracing::info!(publisher = %name, %said, "published");
        }
        Ok(())
    }

    async fn notify(&self, name: &str, notice: Notice, key: Key) -> Result<String, String> {
        let notifier = self
            .notifiers
            .get(name)
            .ok_or_else(|| "it cannot be asked".to_owned())?;
        let mut recipients = self.addresses.clone();
        recipients.push(notice.recipient.email.clone());
        let letters = Letters::new(self.post.clone(), &recipients, key);
        let question = Question::Notify {
            config: notifier.config.clone(),
            finding: notice,
        };
        let folder = self.folder.join(name);
        if notifier.workspace != Access::None {
            std::fs::create_dir_all(&folder)
                .map_err(|error| format!("cannot make `{}`: {error}", folder.display()))?;
        }
        let done = self
            .errands
            .run(notifier, question, Some(&folder), Some(letters));
        done.await
    }

    fn markdown(&self, finding: &Finding) -> String {
        (self.markdown)(finding)
    }
}
