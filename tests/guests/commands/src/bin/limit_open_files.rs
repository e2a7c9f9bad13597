//! Opens files until it cannot.

use commands::{open, root};
use wasip2::filesystem::types::{DescriptorFlags, OpenFlags};

fn main() {
    let root = root();
    let mut held = Vec::new();
    while let Ok(file) = open(&root, "file", OpenFlags::empty(), DescriptorFlags::READ) {
        held.push(file);
    }
    println!("{} files", held.len());
}
