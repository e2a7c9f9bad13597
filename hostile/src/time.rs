//! Keeps the host busy, or waiting, for ever.

use crate::Attempt;
use std::hint::black_box;
use std::time::Duration;
use stepwell_task::bindings::stepwell::task::cancellation;
use stepwell_task::{info, progress, set_output};
use wasip2::clocks::monotonic_clock;
use wasip2::random::random;

pub(crate) const ATTEMPTS: &[(&str, Attempt)] = &[
    ("spin", |_| spin()),
    ("sleep", |_| {
        monotonic_clock::subscribe_duration(u64::MAX).block()
    }),
    ("fill", |_| fill()),
    ("random", |_| {
        loop {
            black_box(random::get_random_bytes(64 << 10));
        }
    }),
    ("random-large", |number| {
        black_box(random::get_random_bytes(number));
    }),
    ("churn", |_| {
        loop {
            monotonic_clock::subscribe_duration(0).block();
        }
    }),
    ("poll", |_| {
        loop {
            black_box(monotonic_clock::subscribe_duration(0).ready());
        }
    }),
    ("progress", |_| {
        loop {
            progress(50, "half way, as ever");
        }
    }),
    ("nap", |millis| {
        std::thread::sleep(Duration::from_millis(millis))
    }),
    ("deaf", |_| deaf()),
    ("last-words", last_words),
];

fn spin() {
    let mut number = 0_u64;
    loop {
        number = black_box(number.wrapping_add(1));
    }
}

fn fill() {
    let mut memory = vec![0_u8; 48 << 20];
    loop {
        memory.fill(black_box(7));
        black_box(&memory);
    }
}

/// Listens to cancellation, and does not care.
fn deaf() {
    let asked = cancellation::subscribe();
    info!("listening");
    asked.block();
    spin();
}

/// Asked to stop, begins something large.
fn last_words(count: u64) {
    let asked = cancellation::subscribe();
    info!("listening");
    asked.block();
    for index in 0..count {
        // Whether it is taken is the host's business; that it ends is what counts.
        let _ = set_output(&format!("late{index}"), "too late");
    }
    spin();
}
