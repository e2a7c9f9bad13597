//! Hands the host a name that lies outside of its memory.

use commands::{open, root, tell};
use wasip2::filesystem::types::{DescriptorFlags, OpenFlags};

fn main() {
    let pointer = std::ptr::without_provenance::<u8>(0x7fff_0000);
    // SAFETY: there is no memory there; that the host notices is the point.
    let name = unsafe { std::str::from_utf8_unchecked(std::slice::from_raw_parts(pointer, 64)) };
    tell(
        "opened",
        open(&root(), name, OpenFlags::empty(), DescriptorFlags::READ),
    );
}
