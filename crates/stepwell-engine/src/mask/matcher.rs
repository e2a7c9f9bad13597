//! Finds secrets byte by byte, in time that does not depend on what they are.
//!
//! An automaton over all forms at once. It cannot be added to, and building it anew for each of
//! hundreds of secrets would be a way to keep the host busy. So there are several, each at least
//! [`GROWTH`] times as large as the next: a new form goes into the last one, and a form is built into
//! an automaton only a few times in its life.

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, BuildError, MatchKind};
use std::ops::Range;
use std::sync::Arc;

/// A larger factor means fewer automata to step and more work for a new secret.
const GROWTH: usize = 8;

/// One automaton, and the state in which a text begins.
struct Tier {
    forms: Vec<Arc<str>>,
    bytes: usize,
    automaton: NFA,
    start: StateID,
}

impl Tier {
    fn new(forms: Vec<Arc<str>>) -> Result<Self, String> {
        let explain = |error: BuildError| error.to_string();
        let automaton = NFA::builder()
            .match_kind(MatchKind::Standard)
            .prefilter(false)
            .build(forms.iter().map(|form| form.as_bytes()))
            .map_err(explain)?;
        let start = automaton
            .start_state(Anchored::No)
            .map_err(|error| error.to_string())?;
        Ok(Self {
            bytes: forms.iter().map(|form| form.len()).sum(),
            forms,
            automaton,
            start,
        })
    }
}

/// All automata of a mask.
#[derive(Default)]
pub(super) struct Matcher {
    tiers: Vec<Tier>,
}

/// A walk through the automata.
#[derive(Default)]
pub(super) struct Walk {
    states: Vec<StateID>,
    /// No form begins before this place and ends after where the walk is.
    pub(super) start: usize,
}

impl Matcher {
    /// Finds `forms` too.
    pub(super) fn add(&mut self, mut forms: Vec<Arc<str>>) -> Result<(), String> {
        let mut bytes: usize = forms.iter().map(|form| form.len()).sum();
        let mut kept = self.tiers.len();
        while let Some(tier) = kept.checked_sub(1).and_then(|last| self.tiers.get(last))
            && tier.bytes <= GROWTH * bytes
        {
            bytes += tier.bytes;
            forms.extend(tier.forms.iter().cloned());
            kept -= 1;
        }
        let tier = Tier::new(forms)?;
        self.tiers.truncate(kept);
        self.tiers.push(tier);
        Ok(())
    }

    /// Starts a walk at `start`, before which no form begins.
    pub(super) fn start(&self, walk: &mut Walk, start: usize) {
        walk.start = start;
        walk.states.clear();
        walk.states.extend(self.tiers.iter().map(|tier| tier.start));
    }

    /// Takes the bytes of `range`, and stops as soon as it is at `until` or later and within no form.
    /// Gives where it stopped so, or nothing if a form may go on after the range.
    pub(super) fn walk(
        &self,
        walk: &mut Walk,
        bytes: &[u8],
        range: Range<usize>,
        until: usize,
        found: &mut Vec<Range<usize>>,
    ) -> Option<usize> {
        let start = range.start;
        let bytes = bytes.get(range).unwrap_or_default();
        for (end, byte) in (start + 1..).zip(bytes) {
            let mut idle = true;
            let mut longest = 0;
            for (tier, state) in self.tiers.iter().zip(&mut walk.states) {
                *state = tier.automaton.next_state(Anchored::No, *state, *byte);
                if *state == tier.start {
                    continue;
                }
                idle = false;
                if tier.automaton.is_match(*state) {
                    // The longest is the first: the others are those of shorter suffixes.
                    let pattern = tier.automaton.match_pattern(*state, 0);
                    longest = longest.max(tier.automaton.pattern_len(pattern));
                }
            }
            if longest > 0 {
                push(end - longest..end, found);
            }
            if idle {
                walk.start = end;
                if end >= until {
                    return Some(end);
                }
            }
        }
        None
    }
}

/// Adds a place that ends after all others, and swallows those that it overlaps or touches.
fn push(mut place: Range<usize>, found: &mut Vec<Range<usize>>) {
    while let Some(last) = found.pop_if(|last| last.end >= place.start) {
        place.start = place.start.min(last.start);
    }
    found.push(place);
}
