//! Prints what the host says of an error in full.

use commands::{open, root};
use wasip2::filesystem::types::{DescriptorFlags, OpenFlags};
use wasip2::io::streams::StreamError;

fn main() {
    let access = DescriptorFlags::READ | DescriptorFlags::WRITE;
    let file = open(&root(), "file", OpenFlags::CREATE, access).expect("a file can be made");
    let stream = file
        .write_via_stream(u64::MAX)
        .expect("a stream can be made");
    match stream.blocking_write_and_flush(b"x") {
        Err(StreamError::LastOperationFailed(error)) => println!("{}", error.to_debug_string()),
        other => println!("{other:?}"),
    }
}
