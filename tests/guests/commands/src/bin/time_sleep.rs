//! Sleeps for a hundred seconds, or for as many milliseconds as its argument says.

fn main() {
    std::thread::sleep(std::time::Duration::from_millis(commands::number(
        1, 100_000,
    )));
}
