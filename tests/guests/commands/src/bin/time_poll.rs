//! Waits for two things that never come.

use wasip2::clocks::monotonic_clock::subscribe_duration;

fn main() {
    let (one, other) = (
        subscribe_duration(u64::MAX),
        subscribe_duration(u64::MAX - 1),
    );
    wasip2::io::poll::poll(&[&one, &other]);
}
