//! Looks at a branch again and again: publishes what is good, and finds and tells who broke it.
//!
//! [`Tick`] decides, a [`World`] acts, and [`Watching`] keeps what must survive: what is good, what was
//! published, and what people were told. All of it is durable before it is acted on. Whoever is
//! interrupted tells or publishes once more than needed rather than once less: a notice or publication
//! has the same [`Key`] at every attempt.

mod site;
mod state;
mod tick;

pub use site::{Happening, ReleaseSteps, Site};
pub use state::{Partly, Settled, State};
pub use tick::{HeadSeen, Sight, TickEnd, TickResult, Unpublished};

use crate::notice::{Addressing, Key, Recipient, pause};
use std::collections::BTreeSet;
use stepwell_event::{Finding, Notice, Person, Release, Version};
use stepwell_store::{Claim, Journal, JournalError, StoredNotice};
use tick::{Done, Order, Tick};

/// How long a culprit counts for the most that people are told of, in milliseconds.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// What a tick acts with. Errors are in words for people.
pub trait World: Sync {
    /// Judges the newest version, once, whatever was said of it before.
    fn judge(&self, head: &Version) -> impl Future<Output = Result<HeadSeen, String>> + Send;

    /// Looks for the culprit between `good` and `head`; first sees that `good` is good and `head` is
    /// bad. If `flaky`, there may be none.
    fn search(
        &self,
        good: &str,
        head: &Version,
        flaky: bool,
    ) -> impl Future<Output = Result<Finding, String>> + Send;

    /// Publishes a version, but for what was done before.
    fn publish(
        &self,
        release: Release,
        before: Partly,
    ) -> impl Future<Output = Result<(), Unpublished>> + Send;

    /// Has a notifier tell a notice, and gives what it says it did.
    fn notify(
        &self,
        notifier: &str,
        notice: Notice,
    ) -> impl Future<Output = Result<String, String>> + Send;

    /// The report for people.
    fn markdown(&self, finding: &Finding) -> String;
}

/// A branch that is watched.
#[derive(Debug, Clone)]
pub struct Watching {
    /// What it is remembered by: the pipeline, the branch and the oracle.
    pub name: String,
    /// The project's name.
    pub project: String,
    /// Where it is remembered.
    pub journal: Journal,
    /// Whom the project wants to be told.
    pub addressing: Addressing,
    /// The notifiers that are asked.
    pub notifiers: Vec<String>,
    /// Culprits that people are told of within a day; what is more has to wait.
    pub per_day: u32,
}

/// What came of a tick.
#[derive(Debug, Clone, PartialEq)]
pub struct TickReport {
    /// How it ended.
    pub end: TickEnd,
    /// Who is told of the culprit, if one was found.
    pub recipient: Option<Recipient>,
    /// Whether notifiers were asked to tell of that culprit by an earlier tick.
    pub told_before: bool,
    /// What notifiers did, for this culprit or an earlier one.
    pub told: Vec<Telling>,
    /// Culprits that are not told of today, because people were told of enough.
    pub held: usize,
}

/// What a notifier did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// Who.
    pub notifier: String,
    /// The culprit.
    pub culprit: Version,
    /// Who was told.
    pub recipient: Person,
    /// What it says it did, or why it could not.
    pub result: Result<String, String>,
}

impl Watching {
    /// Says that this process watches the branch, until the claim is dropped.
    ///
    /// # Errors
    ///
    /// Another process does, or the journal cannot be written.
    pub fn claim(&self) -> Result<Claim, JournalError> {
        self.journal.claim_watch(&self.name)
    }

    /// What is remembered.
    ///
    /// # Errors
    ///
    /// The journal cannot be read.
    pub async fn state(&self) -> Result<State, JournalError> {
        let text = self.journal.watch_state(&self.name).await?;
        let state = text.map(|text| {
            serde_json::from_str(&text).unwrap_or_else(|error| {
                tracing::warn!(%error, "what is known of the branch cannot be read");
                State::default()
            })
        });
        Ok(state.unwrap_or_default())
    }

    /// Looks once, at `now_ms` milliseconds since 1970.
    ///
    /// # Errors
    ///
    /// The journal cannot be kept. All else that goes wrong is in the report.
    pub async fn tick<W: World>(
        &self,
        world: &W,
        sight: Sight,
        now_ms: u64,
    ) -> Result<TickReport, JournalError> {
        let mut state = self.state().await?;
        state.last_tick_ms = Some(now_ms);
        self.remember(&state).await?;
        let (branch, head) = (sight.branch.clone(), sight.head.clone());
        let mut tick = Tick::new(sight, state);
        let mut order = tick.begin();
        let mut finding = None;
        let (mut recipient, mut told_before) = (None, false);
        let end = loop {
            let done = match order {
                Order::JudgeHead => world
                    .judge(&head)
                    .await
                    .map_or_else(Done::Failed, Done::Judged),
                Order::Search { good } => found(world.search(&good, &head, false).await),
                Order::Weigh { good } => found(world.search(&good, &head, true).await),
                Order::Publish(version) => {
                    self.remember(tick.state()).await?;
                    let (release, before) = self.release(&branch, version, tick.state());
                    Done::Published(world.publish(release, before).await)
                }
                Order::Tell(blame) => {
                    let told = self.addressing.recipient(&blame.culprit.author);
                    if let (Some(person), Some(finding)) = (told.person(), &finding) {
                        let markdown = world.markdown(finding);
                        let notice = blame.notice(finding, person.clone(), markdown);
                        told_before = !self.tell(&notice).await?;
                    }
                    recipient = Some(told);
                    Done::Told
                }
                Order::End(end) => break *end,
            };
            if let Done::Searched(found) = &done {
                finding = Some((**found).clone());
            }
            order = tick.next(done);
        };
        self.remember(tick.state()).await?;
        let (told, held) = self.deliver(world, now_ms).await?;
        Ok(TickReport {
            end,
            recipient,
            told_before,
            told,
            held,
        })
    }

    /// What is handed to publishers, and what they did of it before.
    fn release(&self, branch: &str, version: Version, state: &State) -> (Release, Partly) {
        let before = state.partly.clone();
        let before = before.filter(|partly| partly.version == version.id);
        let before = before.unwrap_or_else(|| Partly {
            version: version.id.clone(),
            ..Partly::default()
        });
        let key = Key::of_release(&self.name, &version.id, state.publications);
        let release = Release {
            key: key.to_string(),
            project: self.project.clone(),
            branch: branch.to_owned(),
            version,
            previous: state.published.clone(),
        };
        (release, before)
    }

    async fn remember(&self, state: &State) -> Result<(), JournalError> {
        // It is plain data, which always has a text.
        let text = serde_json::to_string(state).unwrap_or_default();
        self.journal.remember_watch(&self.name, &text).await
    }

    /// Has all notifiers tell of a culprit; false if all of them were asked before.
    async fn tell(&self, notice: &Notice) -> Result<bool, JournalError> {
        let notifiers: Vec<&str> = self.notifiers.iter().map(String::as_str).collect();
        let text = serde_json::to_string(notice).unwrap_or_default();
        let added = self
            .journal
            .add_notices(&self.name, &notice.key, &notifiers, &text)
            .await?;
        Ok(added > 0)
    }

    /// Tells what is due. Gives what notifiers did, and how many culprits have to wait for another
    /// day.
    async fn deliver<W: World>(
        &self,
        world: &W,
        now_ms: u64,
    ) -> Result<(Vec<Telling>, usize), JournalError> {
        let (journal, name) = (&self.journal, &self.name);
        let since_ms = now_ms.saturating_sub(DAY_MS);
        let told_today = journal.told_since(name, since_ms).await?;
        let mut told_today: BTreeSet<String> = told_today.into_iter().collect();
        let mut held = BTreeSet::new();
        let mut told = Vec::new();
        for due in journal.due_notices(name, now_ms).await? {
            if !self.notifiers.contains(&due.notifier) {
                continue;
            }
            let enough = told_today.len() >= self.per_day as usize;
            if enough && !told_today.contains(&due.culprit) {
                held.insert(due.culprit);
                continue;
            }
            let Ok(notice) = serde_json::from_str::<Notice>(&due.notice) else {
                tracing::warn!(culprit = %due.culprit, "a notice cannot be read and is not told");
                journal.told_notice(name, &due, now_ms).await?;
                continue;
            };
            let telling = self.attempt(world, &due, notice, now_ms).await?;
            if telling.result.is_ok() {
                told_today.insert(due.culprit);
            }
            told.push(telling);
        }
        Ok((told, held.len()))
    }

    async fn attempt<W: World>(
        &self,
        world: &W,
        due: &StoredNotice,
        notice: Notice,
        now_ms: u64,
    ) -> Result<Telling, JournalError> {
        let pause = pause(due.attempts.saturating_add(1)).as_millis();
        let again_ms = now_ms.saturating_add(u64::try_from(pause).unwrap_or(u64::MAX));
        self.journal
            .attempt_notice(&self.name, due, again_ms)
            .await?;
        let (culprit, recipient) = (notice.culprit.clone(), notice.recipient.clone());
        let result = world.notify(&due.notifier, notice).await;
        if result.is_ok() {
            self.journal.told_notice(&self.name, due, now_ms).await?;
        }
        Ok(Telling {
            notifier: due.notifier.clone(),
            culprit,
            recipient,
            result,
        })
    }
}

fn found(result: Result<Finding, String>) -> Done {
    result.map_or_else(Done::Failed, |finding| Done::Searched(Box::new(finding)))
}

#[cfg(test)]
mod tests;
