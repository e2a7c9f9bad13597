//! Writes as many blocks of 4 KiB as its argument says, and then a word to standard error.

fn main() {
    let stdout = wasip2::cli::stdout::get_stdout();
    let block = [b'x'; 4096];
    for _ in 0..commands::number(1, u64::MAX) {
        stdout
            .blocking_write_and_flush(&block)
            .expect("standard output is open");
    }
    eprintln!("done");
}
