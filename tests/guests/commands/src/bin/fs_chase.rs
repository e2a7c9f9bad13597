//! Reads and writes through a folder that somebody else swaps, and prints what it got.

use commands::number;
use std::fs;

fn main() {
    let mut got = std::collections::BTreeSet::new();
    for _ in 0..number(1, 1) {
        if let Ok(text) = fs::read_to_string("folder/file") {
            got.insert(text);
        }
        drop(fs::write("folder/planted", "planted"));
        drop(fs::remove_file("folder/planted"));
    }
    for text in got {
        println!("{text}");
    }
}
