//! Asks for as many random bytes at once as its argument says.

fn main() {
    let bytes = wasip2::random::random::get_random_bytes(commands::number(1, 16));
    println!("{} bytes", bytes.len());
}
