//! Asks the host to write more zeroes than there is memory.

fn main() {
    let _ = wasip2::cli::stdout::get_stdout().write_zeroes(u64::MAX);
}
