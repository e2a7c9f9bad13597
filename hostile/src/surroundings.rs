//! Looks for what others left, and measures what it could learn from.

use crate::Attempt;
use crate::tally::{Tally, through};
use std::fs;
use std::time::Instant;
use stepwell_task::info;
use wasip2::filesystem::preopens::get_directories;

pub(crate) const ATTEMPTS: &[(&str, Attempt)] = &[
    ("look-around", |_| look_around()),
    ("clock", |looks| clock(looks)),
];

fn look_around() {
    let mut tally = Tally::default();
    let variables: Vec<String> = std::env::vars().map(|(name, _)| name).collect();
    tally.holds(&format!("variables {variables:?}"), variables.is_empty());
    for (_, path) in get_directories() {
        tally.holds(&format!("a folder `{path}` of the host"), path == "/");
    }
    tally.holds("arguments", std::env::args().count() <= 1);
    for path in [
        "/tmp",
        "/proc/self/environ",
        "/proc/1/root",
        "/proc/self/fd",
        "/dev/mem",
        "/etc/passwd",
        "/root",
        "/home",
        "/sys/kernel",
        "/var/run/docker.sock",
        "../outside",
    ] {
        tally.refused(&format!("a look at {path}"), fs::metadata(path));
    }
    for entry in fs::read_dir("/").into_iter().flatten().flatten() {
        let name = entry.file_name();
        let known = ["bait", "folder"].iter().any(|known| name == *known);
        tally.holds(&format!("{name:?}, which is not this step's"), known);
    }
}

/// The smallest step of the clock that it can see.
fn clock(looks: u64) {
    let mut least = u128::MAX;
    let mut last = Instant::now();
    for _ in 0..looks {
        let now = Instant::now();
        let step = now.duration_since(last).as_nanos();
        if step > 0 {
            least = least.min(step);
            last = now;
        }
    }
    info!("smallest step of the clock: {least} ns");
    if least < 100_000 {
        through(&format!("a clock that tells {least} ns apart"));
    }
    info!("tried: {looks}");
}
