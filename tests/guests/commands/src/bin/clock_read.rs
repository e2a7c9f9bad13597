//! Reads its clocks, and sleeps in between for as many milliseconds as its argument says.

use wasip2::clocks::{monotonic_clock, wall_clock};

fn main() {
    tell("before");
    monotonic_clock::subscribe_duration(commands::number(1, 1) * 1_000_000).block();
    tell("after");
    let mut fine = false;
    for _ in 0..100_000 {
        fine |= !monotonic_clock::now().is_multiple_of(100_000)
            || !wall_clock::now().nanoseconds.is_multiple_of(100_000);
    }
    println!("finer than 100 microseconds: {fine}");
    println!(
        "resolution {} {}",
        monotonic_clock::resolution(),
        wall_clock::resolution().nanoseconds
    );
}

fn tell(when: &str) {
    let wall = wall_clock::now();
    println!(
        "{when} {}.{:09} {}",
        wall.seconds,
        wall.nanoseconds,
        monotonic_clock::now()
    );
}
