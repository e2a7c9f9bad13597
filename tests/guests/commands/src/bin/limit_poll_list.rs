//! Waits for the same pollable a million times at once.

fn main() {
    let pollable = wasip2::clocks::monotonic_clock::subscribe_duration(0);
    let list = vec![&pollable; 1_000_000];
    println!("{} are ready", wasip2::io::poll::poll(&list).len());
}
