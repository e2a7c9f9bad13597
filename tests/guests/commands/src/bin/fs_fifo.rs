//! Opens a pipe that somebody has left in the workspace, in every way.

use commands::{open, root, tell};
use wasip2::filesystem::types::{DescriptorFlags, NewTimestamp, OpenFlags, PathFlags};

fn main() {
    let root = root();
    tell(
        "read",
        open(&root, "pipe", OpenFlags::empty(), DescriptorFlags::READ),
    );
    tell(
        "write",
        open(&root, "pipe", OpenFlags::empty(), DescriptorFlags::WRITE),
    );
    tell(
        "create",
        open(&root, "pipe", OpenFlags::CREATE, DescriptorFlags::WRITE),
    );
    tell(
        "truncate",
        open(&root, "pipe", OpenFlags::TRUNCATE, DescriptorFlags::WRITE),
    );
    tell(
        "enter",
        open(&root, "pipe", OpenFlags::DIRECTORY, DescriptorFlags::READ),
    );
    let now = NewTimestamp::Now;
    tell(
        "date",
        root.set_times_at(PathFlags::SYMLINK_FOLLOW, "pipe", now, now),
    );
    tell("make a folder in", root.create_directory_at("pipe/folder"));
    tell(
        "linked",
        open(&root, "link", OpenFlags::empty(), DescriptorFlags::READ),
    );
}
