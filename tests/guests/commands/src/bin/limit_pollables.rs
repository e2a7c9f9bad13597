//! Holds more and more pollables.

fn main() {
    let mut held = Vec::new();
    loop {
        held.push(wasip2::clocks::monotonic_clock::subscribe_duration(
            u64::MAX,
        ));
    }
}
