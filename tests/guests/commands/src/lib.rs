//! What several guests need: the workspace as WASI sees it, a client, and words for results.

pub mod http;

use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{Descriptor, DescriptorFlags, ErrorCode, OpenFlags, PathFlags};

/// The workspace.
pub fn root() -> Descriptor {
    let (root, _) = get_directories().pop().expect("no workspace");
    root
}

/// Opens a path below `folder`, following symbolic links.
pub fn open(
    folder: &Descriptor,
    path: &str,
    how: OpenFlags,
    access: DescriptorFlags,
) -> Result<Descriptor, ErrorCode> {
    folder.open_at(PathFlags::SYMLINK_FOLLOW, path, how, access)
}

/// Prints one line: what was tried, and `ok` or the error.
pub fn tell<T>(what: &str, result: Result<T, ErrorCode>) {
    match result {
        Ok(_) => println!("{what}: ok"),
        Err(error) => println!("{what}: {}", error.name()),
    }
}

/// The program's argument `index` as a number, or `default`.
pub fn number(index: usize, default: u64) -> u64 {
    let argument = std::env::args().nth(index);
    argument
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}
