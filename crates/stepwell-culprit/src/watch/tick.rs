//! One look at a branch, as decisions alone.
//!
//! [`Tick`] says what to do next and is told what came of it. It never acts, and knows neither the
//! time nor the repository, so that all its ways can be tested as tables.

use super::state::{Partly, Settled, State};
use crate::notice::Blame;
use stepwell_event::{Conclusion, Finding, SkipKind, Verdict, Version};

/// What is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// What the branch is called.
    pub branch: String,
    /// The newest version of the branch.
    pub head: Version,
    /// A version that the user says is good.
    pub base: Option<String>,
    /// Whether that counts for more than what earlier ticks found good.
    pub insists: bool,
    /// Whether anything is done with good versions.
    pub publishes: bool,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one of it at a time, and no list of them"
)]
pub(super) enum Order {
    /// Judge the newest version.
    JudgeHead,
    /// See once more that the newest version is bad, and that the good end is good; then look for the
    /// culprit.
    Search {
        /// The good end.
        good: String,
    },
    /// Look for a culprit, and weigh whether there is one: the newest version was bad at one judgement
    /// and good at the next.
    Weigh {
        /// The good end.
        good: String,
    },
    /// Publish this version.
    Publish(Version),
    /// Tell of this culprit.
    Tell(Blame),
    /// The tick is over.
    End(Box<TickEnd>),
}

/// What came of an [`Order`].
#[derive(Debug, Clone)]
pub(super) enum Done {
    /// The newest version was judged.
    Judged(HeadSeen),
    /// The search has ended.
    Searched(Box<Finding>),
    /// The version was published, or not.
    Published(Result<(), Unpublished>),
    /// It was told, or remembered as told before.
    Told,
    /// It could not be done, for reasons of the machine or because somebody stopped it.
    Failed(String),
}

/// Why a version was not published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpublished {
    /// What was done of it all the same.
    pub partly: Partly,
    /// What failed, for people.
    pub why: String,
}

/// What was seen of the newest version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadSeen {
    /// What it is.
    pub verdict: Verdict,
    /// Why, in one line.
    pub reason: String,
}

/// How a tick ended.
#[derive(Debug, Clone, PartialEq)]
pub struct TickEnd {
    /// What is said of the newest version.
    pub result: TickResult,
    /// What was published.
    pub published: Option<Version>,
    /// Why a version was not published.
    pub unpublished: Option<String>,
}

/// What a tick found.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one of it at a time, and no list of them"
)]
pub enum TickResult {
    /// Nothing was judged: the newest version is the one that was looked at before.
    NothingNew,
    /// The newest version is good.
    Good,
    /// A version is to blame.
    Culprit(Blame),
    /// The newest version is bad, and no version is known to be good.
    NoBase {
        /// Why the newest version is bad.
        reason: String,
    },
    /// The newest version cannot be judged.
    Untestable {
        /// Why.
        reason: String,
    },
    /// The newest version was bad and then good: nothing is to blame.
    Flake,
    /// The search found something else than a culprit.
    Open(Box<Conclusion>),
    /// It could not be found out.
    Failed {
        /// Why.
        why: String,
    },
}

/// Where a tick stands.
#[derive(Debug)]
enum Stage {
    Begun,
    Judging,
    Searching,
    Weighing,
    Publishing,
    Telling,
}

/// One look at a branch.
#[derive(Debug)]
pub(super) struct Tick {
    sight: Sight,
    state: State,
    stage: Stage,
    end: TickEnd,
}

impl Tick {
    /// A look at what is in sight, after what is remembered.
    pub(super) fn new(sight: Sight, state: State) -> Self {
        Self {
            sight,
            state,
            stage: Stage::Begun,
            end: TickEnd {
                result: TickResult::NothingNew,
                published: None,
                unpublished: None,
            },
        }
    }

    /// What is to be remembered now. It changes with every order, and is to be durable before the
    /// order is followed.
    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// What to do first.
    pub(super) fn begin(&mut self) -> Order {
        let head = &self.sight.head.id;
        let is_good = self
            .state
            .good
            .as_ref()
            .is_some_and(|good| good.id == *head);
        let base = self.base();
        let settled = self.state.settled.as_ref();
        let is_settled = settled.is_some_and(|settled| {
            let known = match &base {
                Some(base) => settled.bases.contains(base),
                None => settled.bases.is_empty(),
            };
            settled.head == *head && known
        });
        if is_good || is_settled {
            return self.publish();
        }
        self.stage = Stage::Judging;
        Order::JudgeHead
    }

    /// What to do after `done`, which is what came of the order before.
    pub(super) fn next(&mut self, done: Done) -> Order {
        match (&self.stage, done) {
            (_, Done::Failed(why)) => self.over(TickResult::Failed { why }),
            (Stage::Judging, Done::Judged(seen)) => self.after_head(seen),
            (Stage::Searching, Done::Searched(finding))
                if finding.conclusion == Conclusion::HeadGood =>
            {
                self.search(Stage::Weighing, |good| Order::Weigh { good })
            }
            (Stage::Searching | Stage::Weighing, Done::Searched(finding)) => {
                self.after_search(&finding)
            }
            (Stage::Publishing, Done::Published(Ok(()))) => {
                let published = self.state.good.clone();
                self.state.publications = self.state.publications.saturating_add(1);
                self.state.partly = None;
                self.state.published = published.as_ref().map(|version| version.id.clone());
                self.end.published = published;
                self.finish()
            }
            (Stage::Publishing, Done::Published(Err(unpublished))) => {
                self.state.partly = Some(unpublished.partly);
                self.end.unpublished = Some(unpublished.why);
                self.finish()
            }
            (Stage::Telling, Done::Told) => {
                if let TickResult::Culprit(blame) = &self.end.result {
                    let newest_good = blame.newest_good.clone();
                    self.newest_good(newest_good.as_ref());
                }
                self.settle();
                self.publish()
            }
            (stage, done) => {
                let why = format!("{done:?} does not follow on {stage:?}");
                self.over(TickResult::Failed { why })
            }
        }
    }

    /// The good end of the range, if there is one.
    fn base(&self) -> Option<String> {
        let found = self.state.good.as_ref().map(|good| good.id.clone());
        let said = self.sight.base.clone();
        match self.sight.insists {
            true => said.or(found),
            false => found.or(said),
        }
    }

    fn after_head(&mut self, seen: HeadSeen) -> Order {
        let reason = seen.reason;
        match seen.verdict {
            Verdict::Good => {
                self.state.good = Some(self.sight.head.clone());
                self.settle();
                self.over(TickResult::Good)
            }
            Verdict::Bad if self.base().is_some() => {
                self.search(Stage::Searching, |good| Order::Search { good })
            }
            Verdict::Bad => {
                self.settle();
                self.over(TickResult::NoBase { reason })
            }
            Verdict::Skip(kind) => {
                if is_lasting(kind) {
                    self.settle();
                }
                self.over(TickResult::Untestable { reason })
            }
        }
    }

    fn search(&mut self, stage: Stage, order: fn(String) -> Order) -> Order {
        match self.base() {
            Some(good) => {
                self.stage = stage;
                order(good)
            }
            None => self.over(TickResult::Flake),
        }
    }

    fn after_search(&mut self, finding: &Finding) -> Order {
        if let Some(blame) = Blame::of(finding) {
            // Told before it is settled: whoever is interrupted in between finds it once more.
            self.stage = Stage::Telling;
            self.end.result = TickResult::Culprit(blame.clone());
            return Order::Tell(blame);
        }
        match &finding.conclusion {
            // It was bad before. The next tick looks once more.
            Conclusion::HeadGood | Conclusion::NoCulprit { .. } => {
                return self.over(TickResult::Flake);
            }
            Conclusion::Ambiguous { newest_good, .. } => {
                self.newest_good(newest_good.as_ref());
                self.settle();
            }
            // What a search of more judgements, another machine or another day may change is looked
            // at again, and so is a culprit without a change.
            Conclusion::Culprit { .. }
            | Conclusion::Undecided { .. }
            | Conclusion::BaseBad { .. }
            | Conclusion::Aborted { .. }
            | Conclusion::UntestableEnd { .. } => {}
            Conclusion::ChangedBack { .. } | Conclusion::NothingToDo => self.settle(),
        }
        self.over(TickResult::Open(Box::new(finding.conclusion.clone())))
    }

    /// The newest good version of the range is the newest good one of all.
    fn newest_good(&mut self, found: Option<&Version>) {
        if let Some(version) = found {
            self.state.good = Some(version.clone());
        }
    }

    /// Remembers that nothing more is to be found out about the newest version.
    fn settle(&mut self) {
        let good = self.state.good.as_ref().map(|good| good.id.clone());
        let said = self.sight.base.clone();
        self.state.settled = Some(Settled {
            head: self.sight.head.id.clone(),
            bases: good.into_iter().chain(said).collect(),
        });
    }

    fn over(&mut self, result: TickResult) -> Order {
        let failed = matches!(result, TickResult::Failed { .. });
        self.end.result = result;
        match failed {
            true => self.finish(),
            false => self.publish(),
        }
    }

    /// Publishes what is good and was not published, perhaps because it failed the time before.
    fn publish(&mut self) -> Order {
        let good = self.state.good.as_ref();
        let pending = good.filter(|good| self.state.published.as_ref() != Some(&good.id));
        match pending.filter(|_| self.sight.publishes).cloned() {
            Some(version) => {
                self.stage = Stage::Publishing;
                Order::Publish(version)
            }
            None => self.finish(),
        }
    }

    fn finish(&self) -> Order {
        Order::End(Box::new(self.end.clone()))
    }
}

/// Whether a version of which this was said will not be another one tomorrow.
fn is_lasting(kind: SkipKind) -> bool {
    match kind {
        SkipKind::BuildBroken | SkipKind::TestAbsent | SkipKind::UnrelatedFailure => true,
        SkipKind::DependencyMissing
        | SkipKind::Timeout
        | SkipKind::Infrastructure
        | SkipKind::Other => false,
    }
}

#[cfg(test)]
pub(crate) mod tests;
