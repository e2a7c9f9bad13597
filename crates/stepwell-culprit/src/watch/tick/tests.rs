//! Ticks as tables: what is remembered and seen, and what is done about it.

use super::*;
use stepwell_event::{
    Cost, Finite, NoiseModel, Observation, OracleSummary, Probe, ProbeEnd, Purpose, SearchSummary,
    Terms,
};

pub(crate) fn version(id: &str) -> Version {
    Version {
        id: id.to_owned(),
        tree: format!("tree of {id}"),
        ..Version::default()
    }
}

fn observation(verdict: Verdict, signature: Option<&str>) -> Observation {
    Observation {
        verdict,
        reason: "test x failed".to_owned(),
        good_trials: 0,
        bad_trials: 1,
        signature: signature.map(str::to_owned),
        measurements: Vec::new(),
        evidence: Vec::new(),
        cacheable: true,
    }
}

fn finding(conclusion: Conclusion, probes: Vec<Probe>) -> Finding {
    Finding {
        format: 1,
        search: "search".to_owned(),
        asked: SearchSummary {
            project: "project".to_owned(),
            good: Vec::new(),
            bad: version("head"),
            paths: Vec::new(),
            first_parent: true,
            oracle: OracleSummary {
                name: "pipeline".to_owned(),
                digest: None,
                config: "{}".to_owned(),
            },
            terms: Terms::default(),
            noise: NoiseModel::Deterministic,
            confidence: Finite::new(0.99).unwrap(),
            jobs: 1,
            command: String::new(),
        },
        commits: 9,
        versions: 9,
        range: Vec::new(),
        probes,
        conclusion,
        cost: Cost::default(),
        reproduce: String::new(),
        unverified: Vec::new(),
        further: Vec::new(),
        others: Vec::new(),
    }
}

/// The culprit `id`, of which `signature` was seen, with `good` before it.
pub(crate) fn culprit(id: &str, signature: &str, good: &str) -> Finding {
    let conclusion = Conclusion::Culprit {
        version: version(id),
        newest_good: Some(version(good)),
        confidence: Finite::new(1.0).unwrap(),
        no_op: false,
    };
    let probe = Probe {
        version: version(id),
        position: Some(3),
        purpose: Purpose::Search,
        end: ProbeEnd::Judged {
            observation: observation(Verdict::Bad, Some(signature)),
            cached: false,
        },
        started_ms: 0,
        wall_ms: 1,
        reverted: Vec::new(),
    };
    finding(conclusion, vec![probe])
}

/// What happens in the world when an order is followed.
struct World {
    /// What is seen of the newest version.
    head: Verdict,
    /// What is found, the first search last.
    found: Vec<Finding>,
    publishing: Result<(), Unpublished>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            head: Verdict::Good,
            found: Vec::new(),
            publishing: Ok(()),
        }
    }
}

fn sight(head: &str) -> Sight {
    Sight {
        branch: "main".to_owned(),
        head: version(head),
        base: None,
        insists: false,
        publishes: true,
    }
}

/// Follows all orders of a tick. Gives them in words, and what is remembered.
fn follow(sight: Sight, state: &State, mut world: World) -> (Vec<String>, TickEnd, State) {
    let mut tick = Tick::new(sight, state.clone());
    let mut orders = Vec::new();
    let mut order = tick.begin();
    for _ in 0..9 {
        let done = match &order {
            Order::JudgeHead => {
                orders.push("judge".to_owned());
                Done::Judged(HeadSeen {
                    verdict: world.head,
                    reason: "test x failed".to_owned(),
                })
            }
            Order::Search { good } => {
                orders.push(format!("search from {good}"));
                Done::Searched(Box::new(world.found.pop().unwrap()))
            }
            Order::Weigh { good } => {
                orders.push(format!("weigh from {good}"));
                Done::Searched(Box::new(world.found.pop().unwrap()))
            }
            Order::Publish(version) => {
                orders.push(format!("publish {}", version.id));
                Done::Published(world.publishing.clone())
            }
            Order::Tell(blame) => {
                let signature = blame.signature.as_deref().unwrap_or_default();
                orders.push(format!("tell {} {signature}", blame.culprit.id));
                Done::Told
            }
            Order::End(end) => return (orders, (**end).clone(), tick.state().clone()),
        };
        order = tick.next(done);
    }
    panic!("it does not end: {orders:?}");
}

#[track_caller]
fn check(sight: Sight, state: &State, world: World, expect: &[&str]) -> (TickResult, State) {
    let (orders, end, state) = follow(sight, state, world);
    assert_eq!(orders, expect);
    (end.result, state)
}

/// What is remembered after `id` was found good and published.
fn after_good(id: &str) -> State {
    let (_, state) = check(
        sight(id),
        &State::default(),
        World::default(),
        &["judge", &format!("publish {id}")],
    );
    state
}

#[test]
fn a_good_version_is_published_once() {
    let state = after_good("a");
    assert_eq!(state.good, Some(version("a")));
    assert_eq!(state.published.as_deref(), Some("a"));
    let (result, state) = check(sight("a"), &state, World::default(), &[]);
    assert_eq!(result, TickResult::NothingNew);
    let (result, _) = check(
        sight("b"),
        &state,
        World::default(),
        &["judge", "publish b"],
    );
    assert_eq!(result, TickResult::Good);
}

#[test]
fn without_anything_to_publish_with_a_good_version_is_the_next_base() {
    let quiet = |head| Sight {
        publishes: false,
        ..sight(head)
    };
    let (_, state) = check(quiet("a"), &State::default(), World::default(), &["judge"]);
    assert_eq!(state.published, None);
    let world = World {
        head: Verdict::Bad,
        found: vec![culprit("b", "E1", "a")],
        ..World::default()
    };
    check(
        quiet("c"),
        &state,
        world,
        &["judge", "search from a", "tell b E1"],
    );
}

#[test]
fn a_culprit_is_told_of_and_the_version_before_it_is_published() {
    let state = after_good("a");
    let world = World {
        head: Verdict::Bad,
        found: vec![culprit("d", "E1", "c")],
        ..World::default()
    };
    let expect = ["judge", "search from a", "tell d E1", "publish c"];
    let (result, state) = check(sight("f"), &state, world, &expect);
    assert!(matches!(result, TickResult::Culprit(blame) if blame.reason == "test x failed"));
    assert_eq!(state.good, Some(version("c")));

    // Nothing has changed since.
    let (result, state) = check(sight("f"), &state, World::default(), &[]);
    assert_eq!(result, TickResult::NothingNew);

    // A version on top is bad as well, and in another way.
    let world = World {
        head: Verdict::Bad,
        found: vec![culprit("d", "E2", "c")],
        ..World::default()
    };
    let expect = ["judge", "search from c", "tell d E2"];
    check(sight("g"), &state, world, &expect);
}

#[test]
fn a_version_that_could_not_be_published_is_published_by_the_next_tick() {
    let unpublished = Unpublished {
        partly: Partly {
            version: "a".to_owned(),
            steps: true,
            ..Partly::default()
        },
        why: "the server is away".to_owned(),
    };
    let refused = World {
        publishing: Err(unpublished.clone()),
        ..World::default()
    };
    let (orders, end, state) = follow(sight("a"), &State::default(), refused);
    assert_eq!(orders, ["judge", "publish a"]);
    assert_eq!(end.unpublished.as_deref(), Some("the server is away"));
    assert_eq!((&state.published, state.publications), (&None, 0));
    assert_eq!(state.partly, Some(unpublished.partly));
    let (result, state) = check(sight("a"), &state, World::default(), &["publish a"]);
    assert_eq!(result, TickResult::NothingNew);
    assert_eq!((&state.partly, state.publications), (&None, 1));
    check(sight("a"), &state, World::default(), &[]);
}

#[test]
fn without_a_base_nobody_is_to_blame() {
    let world = || World {
        head: Verdict::Bad,
        found: vec![culprit("d", "E1", "c")],
        ..World::default()
    };
    let (result, state) = check(sight("f"), &State::default(), world(), &["judge"]);
    assert!(matches!(result, TickResult::NoBase { .. }));
    check(sight("f"), &state, world(), &[]);
    // The user says one.
    let told = Sight {
        base: Some("a".to_owned()),
        ..sight("f")
    };
    let expect = ["judge", "search from a", "tell d E1", "publish c"];
    check(told, &state, world(), &expect);
}

#[test]
fn a_base_that_the_user_insists_on_counts_for_more() {
    let insisted = |insists| Sight {
        base: Some("b".to_owned()),
        insists,
        ..sight("f")
    };
    for (insists, from) in [(true, "search from b"), (false, "search from a")] {
        let world = World {
            head: Verdict::Bad,
            found: vec![culprit("d", "E1", "c")],
            ..World::default()
        };
        let expect = ["judge", from, "tell d E1", "publish c"];
        let (_, state) = check(insisted(insists), &after_good("a"), world, &expect);
        // With or without it, nothing is new then.
        for sight in [insisted(true), insisted(false), sight("f")] {
            check(sight, &state, World::default(), &[]);
        }
    }
}

#[test]
fn a_bad_base_blames_nobody_and_is_judged_again() {
    let world = || World {
        head: Verdict::Bad,
        found: vec![finding(
            Conclusion::BaseBad {
                version: version("a"),
            },
            Vec::new(),
        )],
        ..World::default()
    };
    let expect = ["judge", "search from a"];
    let (result, state) = check(sight("f"), &after_good("a"), world(), &expect);
    assert!(matches!(result, TickResult::Open(_)));
    check(sight("f"), &state, world(), &expect);
}

#[test]
fn a_head_that_cannot_be_judged_is_neither_published_nor_blamed() {
    let skip = |kind| World {
        head: Verdict::Skip(kind),
        ..World::default()
    };
    let state = after_good("a");
    let (result, broken) = check(sight("f"), &state, skip(SkipKind::BuildBroken), &["judge"]);
    assert!(matches!(result, TickResult::Untestable { .. }));
    assert_eq!(broken.good, Some(version("a")));
    check(sight("f"), &broken, World::default(), &[]);
    // What the machine was the reason for may be otherwise next time.
    let (_, lost) = check(
        sight("f"),
        &state,
        skip(SkipKind::Infrastructure),
        &["judge"],
    );
    check(sight("f"), &lost, World::default(), &["judge", "publish f"]);
}

#[test]
fn a_flaky_head_is_searched_with_doubt() {
    let flaky = |found| World {
        head: Verdict::Bad,
        found: vec![found, finding(Conclusion::HeadGood, Vec::new())],
        ..World::default()
    };
    let expect = ["judge", "search from a", "weigh from a"];
    let none = Conclusion::NoCulprit {
        confidence: Finite::new(0.995).unwrap(),
    };
    for found in [none, Conclusion::HeadGood] {
        let world = flaky(finding(found, Vec::new()));
        let (result, state) = check(sight("f"), &after_good("a"), world, &expect);
        assert_eq!(result, TickResult::Flake);
        // It was not found good either, so the next tick looks again.
        check(
            sight("f"),
            &state,
            World::default(),
            &["judge", "publish f"],
        );
    }

    let expect = [&expect[..], &["tell d E1", "publish c"]].concat();
    let world = flaky(culprit("d", "E1", "c"));
    check(sight("f"), &after_good("a"), world, &expect);
}

#[test]
fn a_culprit_without_a_change_is_not_told_of() {
    let conclusion = Conclusion::Culprit {
        version: version("d"),
        newest_good: Some(version("c")),
        confidence: Finite::new(1.0).unwrap(),
        no_op: true,
    };
    let world = World {
        head: Verdict::Bad,
        found: vec![finding(conclusion, Vec::new())],
        ..World::default()
    };
    let expect = ["judge", "search from a"];
    let (result, _) = check(sight("f"), &after_good("a"), world, &expect);
    assert!(matches!(result, TickResult::Open(_)));
}

#[test]
fn nothing_is_settled_before_it_was_told() {
    let state = after_good("a");
    let mut tick = Tick::new(sight("f"), state.clone());
    tick.begin();
    tick.next(Done::Judged(HeadSeen {
        verdict: Verdict::Bad,
        reason: String::new(),
    }));
    let told = tick.next(Done::Searched(Box::new(culprit("d", "E1", "c"))));
    assert!(matches!(told, Order::Tell(_)));
    assert_eq!(*tick.state(), state);
    assert_eq!(tick.next(Done::Told), Order::Publish(version("c")));
    assert_eq!(tick.state().good, Some(version("c")));
}

#[test]
fn what_failed_is_tried_again() {
    let state = after_good("a");
    let mut tick = Tick::new(sight("f"), state.clone());
    assert_eq!(tick.begin(), Order::JudgeHead);
    let Order::End(end) = tick.next(Done::Failed("no memory".to_owned())) else {
        panic!("it goes on");
    };
    assert_eq!(
        end.result,
        TickResult::Failed {
            why: "no memory".to_owned()
        }
    );
    assert_eq!(*tick.state(), state);
}
