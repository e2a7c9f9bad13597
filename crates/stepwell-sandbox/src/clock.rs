//! The time that a guest sees.
//!
//! A clock of nanoseconds lets a guest time the caches of its neighbours, and no task needs one. So
//! the real clocks go in steps of 100 µs. A frozen one stands still, so that a step can be run again
//! with the same result; sleeping takes its time all the same.

use std::time::{Duration, Instant, SystemTime};
use stepwell_event::Clock;
use wasmtime_wasi::{HostMonotonicClock, HostWallClock};

/// The step of a clock.
const GRAIN: Duration = Duration::from_micros(100);

/// The time of day.
#[derive(Debug)]
pub(crate) struct Wall(pub(crate) Clock);

impl HostWallClock for Wall {
    fn resolution(&self) -> Duration {
        GRAIN
    }

    fn now(&self) -> Duration {
        match self.0 {
            // A host whose clock is before 1970 is at 1970 for its guests.
            Clock::Real => coarse(
                SystemTime::now()
                    .duration_since(SystemTime::UNIX_EPOCH)
                    .unwrap_or_default(),
            ),
            Clock::Frozen { at_ms } => Duration::from_millis(at_ms),
        }
    }
}

/// The time since something.
#[derive(Debug)]
pub(crate) enum Monotonic {
    /// The step began.
    Since(Instant),
    /// Never: it stands at these nanoseconds.
    At(u64),
}

impl Monotonic {
    pub(crate) fn new(clock: Clock) -> Self {
        match clock {
            Clock::Real => Self::Since(Instant::now()),
            // Some runtimes take zero for a clock that does not work.
            Clock::Frozen { at_ms } => Self::At(nanos(Duration::from_millis(at_ms).max(GRAIN))),
        }
    }
}

impl HostMonotonicClock for Monotonic {
    fn resolution(&self) -> u64 {
        nanos(GRAIN)
    }

    fn now(&self) -> u64 {
        match self {
            // The first step of the clock is one, not zero, for the same reason.
            Self::Since(start) => nanos(coarse(start.elapsed()) + GRAIN),
            Self::At(at) => *at,
        }
    }
}

fn coarse(time: Duration) -> Duration {
    let grain = GRAIN.subsec_nanos();
    Duration::new(time.as_secs(), time.subsec_nanos() / grain * grain)
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_clocks_go_in_steps() {
        let wall = Wall(Clock::Real);
        assert_eq!(wall.now().as_nanos() % GRAIN.as_nanos(), 0);
        assert!(wall.now() > Duration::from_secs(1_600_000_000));
        let monotonic = Monotonic::new(Clock::Real);
        let before = monotonic.now();
        assert!(before > 0 && before.is_multiple_of(100_000));
        std::thread::sleep(Duration::from_millis(1));
        assert!(monotonic.now() >= before + 900_000);
    }

    #[test]
    fn a_frozen_clock_stands_still_wherever_it_stands() {
        for (at_ms, nanos) in [(0, 100_000), (7, 7_000_000), (u64::MAX, u64::MAX)] {
            let clock = Clock::Frozen { at_ms };
            assert_eq!(Wall(clock).now(), Duration::from_millis(at_ms));
            assert_eq!(Monotonic::new(clock).now(), nanos);
        }
    }
}
