//! Tries to reach what its arguments name, in every way, and prints what it could do.

use commands::root;
use std::fs;
use wasip2::filesystem::types::{Descriptor, DescriptorFlags, OpenFlags, PathFlags};

fn main() {
    let root = root();
    for path in std::env::args().skip(1) {
        with_the_standard_library(&path);
        with_bare_calls(&root, &path);
    }
}

fn did<T, E>(what: &str, path: &str, result: Result<T, E>) {
    if result.is_ok() {
        println!("did {what} {path}");
    }
}

fn with_the_standard_library(path: &str) {
    did("read", path, fs::read(path));
    did("list", path, fs::read_dir(path).map(Iterator::count));
    did("stat", path, fs::metadata(path));
    did(
        "write",
        path,
        fs::OpenOptions::new().append(true).open(path),
    );
    did(
        "create in",
        path,
        fs::File::create(format!("{path}/planted")),
    );
    did(
        "make a folder in",
        path,
        fs::create_dir(format!("{path}/planted-folder")),
    );
    did(
        "rename",
        path,
        fs::rename(format!("{path}/secret"), "stolen"),
    );
    did("move to", path, fs::rename("bait", format!("{path}/bait")));
    did(
        "link",
        path,
        fs::hard_link(format!("{path}/secret"), "stolen"),
    );
    did(
        "link to",
        path,
        fs::hard_link("bait", format!("{path}/bait")),
    );
    did(
        "remove from",
        path,
        fs::remove_file(format!("{path}/secret")),
    );
}

fn with_bare_calls(root: &Descriptor, path: &str) {
    for (follow, flags) in [
        ("following", PathFlags::SYMLINK_FOLLOW),
        ("plain", PathFlags::empty()),
    ] {
        let open = |how, access| root.open_at(flags, path, how, access);
        did(
            &format!("open {follow}"),
            path,
            open(OpenFlags::empty(), DescriptorFlags::READ),
        );
        did(
            &format!("enter {follow}"),
            path,
            open(OpenFlags::DIRECTORY, DescriptorFlags::READ),
        );
        let truncated = open(OpenFlags::TRUNCATE, DescriptorFlags::WRITE);
        did(&format!("truncate {follow}"), path, truncated);
    }
    did(
        "remove",
        path,
        root.unlink_file_at(&format!("{path}/secret")),
    );
    did(
        "remove folder",
        path,
        root.remove_directory_at(&format!("{path}/folder")),
    );
}
