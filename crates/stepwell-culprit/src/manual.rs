//! A search in which a person says what versions are.

use crate::archive::Archive;
use crate::driver::SearchError;
use crate::inquiry::{Belief, Inquiry};
use crate::opening;
use crate::record::Record;
use crate::request::{Ends, Request};
use crate::territory::Territory;
use std::sync::Arc;
use stepwell_event::{BisectEvent, Conclusion, Finding, Observation, SearchId, Verdict, Version};
use stepwell_runner::now_ms;
use stepwell_store::{Claim, Journal};

/// A search that a person has a hand in: with themselves as the oracle, or between two stretches that
/// an oracle judges.
pub struct Manual {
    record: Record,
    territory: Arc<Territory>,
    journal: Journal,
    _claim: Claim,
}

/// What comes next in a search by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// This version is to be judged.
    Judge {
        /// It.
        version: Box<Version>,
        /// Versions that may still be to blame.
        left: u32,
        /// About how many judgements are left.
        rounds: u32,
    },
    /// The search has ended.
    Concluded(Box<Conclusion>),
}

impl Manual {
    /// Begins a search.
    ///
    /// # Errors
    ///
    /// See [`SearchError`].
    pub async fn begin<A: Archive>(
        request: Request,
        archive: Arc<A>,
        journal: Journal,
    ) -> Result<Self, SearchError> {
        let (opened, events) = opening::begin(request, archive, &journal).await?;
        for (seq, (time_ms, event)) in (0..).zip(&events) {
            journal.append_search(opened.record.id, seq, *time_ms, event);
        }
        journal.flush().await?;
        let mut manual = Self::new(opened, journal, events);
        if manual.record.conclusion().is_none() {
            let versions = manual.inquiry()?.counted();
            let commits = u32::try_from(manual.territory.suspects.len()).unwrap_or(u32::MAX);
            let ranged = BisectEvent::Ranged { commits, versions };
            manual.append(vec![ranged]).await?;
        }
        Ok(manual)
    }

    /// Goes on with a search, whoever judged in it.
    ///
    /// # Errors
    ///
    /// See [`SearchError`].
    pub async fn load<A: Archive>(
        search: SearchId,
        archive: Arc<A>,
        journal: Journal,
    ) -> Result<Self, SearchError> {
        let opened = opening::load(search, archive, &journal).await?;
        Ok(Self::new(opened, journal, Vec::new()))
    }

    fn new(opened: opening::Opened, journal: Journal, events: Vec<(u64, BisectEvent)>) -> Self {
        let mut record = opened.record;
        record.events.extend(events);
        Self {
            record,
            territory: opened.territory,
            journal,
            _claim: opened.claim,
        }
    }

    /// The search's identifier.
    #[must_use]
    pub fn id(&self) -> SearchId {
        self.record.id
    }

    /// What was journalled.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// What comes next. A conclusion is not journalled before [`Manual::conclude`].
    ///
    /// # Errors
    ///
    /// A setting cannot be used.
    pub fn turn(&self) -> Result<Turn, SearchError> {
        if let Some(conclusion) = self.record.conclusion()
            && self.record.is_over()
        {
            return Ok(Turn::Concluded(Box::new(conclusion.clone())));
        }
        let mut inquiry = self.inquiry()?;
        let step = inquiry.next(1);
        let progress = inquiry.progress();
        Ok(match (step.start.into_iter().next(), step.conclusion) {
            (Some(want), None) => Turn::Judge {
                version: Box::new(want.version),
                left: progress.map_or(0, |progress| progress.left),
                rounds: progress.map_or(0, |progress| progress.rounds),
            },
            (_, Some(conclusion)) => Turn::Concluded(Box::new(conclusion)),
            (None, None) => Turn::Concluded(Box::new(Conclusion::NothingToDo)),
        })
    }

    /// What is known so far.
    fn inquiry(&self) -> Result<Inquiry, SearchError> {
        let noise = self.record.summary().map(|summary| summary.noise);
        let noise = noise.ok_or(SearchError::Damaged(self.record.id))?;
        let mut settings = self.record.settings.clone();
        // A person is asked about what is not known, and not a second time.
        settings.ends = Ends::Neither;
        settings.verify = 0;
        let territory = Arc::clone(&self.territory);
        let mut inquiry = Inquiry::new(territory, settings, noise, Belief::default(), false)
            .map_err(SearchError::Settings)?;
        for fact in self.record.plain_facts() {
            inquiry.observe(fact.version, fact.purpose, fact.observation);
        }
        Ok(inquiry)
    }

    /// Takes it that versions are what somebody says, in this order; it is durable when this returns.
    ///
    /// # Errors
    ///
    /// One of them is not searched, or the journal cannot be written.
    pub async fn mark(&mut self, marks: &[(String, Verdict)]) -> Result<(), SearchError> {
        let mut events = Vec::new();
        for (id, verdict) in marks {
            let version = self.territory.version(id);
            let version = version.ok_or_else(|| SearchError::Outside(id.clone()))?;
            events.push(BisectEvent::Marked {
                version: Box::new(version.clone()),
                observation: Box::new(said(*verdict)),
            });
        }
        self.append(events).await
    }

    /// Takes back the last of what somebody said; says of which version. None if nothing is left.
    ///
    /// # Errors
    ///
    /// The journal cannot be written.
    pub async fn undo(&mut self) -> Result<Option<Version>, SearchError> {
        let marks = self.record.marks();
        let last = marks.last().and_then(|id| self.territory.version(id));
        let Some(version) = last.cloned() else {
            return Ok(None);
        };
        let id = version.id.clone();
        self.append(vec![BisectEvent::Unmarked { version: id }])
            .await?;
        Ok(Some(version))
    }

    /// Ends the search with its conclusion and gives the report; none while something is left to judge.
    ///
    /// # Errors
    ///
    /// The journal cannot be written.
    pub async fn conclude(&mut self) -> Result<Option<Finding>, SearchError> {
        let Turn::Concluded(conclusion) = self.turn()? else {
            return Ok(None);
        };
        if !self.record.is_over() {
            self.append(vec![BisectEvent::Concluded(conclusion)])
                .await?;
        }
        Ok(crate::finding::assemble(&self.record, &self.territory))
    }

    async fn append(&mut self, events: Vec<BisectEvent>) -> Result<(), SearchError> {
        for event in events {
            let seq = self.record.events.len() as u64;
            let now = now_ms();
            self.journal.append_search(self.record.id, seq, now, &event);
            self.record.events.push((now, event));
        }
        Ok(self.journal.flush().await?)
    }
}

/// What a person says of a version.
fn said(verdict: Verdict) -> Observation {
    let (good_trials, bad_trials) = match verdict {
        Verdict::Good => (1, 0),
        Verdict::Bad => (0, 1),
        Verdict::Skip(_) => (0, 0),
    };
    Observation {
        verdict,
        reason: "somebody said so".to_owned(),
        good_trials,
        bad_trials,
        signature: None,
        measurements: Vec::new(),
        evidence: Vec::new(),
        cacheable: false,
    }
}
