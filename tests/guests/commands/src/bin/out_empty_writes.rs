//! Writes nothing, very often.

fn main() {
    let stdout = wasip2::cli::stdout::get_stdout();
    for _ in 0..commands::number(1, 1) {
        stdout.write(&[]).expect("standard output is open");
    }
}
