//! How often a guest may call the host: a bucket of tokens.
//!
//! A call takes a token and nothing else: no clock is read and nothing waits, so that an ordinary
//! call costs one subtraction. The bucket is filled up when the guest looks at its clock, once a
//! tick; where it has run dry, the guest sleeps there until there are tokens again. A call that takes
//! the last token has every guest look at its clock now rather than at the next tick. It is never an
//! error: a guest that calls too often is slow, and its deadline goes on.

use std::time::{Duration, Instant};
use stepwell_event::Limits;
use wasmtime::Engine;

/// A step's bucket, and the engine whose guests it can have look at their clocks.
pub(crate) struct Pace {
    engine: Engine,
    bucket: Bucket,
}

impl Pace {
    /// A full bucket. `now` is when the step began.
    pub(crate) fn new(engine: &Engine, limits: &Limits, now: Instant) -> Self {
        Self {
            engine: engine.clone(),
            bucket: Bucket::new(limits.calls_per_second, now),
        }
    }

    /// Notes a call.
    pub(crate) fn call(&mut self) {
        self.bucket.tokens = self.bucket.tokens.saturating_sub(1);
        if self.bucket.tokens == 0 {
            self.engine.increment_epoch();
        }
    }

    /// Fills the bucket up, and says how long the guest has to wait for it.
    pub(crate) fn pause(&mut self) -> Option<Duration> {
        // One that is half full is of no interest.
        if self.bucket.tokens > self.bucket.brim / 2 {
            return None;
        }
        self.bucket.fill(Instant::now())
    }
}

#[derive(Debug)]
struct Bucket {
    per_second: u64,
    brim: i64,
    /// What is there; below zero for calls that were made before the guest could be held.
    tokens: i64,
    /// Until when it has been filled up; in the future while the guest waits.
    filled: Instant,
}

impl Bucket {
    /// It holds a fifth of a second, and at least what a task needs to read its inputs.
    fn new(per_second: u64, now: Instant) -> Self {
        let brim = i64::try_from(per_second / 5).unwrap_or(i64::MAX).max(100);
        Self {
            per_second: per_second.max(1),
            brim,
            tokens: brim,
            filled: now,
        }
    }

    fn fill(&mut self, now: Instant) -> Option<Duration> {
        let elapsed = now.saturating_duration_since(self.filled).as_nanos();
        let gained = elapsed.saturating_mul(self.per_second.into()) / NANOS;
        let gained = u64::try_from(gained).unwrap_or(u64::MAX);
        self.tokens = self.tokens.saturating_add_unsigned(gained).min(self.brim);
        // Only as far as whole tokens go: what is left of the time is not lost.
        self.filled = self.filled.checked_add(self.time_of(gained)).unwrap_or(now);
        if self.tokens > 0 {
            return None;
        }
        // Some tokens at once: a guest that is woken for each would cost more than its calls.
        let some = (self.per_second / 100).max(1);
        let wanted = self.tokens.unsigned_abs().saturating_add(some);
        self.tokens = i64::try_from(some).unwrap_or(i64::MAX);
        let before = self.filled;
        self.filled = before.checked_add(self.time_of(wanted)).unwrap_or(before);
        Some(self.filled.saturating_duration_since(now))
    }

    /// How long so many tokens take.
    fn time_of(&self, tokens: u64) -> Duration {
        let nanos = u128::from(tokens).saturating_mul(NANOS) / u128::from(self.per_second);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

const NANOS: u128 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_bucket_fills_with_time_and_no_further_than_to_its_brim() {
        let start = Instant::now();
        let mut bucket = Bucket::new(1_000, start);
        assert_eq!(bucket.tokens, 200);
        bucket.tokens = 50;
        assert_eq!(bucket.fill(start + millis(100)), None);
        assert_eq!(bucket.tokens, 150);
        assert_eq!(bucket.fill(start + millis(5_000)), None);
        assert_eq!(bucket.tokens, 200);
    }

    #[test]
    fn parts_of_a_token_are_not_lost() {
        let start = Instant::now();
        let mut bucket = Bucket::new(10, start);
        bucket.tokens = 1;
        for tick in 1..=100 {
            assert_eq!(bucket.fill(start + millis(tick * 10)), None);
        }
        assert_eq!(bucket.tokens, 11);
    }

    #[test]
    fn whoever_empties_a_bucket_waits_until_there_is_something_in_it() {
        let start = Instant::now();
        let mut bucket = Bucket::new(1_000, start);
        bucket.tokens = 0;
        assert_eq!(bucket.fill(start), Some(millis(10)));
        assert_eq!(bucket.tokens, 10);
        // What was taken before the guest could be held is waited for too.
        bucket.tokens = -90;
        assert_eq!(bucket.fill(start + millis(10)), Some(millis(100)));
        assert_eq!(bucket.tokens, 10);
    }

    #[test]
    fn a_guest_makes_as_many_calls_as_its_limit_says() {
        let start = Instant::now();
        let mut bucket = Bucket::new(1_000, start);
        let (mut now, mut calls) = (start, 0);
        while now < start + millis(10_000) {
            // It calls as long as it may, which takes no time, and a bit longer.
            calls += bucket.tokens + 3;
            bucket.tokens = -3;
            now += bucket.fill(now).unwrap_or_default();
        }
        assert!((10_000..=10_300).contains(&calls), "{calls}");
    }
}
