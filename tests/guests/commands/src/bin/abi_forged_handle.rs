//! Uses a handle that it was never given, or drops one twice.

use wasip2::clocks::monotonic_clock::subscribe_duration;
use wasip2::io::poll::Pollable;

fn main() {
    let handle = match std::env::args().nth(1).as_deref() {
        Some("dropped") => {
            let pollable = subscribe_duration(0);
            let handle = pollable.handle();
            drop(pollable);
            handle
        }
        Some(number) => number.parse().expect("a handle is a number"),
        None => 0,
    };
    // SAFETY: the handle is not ours; that the host notices is the point.
    let forged = unsafe { Pollable::from_handle(handle) };
    println!("ready: {}", forged.ready());
}
