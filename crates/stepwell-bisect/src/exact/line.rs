//! A search along a line.
//!
//! Only versions that count are on the line; the culprit is one of `first..=last`, of which `last` is
//! bad. Judgements that go on and versions that cannot be judged cut the rest into gaps; the next
//! judgement is in the middle of the widest. What cannot be judged is mostly a stretch of neighbours,
//! so once some version of it is known the gaps outside of it are halved to find its two ends, and
//! only a limited number of judgements is spent inside.

use super::belief::Belief;
use super::{Choice, Contradiction, is_contagious};
use crate::history::{Candidate, History};
use crate::search::{Found, Gaps, Options, Order, Rounding};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use stepwell_event::SkipKind;

/// See the module.
pub(crate) struct Line {
    /// What is on the line.
    versions: Vec<Candidate>,
    first: usize,
    last: usize,
    /// Versions between `first` and `last` that cannot be judged.
    skipped: BTreeMap<usize, SkipKind>,
    rounding: Rounding,
    order: Order,
    /// Judgements inside a stretch that cannot be judged.
    inside: usize,
    belief: Option<Belief>,
    /// The mass of everything before each place, if there is a belief.
    before: Vec<f64>,
}

/// Neighbours that can be judged, but for some single ones.
#[derive(Debug)]
struct Gap {
    places: Range<usize>,
    /// Those of `places` that can be judged.
    open: usize,
    /// How much there is to learn in it.
    width: f64,
    /// Whether it is between two versions that cannot be judged.
    inner: bool,
}

impl Line {
    pub(crate) fn new(history: &Arc<History>, options: &Options) -> Self {
        let counted = |candidate: &Candidate| history.counted(*candidate);
        let versions: Vec<Candidate> = history.candidates().filter(counted).collect();
        let belief = Belief::new(options, history.len());
        let mut before = Vec::new();
        if let Some(belief) = &belief {
            let mut sum = 0.0;
            before.push(sum);
            before.extend(versions.iter().map(|version| {
                sum += belief.mass(*version);
                sum
            }));
        }
        Self {
            first: 0,
            last: versions.len().saturating_sub(1),
            versions,
            skipped: BTreeMap::new(),
            rounding: options.rounding,
            order: options.order,
            inside: match options.gaps {
                Gaps::Edges { inside } => inside as usize,
                Gaps::Exhaustive => usize::MAX,
            },
            belief,
            before,
        }
    }

    /// The newest version on the line that is no newer than this one; nothing if this one is as good
    /// as what is before the line.
    fn place(&self, candidate: Candidate) -> Option<usize> {
        let older = |version: &Candidate| *version <= candidate;
        self.versions.partition_point(older).checked_sub(1)
    }

    fn version(&self, place: usize) -> Candidate {
        self.versions.get(place).copied().unwrap_or(Candidate(0))
    }

    fn versions(&self, places: impl Iterator<Item = usize>) -> Vec<Candidate> {
        places.map(|place| self.version(place)).collect()
    }

    pub(crate) fn good(&mut self, candidate: Candidate) -> Result<(), Contradiction> {
        match self.place(candidate) {
            Some(place) if place >= self.last => return Err(Contradiction),
            Some(place) if place >= self.first => self.first = place + 1,
            _ => {}
        }
        self.skipped = self.skipped.split_off(&self.first);
        Ok(())
    }

    pub(crate) fn bad(&mut self, candidate: Candidate) -> Result<(), Contradiction> {
        match self.place(candidate) {
            Some(place) if place >= self.first => self.last = self.last.min(place),
            _ => return Err(Contradiction),
        }
        self.skipped.split_off(&self.last);
        Ok(())
    }

    pub(crate) fn untestable(&mut self, candidate: Candidate, kind: SkipKind) {
        if let Some(place) = self.place(candidate)
            && (self.first..self.last).contains(&place)
        {
            self.skipped.insert(place, kind);
        }
    }

    pub(crate) fn is_open(&self, candidate: Candidate) -> bool {
        let place = self.place(candidate);
        place.is_some_and(|place| {
            (self.first..self.last).contains(&place) && !self.skipped.contains_key(&place)
        })
    }

    pub(crate) fn suspects(&self) -> usize {
        self.last - self.first + 1
    }

    pub(crate) fn choose(&self, free: usize, running: &BTreeSet<Candidate>) -> Choice {
        if self.first == self.last {
            return Choice::Found(Found::Culprit {
                candidate: self.version(self.last),
                confidence: 1.0,
            });
        }
        let places = running.iter().filter_map(|version| self.place(*version));
        let mut busy: BTreeSet<usize> = places.collect();
        let is_recent = self.order == Order::Recent && self.first == 0;
        let is_even = free > 1 && self.belief.is_none() && self.block().is_none() && !is_recent;
        let mut judge = if is_even && busy.is_empty() {
            self.even_cut(free)
        } else {
            Vec::new()
        };
        busy.extend(&judge);
        while judge.len() < free {
            let Some(place) = self.recent(&busy).or_else(|| self.widest(&busy)) else {
                break;
            };
            busy.insert(place);
            judge.push(place);
        }
        if busy.is_empty() && self.widest(&busy).is_none() {
            return Choice::Found(self.ambiguous());
        }
        Choice::Judge(self.versions(judge.into_iter()))
    }

    /// Nothing that can be judged tells the suspects apart, or is worth it.
    fn ambiguous(&self) -> Found {
        let assumed = (self.first..self.last).filter(|place| !self.skipped.contains_key(place));
        Found::Ambiguous {
            suspects: self.versions(self.first..=self.last),
            untestable: self.versions(self.skipped.keys().copied()),
            assumed: self.versions(assumed),
        }
    }

    /// The ends of what is known of a stretch that cannot be judged, both in it.
    fn block(&self) -> Option<(usize, usize)> {
        let mut block = self.contagious();
        let oldest = block.next()?;
        Some((oldest, block.next_back().unwrap_or(oldest)))
    }

    fn contagious(&self) -> impl DoubleEndedIterator<Item = usize> {
        let contagious = self
            .skipped
            .iter()
            .filter(|(_, kind)| is_contagious(**kind));
        contagious.map(|(place, _)| *place)
    }

    /// Places that cut the whole into parts of the same size.
    fn even_cut(&self, parts: usize) -> Vec<usize> {
        let Some(gap) = self.gap(self.first..self.last) else {
            return Vec::new();
        };
        let cuts = parts.min(gap.open);
        (1..=cuts)
            .map(|cut| self.cut(&gap, cut, cuts + 1))
            .collect()
    }

    /// Where to look first for a culprit that is thought to be recent.
    fn recent(&self, busy: &BTreeSet<usize>) -> Option<usize> {
        if self.order != Order::Recent || self.first > 0 || self.block().is_some() {
            return None;
        }
        let newest = self.versions.len().checked_sub(1)?;
        let ages = (1..usize::BITS).map(|steps| (1_usize << steps) - 1);
        let mut places = ages.map_while(|age| newest.checked_sub(age));
        places.find(|place| {
            *place < self.last && !busy.contains(place) && !self.skipped.contains_key(place)
        })
    }

    /// The middle of the widest gap.
    fn widest(&self, busy: &BTreeSet<usize>) -> Option<usize> {
        let block = self.block();
        let inside = |place: &usize| block.is_some_and(|(from, to)| (from..to).contains(place));
        let spent = self.contagious().count() + busy.iter().filter(|place| inside(place)).count();
        let marks: BTreeSet<usize> = busy.iter().copied().chain(self.contagious()).collect();
        let mut widest: Option<Gap> = None;
        let mut from = self.first;
        for mark in marks.range(self.first..self.last).chain([&self.last]) {
            let gap = self.gap(from..*mark);
            from = mark + 1;
            let Some(mut gap) = gap else { continue };
            gap.inner = block.is_some_and(|(from, to)| from < gap.places.start && *mark <= to);
            if gap.inner && spent >= self.inside {
                continue;
            }
            let wider = widest.as_ref().is_none_or(|widest| {
                (gap.width, gap.inner) > (widest.width, widest.inner)
                    || self.rounding == Rounding::Up
                        && (gap.width, gap.inner) == (widest.width, widest.inner)
            });
            if wider {
                widest = Some(gap);
            }
        }
        let gap = widest?;
        Some(match &self.belief {
            None => self.cut(&gap, 1, 2),
            Some(belief) => self.most_worth(&gap, belief),
        })
    }

    /// Nothing if nothing of it can be judged.
    fn gap(&self, places: Range<usize>) -> Option<Gap> {
        if places.is_empty() {
            return None;
        }
        let open = places.len() - self.closed(&places).count();
        let width = match (&self.belief, self.before.get(places.start)) {
            (Some(_), Some(start)) => self.before.get(places.end + 1).unwrap_or(&1.0) - start,
            _ => open as f64,
        };
        (open > 0).then_some(Gap {
            places,
            open,
            width,
            inner: false,
        })
    }

    /// What of some places cannot be judged, in order. What is being judged is always between gaps.
    fn closed(&self, places: &Range<usize>) -> impl Iterator<Item = usize> {
        self.skipped.range(places.clone()).map(|(place, _)| *place)
    }

    /// The place at `part` of `parts` of what can be judged in a gap.
    fn cut(&self, gap: &Gap, part: usize, parts: usize) -> usize {
        let share = (gap.open + 1) * part;
        let nth = match self.rounding {
            Rounding::Down => share / parts,
            Rounding::Up => share.div_ceil(parts),
        };
        let mut place = gap.places.start + nth.saturating_sub(1);
        for closed in self.closed(&gap.places) {
            if closed <= place {
                place += 1;
            }
        }
        place
    }

    /// The place of a gap where most is learned for what it costs.
    fn most_worth(&self, gap: &Gap, belief: &Belief) -> usize {
        let closed: BTreeSet<usize> = self.closed(&gap.places).collect();
        let before = |place: usize| self.before.get(place).copied().unwrap_or(1.0);
        let start = before(gap.places.start);
        let mut best = (gap.places.start, -1.0);
        for place in gap.places.clone() {
            if closed.contains(&place) {
                continue;
            }
            let share = (before(place + 1) - start) / gap.width;
            let worth = belief.worth(self.version(place), share);
            if worth > best.1 || self.rounding == Rounding::Up && worth == best.1 {
                best = (place, worth);
            }
        }
        best.0
    }
}
