//! Hands the host a name of 300 KiB.

use commands::{open, root, tell};
use wasip2::filesystem::types::{DescriptorFlags, OpenFlags};

fn main() {
    let name = "n".repeat(300 << 10);
    tell(
        "opened",
        open(&root(), &name, OpenFlags::empty(), DescriptorFlags::READ),
    );
}
