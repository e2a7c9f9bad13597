//! Reads, writes and sizes files at places that no file has.

use commands::{open, root, tell};
use wasip2::clocks::wall_clock::Datetime;
use wasip2::filesystem::types::{Advice, DescriptorFlags, NewTimestamp, OpenFlags};

fn main() {
    let access = DescriptorFlags::READ | DescriptorFlags::WRITE;
    let file = open(&root(), "file", OpenFlags::CREATE, access).expect("a file can be made");
    let far = i64::MAX.unsigned_abs();
    tell("read at the end of numbers", file.read(u64::MAX, u64::MAX));
    tell("write at the end of numbers", file.write(b"x", u64::MAX));
    tell("write at the end of offsets", file.write(b"xx", far));
    tell("advise", file.advise(u64::MAX, u64::MAX, Advice::WillNeed));
    tell("resize", file.set_size(u64::MAX));
    let never = NewTimestamp::Timestamp(Datetime {
        seconds: u64::MAX,
        nanoseconds: u32::MAX,
    });
    tell("date", file.set_times(never, never));
}
