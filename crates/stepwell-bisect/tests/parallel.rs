//! Judgements that go on side by side along a line and end in any order.

#![cfg(test)]

use proptest::prelude::*;
use std::collections::BTreeSet;
use stepwell_bisect::*;
use stepwell_event::SkipKind;

/// A search and what the host knows of it.
struct Play {
    search: Search,
    running: Vec<Candidate>,
    decided: BTreeSet<Candidate>,
    log: Vec<(Candidate, Seen)>,
}

impl Play {
    fn new(count: u32, options: &Options) -> Self {
        Self {
            search: Search::new(History::linear(count).unwrap(), options.clone()).unwrap(),
            running: Vec::new(),
            decided: BTreeSet::new(),
            log: Vec::new(),
        }
    }

    /// Begins what is wanted; what was found, if anything.
    fn begin(&mut self, slots: usize) -> Option<Found> {
        loop {
            let free = slots - self.running.len();
            let next = self.search.next(free);
            assert!(next.start.len() <= free);
            for candidate in &next.cancel {
                let at = self.running.iter().position(|it| it == candidate);
                self.running
                    .swap_remove(at.expect("only what goes on is cancelled"));
            }
            if next.found.is_some() {
                assert_eq!((next.start, self.running.len()), (vec![], 0));
                return next.found;
            }
            for start in &next.start {
                assert!(
                    !self.running.contains(&start.candidate),
                    "it goes on already"
                );
                assert!(
                    !self.decided.contains(&start.candidate),
                    "it is decided already"
                );
                self.running.push(start.candidate);
            }
            if next.cancel.is_empty() {
                assert!(
                    !self.running.is_empty(),
                    "nothing is left to do and nothing was found"
                );
                return None;
            }
        }
    }

    fn end(&mut self, at: usize, seen: impl Fn(Candidate) -> Seen) {
        let candidate = self.running.swap_remove(at);
        let seen = seen(candidate);
        self.decided.insert(candidate);
        self.log.push((candidate, seen));
        self.search.observe(candidate, seen);
    }

    /// What a host does that was killed: what went on is lost, what was judged is in its journal.
    fn resume(&mut self, count: u32, options: &Options) {
        let log = std::mem::take(&mut self.log);
        *self = Self::new(count, options);
        for (candidate, seen) in log {
            self.decided.insert(candidate);
            self.log.push((candidate, seen));
            self.search.observe(candidate, seen);
        }
    }
}

proptest! {
    #[test]
    fn any_order_of_completion_and_any_restart_lead_to_the_culprit(
        count in 1_u32..150,
        at in 0.0..1.0_f64,
        slots in 1_usize..9,
        skips in prop::collection::btree_map(0_u32..150, any::<bool>(), 0..40),
        inside in 0_u32..20,
        draws in prop::collection::vec((0_usize..100, 0_u8..10), 400),
        order in prop::sample::select(vec![Order::Halving, Order::Git, Order::Recent]),
        rounding in prop::sample::select(vec![Rounding::Down, Rounding::Up]),
        costly in any::<bool>(),
    ) {
        let culprit = (f64::from(count) * at) as u32;
        let mut options = Options { order, rounding, gaps: Gaps::Edges { inside }, ..Options::default() };
        if costly {
            options.costs = (0..count).map(|version| f64::from(version % 7 + 1)).collect();
        }
        let seen = |candidate: Candidate| match skips.get(&candidate.0) {
            Some(true) => Seen::Untestable(SkipKind::BuildBroken),
            Some(false) => Seen::Untestable(SkipKind::Infrastructure),
            None if candidate.0 >= culprit => Seen::Trials { good: 0, bad: 1 },
            None => Seen::Trials { good: 1, bad: 0 },
        };
        let mut play = Play::new(count, &options);
        let mut draws = draws.into_iter();
        let found = loop {
            if let Some(found) = play.begin(slots) {
                break found;
            }
            let (draw, dice) = draws.next().unwrap();
            play.end(draw % play.running.len(), seen);
            if dice == 0 {
                play.resume(count, &options);
            } else if dice < 4 && !play.running.is_empty() {
                // Two that end at once are taken together.
                play.end(draw % play.running.len(), seen);
            }
        };
        let uncertain = |place: u32| skips.contains_key(&place);
        match found {
            Found::Culprit { candidate, confidence } => {
                prop_assert_eq!(candidate.0, culprit);
                prop_assert!((confidence - 1.0).abs() < f64::EPSILON);
            }
            Found::Ambiguous { suspects, untestable, assumed } => {
                prop_assert!(suspects.contains(&Candidate(culprit)));
                prop_assert!(untestable.iter().all(|it| uncertain(it.0)));
                prop_assert!(assumed.iter().all(|it| !play.decided.contains(it)));
                // Both ends of what is left were judged.
                let (first, last) = (suspects[0].0, suspects[suspects.len() - 1].0);
                prop_assert!(first == 0 || play.decided.contains(&Candidate(first - 1)));
                prop_assert!(last == count - 1 || play.decided.contains(&Candidate(last)));
            }
            other => prop_assert!(false, "{:?}", other),
        }
    }
}

#[test]
fn what_machines_did_fences_nothing_in() {
    // Every judgement but that of two versions fails because of the machine.
    let mut search = Search::new(History::linear(40).unwrap(), Options::default()).unwrap();
    let mut judged = BTreeSet::new();
    let found = loop {
        let next = search.next(1);
        if let Some(found) = next.found {
            break found;
        }
        let candidate = next.start[0].candidate;
        judged.insert(candidate);
        search.observe(
            candidate,
            match candidate.0 {
                5 => Seen::Trials { good: 1, bad: 0 },
                35 => Seen::Trials { good: 0, bad: 1 },
                _ => Seen::Untestable(SkipKind::Infrastructure),
            },
        );
    };
    let Found::Ambiguous {
        suspects, assumed, ..
    } = found
    else {
        panic!("{found:?}");
    };
    assert_eq!(suspects.len(), 30);
    assert_eq!(assumed, []);
    assert!(judged.len() >= 31);
}

#[test]
fn versions_that_do_not_count_are_never_judged_nor_blamed() {
    let history = History::linear(100).unwrap().counting(|it| it.0 % 10 == 3);
    let mut search = Search::new(history, Options::default()).unwrap();
    let mut runs = 0;
    let found = loop {
        let next = search.next(1);
        if let Some(found) = next.found {
            break found;
        }
        let candidate = next.start[0].candidate;
        assert_eq!(candidate.0 % 10, 3);
        let bad = u32::from(candidate.0 >= 43);
        search.observe(candidate, Seen::Trials { good: 1 - bad, bad });
        runs += 1;
    };
    let candidate = Candidate(43);
    assert_eq!(
        found,
        Found::Culprit {
            candidate,
            confidence: 1.0
        }
    );
    assert!(runs <= 4);
}

#[test]
fn the_rounds_that_are_left_shrink_with_the_number_of_judgements_at_a_time() {
    let mut search = Search::new(History::linear(1000).unwrap(), Options::default()).unwrap();
    let progress = search.progress();
    assert_eq!((progress.left, progress.rounds), (1000, 10));
    search.next(3);
    assert_eq!(search.progress().rounds, 5);
}
