//! Starts a write on each of many streams and waits for none.

use commands::{open, root};
use wasip2::filesystem::types::{DescriptorFlags, OpenFlags};

fn main() {
    let root = root();
    let block = vec![7_u8; 128 << 10];
    let mut pending = Vec::new();
    for index in 0..commands::number(1, 1) {
        let file = open(
            &root,
            &format!("f{index}"),
            OpenFlags::CREATE,
            DescriptorFlags::WRITE,
        )
        .expect("a file can be made");
        let stream = file.write_via_stream(0).expect("a stream can be made");
        stream.write(&block).expect("a write can be started");
        pending.push((file, stream));
    }
    println!("{} pending", pending.len());
}
