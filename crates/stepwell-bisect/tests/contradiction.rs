//! Judgements that cannot all be right, in searches that expected no noise.

#![cfg(test)]

use stepwell_bisect::*;

const GOOD: Seen = Seen::Trials { good: 1, bad: 0 };
const BAD: Seen = Seen::Trials { good: 0, bad: 1 };

fn search(history: History) -> Search {
    Search::new(history, Options::default()).unwrap()
}

/// Judges with this oracle until something is found.
fn finish(search: &mut Search, judge: impl Fn(Candidate) -> Seen) -> (Found, u32) {
    let mut runs = 0;
    loop {
        let next = search.next(1);
        if let Some(found) = next.found {
            return (found, runs);
        }
        for start in next.start {
            runs += 1;
            assert!(runs < 1000, "there is no end");
            search.observe(start.candidate, judge(start.candidate));
        }
    }
}

fn line(culprit: u32) -> impl Fn(Candidate) -> Seen {
    move |candidate| if candidate.0 >= culprit { BAD } else { GOOD }
}

#[test]
fn a_wrong_judgement_that_is_contradicted_does_not_blame_the_wrong_version() {
    let mut search = search(History::linear(100).unwrap());
    // Wrongly; then the truth about a later one, judged at the same time.
    search.observe(Candidate(40), BAD);
    assert_eq!(search.progress().confidence, None);
    search.observe(Candidate(60), GOOD);
    assert!(search.progress().confidence.is_some());
    let (found, _) = finish(&mut search, line(80));
    let Found::Culprit {
        candidate,
        confidence,
    } = found
    else {
        panic!("{found:?}");
    };
    assert_eq!(candidate, Candidate(80));
    assert!((0.99..1.0).contains(&confidence), "{confidence}");
}

#[test]
fn two_judgements_of_one_version_that_differ_are_weighed() {
    for (first, second) in [(GOOD, BAD), (BAD, GOOD)] {
        let mut search = search(History::linear(50).unwrap());
        search.observe(Candidate(20), first);
        search.observe(Candidate(20), second);
        assert!(search.progress().confidence.is_some());
        let (found, runs) = finish(&mut search, line(33));
        assert!(
            matches!(
                found,
                Found::Culprit {
                    candidate: Candidate(33),
                    ..
                }
            ),
            "{found:?}"
        );
        assert!(runs > 5, "{runs}");
    }
    let mut both = search(History::linear(50).unwrap());
    both.observe(Candidate(20), Seen::Trials { good: 1, bad: 1 });
    assert!(both.progress().confidence.is_some());
}

#[test]
fn the_bad_version_that_is_found_good_is_a_contradiction_too() {
    let fork = History::new(&[vec![], vec![0], vec![0], vec![1, 2]]).unwrap();
    for history in [History::linear(4).unwrap(), fork] {
        let mut search = search(history);
        search.observe(Candidate(3), GOOD);
        assert!(search.progress().confidence.is_some());
    }
}

#[test]
fn branches_that_are_bad_for_reasons_of_their_own_contradict_nothing() {
    // 0 - 1 - 3, 0 - 2 - 3: both 1 and 2 are bad, and 0 is good.
    let mut search = search(History::new(&[vec![], vec![0], vec![0], vec![1, 2]]).unwrap());
    search.observe(Candidate(1), BAD);
    search.observe(Candidate(2), BAD);
    let (found, _) = finish(
        &mut search,
        |candidate| if candidate.0 == 0 { GOOD } else { BAD },
    );
    let candidate = Candidate(1);
    assert_eq!(
        found,
        Found::Culprit {
            candidate,
            confidence: 1.0
        }
    );
}

#[test]
fn a_good_version_that_descends_from_a_bad_one_in_a_graph_is_a_contradiction() {
    let mut search =
        search(History::new(&[vec![], vec![0], vec![0], vec![2], vec![1, 3]]).unwrap());
    search.observe(Candidate(1), BAD);
    // Not a suspect any more, but it says something of a bad one's ancestor only.
    search.observe(Candidate(3), GOOD);
    assert_eq!(search.progress().confidence, None);
    search.observe(Candidate(2), BAD);
    assert!(search.progress().confidence.is_some());
}

#[test]
fn what_a_cancelled_judgement_still_says_is_ignored() {
    let mut search = search(History::linear(100).unwrap());
    let started = search.next(3).start;
    let [oldest, middle, newest] = started.as_slice() else {
        panic!("{started:?}");
    };
    search.observe(middle.candidate, BAD);
    let next = search.next(1);
    assert_eq!(next.cancel, [newest.candidate]);
    assert!(
        next.start
            .iter()
            .all(|start| start.candidate < middle.candidate)
    );
    let left = search.progress();
    search.observe(newest.candidate, GOOD);
    assert_eq!(search.progress(), left);
    search.observe(oldest.candidate, GOOD);
    assert!(search.progress().left < left.left);
}

#[test]
fn what_is_withdrawn_is_judged_again() {
    let mut search = search(History::linear(9).unwrap());
    let first = search.next(1).start;
    assert_eq!(search.next(0).start, []);
    search.withdraw(first[0].candidate);
    assert_eq!(search.next(1).start, first);
}

#[test]
fn options_that_cannot_be_used_are_refused_in_words() {
    let plain = Options::default;
    for (options, problem) in [
        (
            Options {
                confidence: 1.0,
                ..plain()
            },
            "between 0.5 and 1",
        ),
        (
            Options {
                confidence: f64::NAN,
                ..plain()
            },
            "between 0.5 and 1",
        ),
        (
            Options {
                no_culprit: Some(1.0),
                ..plain()
            },
            "below 1",
        ),
        (
            Options {
                trials: 0,
                ..plain()
            },
            "at least 1",
        ),
        (
            Options {
                prior: vec![1.0],
                ..plain()
            },
            "1 weights for 2 versions",
        ),
        (
            Options {
                prior: vec![0.0, 0.0],
                ..plain()
            },
            "all weights are 0",
        ),
        (
            Options {
                prior: vec![-1.0, 2.0],
                ..plain()
            },
            "negative",
        ),
        (
            Options {
                costs: vec![0.0, 1.0],
                ..plain()
            },
            "not positive",
        ),
    ] {
        let error = Search::new(History::linear(2).unwrap(), options)
            .err()
            .unwrap();
        assert!(error.to_string().contains(problem), "{error}");
    }
}

#[test]
fn a_version_that_is_thought_impossible_is_found_all_the_same() {
    let mut prior = vec![0.0; 64];
    prior[10] = 1.0;
    let options = Options {
        prior,
        ..Options::default()
    };
    let mut search = Search::new(History::linear(64).unwrap(), options).unwrap();
    let (found, runs) = finish(&mut search, line(50));
    let candidate = Candidate(50);
    assert_eq!(
        found,
        Found::Culprit {
            candidate,
            confidence: 1.0
        }
    );
    assert!(runs <= 10, "{runs}");
}

#[test]
fn a_search_that_doubts_the_bad_version_can_find_that_nothing_is_to_blame() {
    let options = Options {
        no_culprit: Some(0.4),
        ..Options::default()
    };
    let mut search = Search::new(History::linear(64).unwrap(), options).unwrap();
    let (found, _) = finish(&mut search, |_| GOOD);
    assert!(
        matches!(found, Found::NoCulprit { confidence } if confidence > 0.98),
        "{found:?}"
    );
}

#[test]
fn a_bad_version_that_is_good_the_second_time_may_have_been_a_flake() {
    let mut search = search(History::linear(64).unwrap());
    search.observe(Candidate(63), BAD);
    let newest_is_left = |search: &mut Search| {
        let next = search.next(1);
        match (next.found, next.start.as_slice()) {
            (Some(found), _) => Some(found),
            (None, [start]) => {
                search.observe(start.candidate, GOOD);
                None
            }
            (None, other) => panic!("{other:?}"),
        }
    };
    // Without a contradiction nothing is judged twice, and the newest is all that is left.
    let mut runs = 0;
    let found = loop {
        if let Some(found) = newest_is_left(&mut search) {
            break found;
        }
        runs += 1;
    };
    let candidate = Candidate(63);
    assert_eq!(
        found,
        Found::Culprit {
            candidate,
            confidence: 1.0
        }
    );
    assert_eq!(runs, 6);
    search.observe(candidate, GOOD);
    let (found, _) = finish(&mut search, |_| GOOD);
    assert!(
        matches!(found, Found::NoCulprit { confidence } if confidence >= 0.99),
        "{found:?}"
    );
}
