//! Hands the host a name that is no UTF-8.

use commands::{open, root, tell};
use wasip2::filesystem::types::{DescriptorFlags, OpenFlags};

fn main() {
    let bytes = std::hint::black_box([0xff_u8, 0xfe]);
    // SAFETY: it is no UTF-8; that the host notices is the point.
    let name = unsafe { std::str::from_utf8_unchecked(&bytes) };
    tell(
        "opened",
        open(&root(), name, OpenFlags::empty(), DescriptorFlags::READ),
    );
}
