//! Opens a pipe that somebody has left in the workspace, in every way.

use commands::{open, root, tell};
use wasip2::filesystem::types::{DescriptorFlags, OpenFlags};

fn main() {
    let root = root();
    tell("read", open(&root, "pipe", OpenFlags::empty(), DescriptorFlags::READ));
    tell("write", open(&root, "pipe", OpenFlags::empty(), DescriptorFlags::WRITE));
    tell("create", open(&root, "pipe", OpenFlags::CREATE, DescriptorFlags::WRITE));
    tell("linked", open(&root, "link", OpenFlags::empty(), DescriptorFlags::READ));
}
