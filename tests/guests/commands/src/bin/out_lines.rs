//! Writes to both streams in turn, text and bytes that are no text.

use std::io::Write;

fn main() {
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    out.write_all(b"one\n").expect("standard output is open");
    err.write_all(b"two\n").expect("standard error is open");
    out.write_all(b"\xff\x00\x1b[31m\n")
        .expect("standard output is open");
    out.flush().expect("standard output is open");
    err.write_all(b"no end of line")
        .expect("standard error is open");
}
