//! What is known of a search from what was journalled of it.

use crate::archive::Archive;
use crate::finding;
use crate::request::Settings;
use crate::territory::{Bounds, Territory};
use std::collections::HashMap;
use std::sync::Arc;
use stepwell_event::{
    BisectEvent, Conclusion, Finding, Lens, Observation, ProbeEnd, Purpose, SearchId, SearchSummary,
};
use stepwell_store::{Journal, JournalError};

/// A search as it was journalled.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its identifier.
    pub id: SearchId,
    /// How it searches.
    pub settings: Settings,
    /// What the caller keeps with it.
    pub caller: String,
    /// What happened, each with its milliseconds since the Unix epoch.
    pub events: Vec<(u64, BisectEvent)>,
}

/// Something that was learnt of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fact<'a> {
    /// The version's identifier.
    pub(crate) version: &'a str,
    /// Why it was judged; none if somebody said it.
    pub(crate) purpose: Option<Purpose>,
    pub(crate) observation: &'a Observation,
    /// Commits whose changes were taken back in it.
    pub(crate) reverted: &'a [String],
}

impl Record {
    /// Reads a search; none if there is none of that identifier.
    ///
    /// # Errors
    ///
    /// The journal cannot be read.
    pub async fn read(journal: &Journal, search: SearchId) -> Result<Option<Self>, JournalError> {
        let stored = journal.searches().await?;
        let Some(stored) = stored.into_iter().find(|stored| stored.id == search) else {
            return Ok(None);
        };
        Ok(Some(Self {
            id: search,
            // A setting that is not known any more has the value that it has by default.
            settings: serde_json::from_str(&stored.settings).unwrap_or_default(),
            caller: stored.caller,
            events: journal.search_events(search).await?,
        }))
    }

    /// The identifiers of all searches, oldest first, and whether each has ended.
    ///
    /// # Errors
    ///
    /// The journal cannot be read.
    pub async fn list(journal: &Journal) -> Result<Vec<(SearchId, bool)>, JournalError> {
        let stored = journal.searches().await?;
        Ok(stored
            .into_iter()
            .map(|stored| (stored.id, stored.finished))
            .collect())
    }

    /// What was asked; none if the process was killed before that was durable.
    #[must_use]
    pub fn summary(&self) -> Option<&SearchSummary> {
        self.events.iter().find_map(|(_, event)| match event {
            BisectEvent::Opened(summary) => Some(&**summary),
            _ => None,
        })
    }

    /// What was found first; none before the search has ended, and none once it goes on after that.
    #[must_use]
    pub fn conclusion(&self) -> Option<&Conclusion> {
        match self.events.last() {
            Some((_, BisectEvent::Concluded(conclusion))) => Some(conclusion),
            _ => None,
        }
    }

    /// Whether a person says what versions are, and nobody else.
    #[must_use]
    pub fn is_by_hand(&self) -> bool {
        self.summary().is_some_and(|asked| asked.oracle.is_person())
    }

    /// The trials that its budget was spent on: those of judgements that were begun, whatever came of
    /// them. What was stored before costs nothing.
    #[must_use]
    pub fn spent(&self) -> u32 {
        let mut spent: u32 = 0;
        let mut begun = HashMap::new();
        for (_, event) in &self.events {
            match event {
                BisectEvent::Started { probe, trials, .. } => {
                    begun.insert(*probe, *trials);
                    spent = spent.saturating_add(*trials);
                }
                BisectEvent::Ended { probe, end, .. }
                    if matches!(**end, ProbeEnd::Judged { cached: true, .. }) =>
                {
                    spent = spent.saturating_sub(begun.remove(probe).unwrap_or_default());
                }
                _ => {}
            }
        }
        spent
    }

    /// Whether nothing more is to be found out.
    #[must_use]
    pub fn is_over(&self) -> bool {
        let found = self.found();
        self.conclusion().is_some_and(Conclusion::is_final)
            && found.iter().all(|(_, found)| found.is_final())
    }

    /// What the searches for several culprits found, each once and in their order, the first one
    /// included. There are none if one culprit was asked for. When somebody has said what a version is,
    /// they are made again, from what was judged.
    #[must_use]
    pub fn found(&self) -> Vec<(&Lens, &Conclusion)> {
        let mut all: Vec<(&Lens, &Conclusion)> = Vec::new();
        for (_, event) in &self.events {
            match event {
                BisectEvent::Found { lens, conclusion } => {
                    let found = (&**lens, &**conclusion);
                    match all.iter_mut().find(|(known, _)| *known == found.0) {
                        Some(known) => *known = found,
                        None => all.push(found),
                    }
                }
                BisectEvent::Marked { .. } | BisectEvent::Unmarked { .. } => all.clear(),
                _ => {}
            }
        }
        all
    }

    /// The report; none before the search has ended. It blocks, since the history is read once more;
    /// if that cannot be read any more, places in it are left out.
    #[must_use]
    pub fn finding(&self, archive: &impl Archive) -> Option<Finding> {
        let bounds = self.bounds()?;
        let bounds = Bounds {
            good: &bounds.0,
            bad: &bounds.1.bad.id,
            paths: &bounds.1.paths,
            first_parent: bounds.1.first_parent,
        };
        let territory = Territory::explore(archive, &bounds).unwrap_or_default();
        finding::assemble(self, &Arc::new(territory))
    }

    /// The search for another culprit that has begun and not ended.
    pub(crate) fn begun(&self) -> Option<&Lens> {
        let mut events = self.events.iter().rev();
        events.find_map(|(_, event)| match event {
            BisectEvent::Further(lens) => Some(Some(&**lens)),
            BisectEvent::Found { .. }
            | BisectEvent::Marked { .. }
            | BisectEvent::Unmarked { .. } => Some(None),
            _ => None,
        })?
    }

    pub(crate) fn bounds(&self) -> Option<(Vec<String>, &SearchSummary)> {
        let summary = self.summary()?;
        let good = summary.good.iter().map(|good| good.id.clone()).collect();
        Some((good, summary))
    }

    /// What was learnt of versions as they are, in order.
    pub(crate) fn plain_facts(&self) -> Vec<Fact<'_>> {
        let mut facts = self.facts();
        facts.retain(|fact| fact.reverted.is_empty());
        facts
    }

    /// What was learnt, in order. What somebody said of a version stands instead of what an oracle
    /// found.
    pub(crate) fn facts(&self) -> Vec<Fact<'_>> {
        let mut begun: HashMap<u32, (&str, Purpose, &[String])> = HashMap::new();
        let mut facts: Vec<Fact<'_>> = Vec::new();
        for (_, event) in &self.events {
            match event {
                BisectEvent::Started {
                    probe,
                    version,
                    purpose,
                    reverted,
                    ..
                } => {
                    begun.insert(*probe, (&version.id, *purpose, reverted));
                }
                BisectEvent::Ended { probe, end, .. } => {
                    if let (
                        Some((version, purpose, reverted)),
                        ProbeEnd::Judged { observation, .. },
                    ) = (begun.get(probe), &**end)
                    {
                        facts.push(Fact {
                            version,
                            purpose: Some(*purpose),
                            observation,
                            reverted,
                        });
                    }
                }
                BisectEvent::Marked {
                    version,
                    observation,
                } => facts.push(Fact {
                    version: &version.id,
                    purpose: None,
                    observation,
                    reverted: &[],
                }),
                BisectEvent::Unmarked { version } => {
                    let mark = |fact: &Fact<'_>| fact.purpose.is_none() && fact.version == version;
                    if let Some(last) = facts.iter().rposition(mark) {
                        facts.remove(last);
                    }
                }
                _ => {}
            }
        }
        // Of a version as it is the last word of a person counts, and no other.
        let mut said: HashMap<&str, usize> = HashMap::new();
        for (at, fact) in facts.iter().enumerate() {
            if fact.purpose.is_none() {
                said.insert(fact.version, at);
            }
        }
        let mut at = 0..;
        facts.retain(|fact| {
            let at = at.next();
            !fact.reverted.is_empty() || said.get(fact.version).is_none_or(|last| Some(*last) == at)
        });
        facts
    }

    /// Versions of which somebody said something that was not taken back, in that order.
    pub(crate) fn marks(&self) -> Vec<&str> {
        let mut marks: Vec<&str> = Vec::new();
        for (_, event) in &self.events {
            match event {
                BisectEvent::Marked { version, .. } => marks.push(&version.id),
                BisectEvent::Unmarked { version } => {
                    if let Some(last) = marks.iter().rposition(|mark| mark == version) {
                        marks.remove(last);
                    }
                }
                _ => {}
            }
        }
        marks
    }

    /// How many times each version was judged by an oracle, by its identifier and the digest of the
    /// files that were judged.
    pub(crate) fn judged(&self) -> HashMap<(String, String), u32> {
        let mut begun: HashMap<u32, (String, String)> = HashMap::new();
        let mut judged = HashMap::new();
        for (_, event) in &self.events {
            match event {
                BisectEvent::Started { probe, version, .. } => {
                    begun.insert(*probe, (version.id.clone(), version.tree.clone()));
                }
                BisectEvent::Ended { probe, end, .. }
                    if matches!(**end, ProbeEnd::Judged { .. }) =>
                {
                    if let Some(version) = begun.get(probe) {
                        *judged.entry(version.clone()).or_default() += 1;
                    }
                }
                _ => {}
            }
        }
        judged
    }

    /// The number of the next probe.
    pub(crate) fn next_probe(&self) -> u32 {
        let probes = self.events.iter().filter_map(|(_, event)| match event {
            BisectEvent::Started { probe, .. } => Some(probe + 1),
            _ => None,
        });
        probes.max().unwrap_or(0)
    }
}
