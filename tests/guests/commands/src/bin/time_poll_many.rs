//! Waits for as many things at once as its argument says, none of which ever comes.

use wasip2::clocks::monotonic_clock::subscribe_duration;

fn main() {
    let pollables: Vec<_> = (0..commands::number(1, 1_000))
        .map(|number| subscribe_duration(u64::MAX - number))
        .collect();
    println!("waiting for {}", pollables.len());
    let all: Vec<_> = pollables.iter().collect();
    wasip2::io::poll::poll(&all);
}
