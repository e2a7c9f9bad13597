//! What comes of files of real tools, and of files that mean harm.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod counts;
mod coverage;
mod failures;
mod hostile;
mod names;
mod property;

use std::fs;
use std::path::Path;

/// A file of `tests/files`.
fn file(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files");
    fs::read(path.join(name)).unwrap()
}
