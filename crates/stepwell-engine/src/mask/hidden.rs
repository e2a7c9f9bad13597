//! The places of a text that are replaced by stars.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::ops::Range;

const STARS: &str = "***";

/// Places in order, none of which overlap or touch.
#[derive(Debug, Default)]
pub(super) struct Hidden(VecDeque<Range<usize>>);

impl Hidden {
    /// Hides `found` too and leaves it empty.
    pub(super) fn absorb(&mut self, found: &mut Vec<Range<usize>>) {
        if found.is_empty() {
            return;
        }
        found.sort_unstable_by_key(|place| place.end);
        // What is found usually ends after all that was found before.
        let late = found
            .iter()
            .position(|place| self.0.back().is_none_or(|last| last.end <= place.end));
        let mut early: Vec<Range<usize>> = found.drain(..late.unwrap_or(found.len())).collect();
        if !early.is_empty() {
            early.extend(self.0.drain(..));
            early.sort_unstable_by_key(|place| place.end);
            early.into_iter().for_each(|place| self.push(place));
        }
        found.drain(..).for_each(|place| self.push(place));
    }

    /// Hides a place that ends after all others.
    fn push(&mut self, mut place: Range<usize>) {
        while let Some(last) = self.0.pop_back_if(|last| last.end >= place.start) {
            place.start = place.start.min(last.start);
        }
        self.0.push_back(place);
    }

    /// The part `range` of `text` with stars. A place that crosses an end of it has stars too.
    pub(super) fn print<'t>(&self, text: &'t str, range: Range<usize>) -> Cow<'t, str> {
        let first = self.0.partition_point(|place| place.end <= range.start);
        let mut at = range.start;
        let mut printed = String::new();
        for place in self.0.range(first..) {
            if place.start >= range.end {
                break;
            }
            printed.push_str(text.get(at..place.start).unwrap_or_default());
            printed.push_str(STARS);
            at = place.end.min(range.end);
        }
        let rest = text.get(at..range.end).unwrap_or_default();
        if printed.is_empty() {
            return Cow::Borrowed(rest);
        }
        printed.push_str(rest);
        Cow::Owned(printed)
    }

    /// Forgets what ends before `at`, since that was printed.
    pub(super) fn forget(&mut self, at: usize) {
        while self.0.pop_front_if(|place| place.end <= at).is_some() {}
    }

    /// The first `by` bytes of the text are gone.
    pub(super) fn shift(&mut self, by: usize) {
        for place in &mut self.0 {
            *place = place.start.saturating_sub(by)..place.end.saturating_sub(by);
        }
    }
}
