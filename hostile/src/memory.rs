//! Takes memory, stack and handles, and hands over values that are none.

use crate::Attempt;
use crate::tally::Tally;
use std::arch::wasm32::memory_grow;
use std::hint::black_box;
use stepwell_task::bindings::stepwell::task::publishing::{
    TestFormat, TestResults, publish_test_results,
};
use stepwell_task::{info, set_output};
use wasip2::clocks::monotonic_clock::subscribe_duration;
use wasip2::io::poll::{Pollable, poll};

pub(crate) const ATTEMPTS: &[(&str, Attempt)] = &[
    ("allocate", |_| allocate()),
    ("grow-politely", |_| grow_politely()),
    ("recursion", |_| {
        black_box(descend(0, u64::MAX));
    }),
    ("stack-edge", |_| {
        black_box(descend_calling(0, u64::MAX));
    }),
    ("long-value", |bytes| {
        let _ = set_output("long", "x".repeat(amount(bytes)));
    }),
    ("many-strings", |count| many_strings(amount(count))),
    ("pollables", |count| {
        let held: Vec<Pollable> = (0..count).map(subscribe_duration).collect();
        info!("{} pollables", held.len());
    }),
    ("poll-list", |count| {
        let pollable = subscribe_duration(0);
        info!("{} are ready", poll(&vec![&pollable; amount(count)]).len());
    }),
    ("handle-dropped", |_| use_dropped()),
    ("handle-forged", |number| use_forged(number)),
    ("handle-orphan", |_| use_orphan()),
    ("remember", |bytes| remember(amount(bytes))),
    ("recall", |bytes| recall(amount(bytes))),
    ("counter", |_| count()),
];

fn amount(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn allocate() {
    let mut held = Vec::new();
    loop {
        held.push(vec![1_u8; 1 << 20]);
        black_box(&held);
    }
}

fn grow_politely() {
    let mut tally = Tally::default();
    for _ in 0..1_000 {
        let grown = memory_grow::<0>(16_384);
        tally.holds("a gibibyte of memory", grown == usize::MAX);
    }
}

#[inline(never)]
fn descend(depth: u64, bottom: u64) -> u64 {
    let frame = black_box([depth; 16]);
    if depth == black_box(bottom) {
        return frame[0];
    }
    black_box(descend(black_box(depth + 1), bottom)) + frame[3]
}

#[inline(never)]
fn descend_calling(depth: u64, bottom: u64) -> u64 {
    let frame = black_box([depth; 16]);
    if depth == black_box(bottom) {
        return frame[0];
    }
    black_box(wasip2::random::random::get_random_bytes(16));
    black_box(descend_calling(black_box(depth + 1), bottom)) + frame[3]
}

fn many_strings(count: usize) {
    let results = TestResults {
        format: TestFormat::Junit,
        files: vec![String::new(); count],
        merge: false,
        platform: None,
        configuration: None,
        title: None,
        attach_files: false,
        fail_on_failed_tests: false,
    };
    let _ = publish_test_results(&results);
}

fn use_dropped() {
    let pollable = subscribe_duration(0);
    let handle = pollable.handle();
    drop(pollable);
    use_forged(u64::from(handle));
}

fn use_forged(number: u64) {
    let handle = u32::try_from(number).unwrap_or(u32::MAX);
    // SAFETY: the handle is not ours; that the host notices is the point.
    let forged = unsafe { Pollable::from_handle(handle) };
    crate::tally::through(&format!("handle {handle}: ready {}", forged.ready()));
}

fn use_orphan() {
    let stdout = wasip2::cli::stdout::get_stdout();
    let pollable = stdout.subscribe();
    drop(stdout);
    crate::tally::through(&format!(
        "a pollable without its stream: {}",
        pollable.ready()
    ));
}

/// New memory of this size.
fn fresh(bytes: usize) -> &'static mut [u8] {
    const PAGE: usize = 64 << 10;
    let first = memory_grow::<0>(bytes / PAGE);
    assert_ne!(first, usize::MAX, "there is no memory");
    let start = std::ptr::with_exposed_provenance_mut::<u8>(first * PAGE);
    // SAFETY: the pages are new, and nobody else knows of them.
    unsafe { std::slice::from_raw_parts_mut(start, bytes) }
}

fn remember(bytes: usize) {
    fresh(bytes).fill(0xa5);
    info!("tried: 1");
}

fn recall(bytes: usize) {
    let mut tally = Tally::default();
    let found = fresh(bytes).iter().filter(|byte| **byte != 0).count();
    tally.holds(&format!("{found} bytes of an earlier step"), found == 0);
}

/// Another step's instance would have counted too.
fn count() {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let mut tally = Tally::default();
    tally.holds(
        "a variable of another step",
        COUNT.fetch_add(1, Ordering::Relaxed) == 0,
    );
    std::thread::sleep(std::time::Duration::from_millis(50));
    tally.holds(
        "a variable of another step",
        COUNT.load(Ordering::Relaxed) == 1,
    );
}
