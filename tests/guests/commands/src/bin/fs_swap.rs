//! Puts a symbolic link in the place of a folder and the folder back, over and over.

use commands::{number, root};

fn main() {
    let root = root();
    for _ in 0..number(1, 1) {
        // Another step may hold up any of these; what counts is that they go on.
        drop(root.rename_at("folder", &root, "aside"));
        drop(root.symlink_at("../outside", "folder"));
        drop(root.unlink_file_at("folder"));
        drop(root.rename_at("aside", &root, "folder"));
    }
}
