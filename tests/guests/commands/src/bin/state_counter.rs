//! Counts how often it ran, in every place where that could be remembered.

use std::sync::atomic::{AtomicU32, Ordering};

static RUNS: AtomicU32 = AtomicU32::new(0);

fn main() {
    println!("run {}", RUNS.fetch_add(1, Ordering::Relaxed) + 1);
    println!("mark {:?}", std::env::var("MARK").ok());
    // SAFETY: there is one thread.
    unsafe { std::env::set_var("MARK", "left") };
    println!("file {}", std::fs::exists("/mark").unwrap_or(false));
    println!("write {}", std::fs::write("/mark", "left").is_ok());
}
