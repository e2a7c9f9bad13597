//! A search in which a person says what versions are.

use crate::archive::Archive;
use crate::driver::SearchError;
use crate::inquiry::{Belief, Inquiry};
use crate::opening;
use crate::record::Record;
use crate::request::{Ends, Request};
use crate::standing;
use crate::territory::Territory;
use std::sync::Arc;
use stepwell_event::{
    BisectEvent, Conclusion, Finding, NoiseModel, Observation, SearchId, Verdict, Version,
};
use stepwell_runner::now_ms;
use stepwell_store::{Claim, Journal};

/// A search that a person has a hand in: with themselves as the oracle, or to correct an oracle. What
/// is said after the end of a search opens it again.
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
    /// An oracle judges: whoever goes on with the search asks it.
    Oracle,
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
            let versions = manual.inquiry(&[])?.counted();
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
    /// A setting cannot be used, or what was said cannot be right.
    pub fn turn(&self) -> Result<Turn, SearchError> {
        if let Some(conclusion) = self.record.conclusion()
            && self.record.is_over()
        {
            return Ok(Turn::Concluded(Box::new(conclusion.clone())));
        }
        if !self.record.is_by_hand() {
            return Ok(Turn::Oracle);
        }
        let said = self.said();
        self.check(&said)?;
        let mut inquiry = self.inquiry(&said)?;
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

    /// What somebody says of versions, the last word of each.
    fn said(&self) -> Vec<(Version, Verdict)> {
        let facts = self.record.facts().into_iter();
        let marks = facts.filter(|fact| fact.purpose.is_none());
        let known = marks.filter_map(|mark| {
            let version = self.territory.version(mark.version)?;
            Some((version.clone(), mark.observation.verdict))
        });
        known.collect()
    }

    /// What would follow if only this were known. Nothing is weighed: a person is not asked a second
    /// time, and what they say is not doubted.
    fn inquiry(&self, said: &[(Version, Verdict)]) -> Result<Inquiry, SearchError> {
        let mut settings = self.record.settings.clone();
        settings.ends = Ends::Neither;
        settings.verify = 0;
        let territory = Arc::clone(&self.territory);
        let (noise, belief) = (NoiseModel::Deterministic, Belief::default());
        let mut inquiry = Inquiry::new(territory, settings, noise, belief, false)
            .map_err(SearchError::Settings)?;
        for (version, verdict) in said {
            inquiry.observe(&version.id, None, &observed(*verdict));
        }
        Ok(inquiry)
    }

    /// Refuses what cannot be right: otherwise the same version would be asked about for ever.
    fn check(&self, said: &[(Version, Verdict)]) -> Result<(), SearchError> {
        // An oracle judges the ends too, and may be corrected.
        let (ends, between): (Vec<_>, Vec<_>) = said
            .iter()
            .cloned()
            .partition(|(version, _)| self.is_end(&version.id));
        if self.record.is_by_hand() {
            let taken = |version: &Version| match self.territory.place(&version.id) {
                Some(_) => Verdict::Bad,
                None => Verdict::Good,
            };
            let other = ends
                .into_iter()
                .find(|(version, verdict)| *verdict != taken(version));
            if let Some((version, _)) = other {
                return Err(SearchError::End(Box::new(version)));
            }
        }
        match self.inquiry(&between)?.weighs() {
            true => Err(SearchError::Contradictory(self.contradictory(between))),
            false => Ok(()),
        }
    }

    /// Two of these that contradict one another; all if only together they do, such as when what lies
    /// between them changes nothing in the paths.
    fn contradictory(&self, said: Vec<(Version, Verdict)>) -> Vec<(Version, Verdict)> {
        let of = |wanted: Verdict| said.iter().filter(move |(_, verdict)| *verdict == wanted);
        for bad in of(Verdict::Bad).rev() {
            let place: Vec<u32> = self.territory.place(&bad.0.id).into_iter().collect();
            let descends = standing::descendants(&self.territory, &place);
            let is_after = |version: &Version| {
                let place = self.territory.place(&version.id);
                place.and_then(|place| descends.get(place as usize)) == Some(&true)
            };
            if let Some(good) = of(Verdict::Good).rev().find(|(good, _)| is_after(good)) {
                return vec![bad.clone(), good.clone()];
            }
        }
        said
    }

    /// Takes it that versions are what somebody says, in this order; it is durable when this returns.
    ///
    /// # Errors
    ///
    /// One of them is not searched, or cannot be that; or the journal cannot be written. Nothing is
    /// taken then.
    pub async fn mark(&mut self, marks: &[(String, Verdict)]) -> Result<(), SearchError> {
        let mut events = Vec::new();
        let mut said = self.said();
        for (id, verdict) in marks {
            let version = self.territory.version(id);
            let version = version.ok_or_else(|| SearchError::Outside(id.clone()))?;
            said.retain(|(known, _)| known.id != *id);
            said.push((version.clone(), *verdict));
            events.push(BisectEvent::Marked {
                version: Box::new(version.clone()),
                observation: Box::new(observed(*verdict)),
            });
        }
        self.check(&said)?;
        self.append(events).await
    }

    /// Whether something can be said of a version: it lies between the ends, or is one.
    #[must_use]
    pub fn knows(&self, id: &str) -> bool {
        self.territory.version(id).is_some()
    }

    /// Whether a version that is known is an end: the bad one, a good one, or where two lines part.
    #[must_use]
    pub fn is_end(&self, id: &str) -> bool {
        self.territory.place(id).is_none() || self.territory.bad().is_some_and(|bad| bad.id == id)
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

    /// Ends a search by hand with its conclusion and gives the report; none while something is left to
    /// judge. What an oracle judges is ended by the driver alone, which sees to it that the conclusion
    /// holds.
    ///
    /// # Errors
    ///
    /// See [`Manual::turn`]; or the journal cannot be written.
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
fn observed(verdict: Verdict) -> Observation {
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
