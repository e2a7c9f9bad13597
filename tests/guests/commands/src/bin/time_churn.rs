//! Makes, awaits and drops pollables that are ready at once, without end.

fn main() {
    loop {
        wasip2::clocks::monotonic_clock::subscribe_duration(0).block();
    }
}
