//! A project on this machine as the [`World`] of a tick.

use super::{HeadSeen, Partly, Unpublished, World};
use crate::archive::{Archive, Files};
use crate::asking::until_canceled;
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
use std::time::Instant;
use stepwell_bisect::FLAKY_RATE;
use stepwell_event::{
    Access, BisectEvent, Finding, Finite, JudgeRefusal, NoiseModel, Notice, ProbeEnd, Purpose,
    Question, Release, Version,
};
use stepwell_runner::{CancelLevel, StepRunner, now_ms};
use stepwell_sandbox::StopHandle;
use stepwell_store::Journal;
use tokio::sync::{mpsc, watch};

/// What happens while a look goes on, for whoever watches it.
#[derive(Debug, Clone, PartialEq)]
pub enum Happening {
    /// A version is judged, or something else of a search. The newest version is judged before there is
    /// a search; that is told by [`BisectEvent::Started`] and [`BisectEvent::Ended`] too.
    Judgement(BisectEvent),
    /// A version is being published.
    Publishing {
        /// It.
        version: Version,
        /// The publisher that does it, or else the steps of the project.
        publisher: Option<String>,
    },
    /// A publisher published a version.
    Published {
        /// It.
        version: Version,
        /// The publisher.
        publisher: String,
        /// What it says it did.
        said: String,
    },
    /// Somebody is being told.
    Telling {
        /// Of this version.
        culprit: Version,
        /// The notifier that does it.
        notifier: String,
    },
}

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
    /// The folder in which each notifier and publisher that may write has one of its own.
    pub folder: PathBuf,
    /// Who sends the letters of notifiers.
    pub post: Option<Post>,
    /// Addresses that any letter may be for.
    pub addresses: Vec<String>,
    /// Told of everything that happens, in order. It holds nothing up.
    pub told: Box<dyn Fn(Happening) + Send + Sync>,
    /// Ends what goes on.
    pub cancel: watch::Receiver<CancelLevel>,
    /// Makes a report for people of a finding.
    pub markdown: fn(&Finding) -> String,
}

impl<J: Judge, A: Archive, R: StepRunner, S: ReleaseSteps> World for Site<J, A, R, S> {
    async fn judge(&self, head: &Version) -> Result<HeadSeen, String> {
        // Not the one of a search, which judges the same version once more: were this verdict a
        // flake of the seed, that one would be the same.
        let seed = u32::try_from(now_ms() & u64::from(u32::MAX)).unwrap_or_default();
        let asked = Asked {
            version: head.clone(),
            trials: 1,
            seed,
            seeded: true,
            fresh: true,
        };
        (self.told)(Happening::Judgement(BisectEvent::Started {
            reverted: Vec::new(),
            probe: 0,
            version: Box::new(head.clone()),
            purpose: Purpose::Search,
            trials: 1,
            seed,
        }));
        let begun = Instant::now();
        let stop = StopHandle::default();
        let judging = self.judge.judge(asked, stop.clone());
        let answer = until_canceled(judging, &stop, self.cancel.clone()).await;
        let (end, seen) = seen(answer);
        (self.told)(Happening::Judgement(BisectEvent::Ended {
            probe: 0,
            end: Box::new(end),
            wall_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        }));
        seen
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
        let (events, mut happening) = mpsc::unbounded_channel();
        let tools = Tools {
            judge: Arc::clone(&self.judge),
            archive: Arc::clone(&self.archive),
            journal: self.journal.clone(),
            strategist: self.strategist.clone(),
            events,
            cancel: self.cancel.clone(),
        };
        let telling = async {
            while let Some(event) = happening.recv().await {
                (self.told)(Happening::Judgement(event));
            }
        };
        let (ended, ()) = tokio::join!(search(request, tools), telling);
        match ended {
            Ok(Ended::Concluded(finding)) => Ok(*finding),
            Ok(Ended::Stopped(id)) => Err(format!("the search {id} was stopped")),
            Err(SearchError::Range(why)) => {
                Err(format!("{why}; name a version that is good with `--since`"))
            }
            Err(error) => Err(release::words(&error)),
        }
    }

    async fn publish(&self, release: Release, before: Partly) -> Result<(), Unpublished> {
        let mut partly = before;
        match self.publish_rest(&release, &mut partly).await {
            Ok(()) => Ok(()),
            Err(why) => Err(Unpublished { partly, why }),
        }
    }

    async fn notify(&self, name: &str, notice: Notice) -> Result<String, String> {
        let notifier = self
            .notifiers
            .get(name)
            .ok_or_else(|| "it cannot be asked".to_owned())?;
        let mut recipients = self.addresses.clone();
        recipients.push(notice.recipient.email.clone());
        let key = Key::known(notice.key.clone());
        (self.told)(Happening::Telling {
            culprit: notice.culprit.clone(),
            notifier: name.to_owned(),
        });
        let letters = Letters::new(self.post.clone(), &recipients, key);
        let question = Question::Notify {
            config: notifier.config.clone(),
            finding: notice,
        };
        let folder = match notifier.workspace {
            Access::None => None,
            Access::Read | Access::Write => Some(self.own_folder("notices", name)?),
        };
        let done = self
            .errands
            .run(notifier, question, folder.as_deref(), Some(letters));
        done.await
    }

    fn markdown(&self, finding: &Finding) -> String {
        (self.markdown)(finding)
    }
}

impl<J: Judge, A: Archive, R: StepRunner, S: ReleaseSteps> Site<J, A, R, S> {
    /// Publishes what was not before, and says in `partly` what was done. That a publisher fails keeps
    /// no other one from publishing.
    async fn publish_rest(&self, release: &Release, partly: &mut Partly) -> Result<(), String> {
        let steps = self.steps.as_ref().filter(|_| !partly.steps);
        let publishers = self.publishers.iter();
        let publishers: Vec<(&String, &Part)> = publishers
            .filter(|(name, _)| !partly.publishers.contains(*name))
            .collect();
        let is_reader = |(_, part): &(&String, &Part)| part.workspace == Access::Read;
        let files = match steps.is_some() || publishers.iter().any(is_reader) {
            true => Some(release::files(&self.archive, &release.version).await?),
            false => None,
        };
        let files = files.as_ref().map(Files::path);
        if let (Some(steps), Some(files)) = (steps, files) {
            (self.told)(Happening::Publishing {
                version: release.version.clone(),
                publisher: None,
            });
            steps.publish(&release.version, files).await?;
            partly.steps = true;
        }
        let mut failures = Vec::new();
        for (name, publisher) in publishers {
            (self.told)(Happening::Publishing {
                version: release.version.clone(),
                publisher: Some(name.clone()),
            });
            match self.ask_to_publish(name, publisher, release, files).await {
                Ok(said) => {
                    (self.told)(Happening::Published {
                        version: release.version.clone(),
                        publisher: name.clone(),
                        said,
                    });
                    partly.publishers.insert(name.clone());
                }
                Err(why) => failures.push(format!("{name}: {why}")),
            }
        }
        match failures.is_empty() {
            true => Ok(()),
            false => Err(failures.join("; ")),
        }
    }

    async fn ask_to_publish(
        &self,
        name: &str,
        publisher: &Part,
        release: &Release,
        files: Option<&Path>,
    ) -> Result<String, String> {
        let own = match publisher.workspace {
            Access::Write => Some(self.own_folder("publications", name)?),
            Access::None | Access::Read => None,
        };
        let question = Question::Publish {
            config: publisher.config.clone(),
            release: release.clone(),
        };
        let workspace = own.as_deref().or(files);
        self.errands.run(publisher, question, workspace, None).await
    }

    /// The folder that a notifier or publisher may write into.
    fn own_folder(&self, kind: &str, name: &str) -> Result<PathBuf, String> {
        let folder = self.folder.join(kind).join(name);
        std::fs::create_dir_all(&folder)
            .map_err(|error| format!("cannot make `{}`: {error}", folder.display()))?;
        Ok(folder)
    }
}

/// What was seen of the newest version, for whoever watches and for the tick.
fn seen(answer: Answer) -> (ProbeEnd, Result<HeadSeen, String>) {
    let why = match answer {
        Answer::Judged(observation) => {
            let seen = HeadSeen {
                verdict: observation.verdict,
                reason: observation.reason.clone(),
            };
            let cached = false;
            let end = ProbeEnd::Judged {
                observation,
                cached,
            };
            return (end, Ok(seen));
        }
        Answer::Stopped => return (ProbeEnd::Canceled, Err("it was stopped".to_owned())),
        Answer::Refused(
            JudgeRefusal::Abort(why)
            | JudgeRefusal::Transient(why)
            | JudgeRefusal::Misconfigured(why),
        ) => format!("the oracle did not judge: {why}"),
        Answer::Failed(outcome) => failed(&outcome),
        Answer::Impossible(why) => why,
    };
    (ProbeEnd::Failed { why: why.clone() }, Err(why))
}
