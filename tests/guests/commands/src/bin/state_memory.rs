//! Fills 16 MiB with a pattern, or looks for anything in 16 MiB that it has never touched.

use std::arch::wasm32::memory_grow;

const PAGES: usize = 256;
const PAGE: usize = 64 << 10;

fn main() {
    let first = memory_grow::<0>(PAGES);
    assert_ne!(first, usize::MAX, "there is no memory");
    let start = std::ptr::with_exposed_provenance_mut::<u8>(first * PAGE);
    // SAFETY: the pages are new, and nobody else knows of them.
    let memory = unsafe { std::slice::from_raw_parts_mut(start, PAGES * PAGE) };
    if std::env::args().nth(1).as_deref() == Some("write") {
        memory.fill(0xa5);
        println!("written");
    } else {
        println!(
            "{} bytes are not zero",
            memory.iter().filter(|byte| **byte != 0).count()
        );
    }
}
