//! The time and the random bytes that a guest sees.

use crate::harness::{run, task};
use std::time::Duration;
use stepwell_event::{Clock, Grants, Random};

fn clock(clock: Clock) -> Grants {
    Grants {
        clock,
        ..Grants::default()
    }
}

fn random(seed: Option<u64>) -> Grants {
    Grants {
        random: seed.map_or(Random::Real, |seed| Random::Seeded { seed }),
        ..Grants::default()
    }
}

#[test]
fn real_clocks_go_on_in_coarse_steps() {
    let ran = run("clock_read").args([20]).grants(clock(Clock::Real)).go();
    let said = ran.succeeded();
    let reads: Vec<Vec<f64>> = said
        .lines()
        .take(2)
        .map(|line| {
            let numbers = line.split(' ').skip(1);
            numbers.map(|number| number.parse().unwrap()).collect()
        })
        .collect();
    assert!(reads[1][0] >= reads[0][0] + 0.019, "{said}");
    assert!(reads[1][1] >= reads[0][1] + 19_000_000.0, "{said}");
    assert!(
        said.ends_with("finer than 100 microseconds: false\nresolution 100000 100000\n"),
        "{said}"
    );
}

#[test]
fn a_frozen_clock_stands_still_and_sleeping_takes_its_time() {
    let frozen = clock(Clock::Frozen {
        at_ms: 1_700_000_000_123,
    });
    let ran = run("clock_read").args([100]).grants(frozen).go();
    assert_eq!(
        ran.succeeded(),
        "before 1700000000.123000000 1700000000123000000\n\
         after 1700000000.123000000 1700000000123000000\n\
         finer than 100 microseconds: false\nresolution 100000 100000\n"
    );
    assert!(ran.took >= Duration::from_millis(100), "{:?}", ran.took);
}

#[test]
fn a_frozen_clock_does_not_hold_up_the_deadline() {
    let frozen = clock(Clock::Frozen { at_ms: 0 });
    for guest in ["time_spin", "time_sleep", "time_poll"] {
        let ran = run(guest).grants(frozen.clone()).timeout(300).go();
        assert_eq!(ran.stopped_soon().outcome().name(), "timed-out");
    }
}

#[test]
fn a_seed_gives_the_same_random_bytes_each_time() {
    let draw = |seed| run("random_draw").grants(random(seed)).go().succeeded();
    let first = draw(Some(7));
    assert_eq!(first, draw(Some(7)));
    assert_ne!(first, draw(Some(8)));
    assert_ne!(first, draw(None));
    assert_ne!(draw(None), draw(None));
    // The sources are apart.
    let lines: Vec<&str> = first.lines().collect();
    assert_ne!(lines[0], lines[2]);
    assert_ne!(lines[1], lines[3]);
}

#[test]
fn a_guest_that_calls_too_often_waits() {
    let calls = |times: &str, per_second| {
        task("task-calls")
            .input("times", times)
            .limit(stepwell_event::LimitKind::CallsPerSecond, per_second)
    };
    // A hundred calls at once, and the rest at their pace.
    let ran = calls("600", 1_000).go();
    ran.succeeded();
    assert!(ran.took >= Duration::from_millis(350), "{:?}", ran.took);
    assert!(ran.report.usage.cpu_us < 200_000, "{:?}", ran.report.usage);
    // Whoever waits is stopped like anybody else.
    let ran = calls("1000000000", 10).timeout(300).grace(100).go();
    assert_eq!(ran.stopped_soon().outcome().name(), "timed-out");
    // And who stays within the limit does not notice it.
    calls("10000", 10_000_000).timeout(5_000).go().succeeded();
}
