//! Copies a file of the workspace to standard output without looking at it.

use commands::{open, root};
use wasip2::filesystem::types::{DescriptorFlags, OpenFlags};
use wasip2::io::streams::StreamError;

fn main() {
    let file = open(&root(), "large", OpenFlags::empty(), DescriptorFlags::READ)
        .expect("the file is there");
    let source = file.read_via_stream(0).expect("the file can be read");
    let stdout = wasip2::cli::stdout::get_stdout();
    let mut total = 0;
    loop {
        match stdout.blocking_splice(&source, u64::MAX) {
            Ok(length) => total += length,
            Err(StreamError::Closed) => break,
            Err(error) => panic!("{error:?}"),
        }
    }
    eprintln!("{total} bytes");
}
