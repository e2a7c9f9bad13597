//! Asks for more memory than it may have, and takes no for an answer.

fn main() {
    let mut taken: Vec<u8> = Vec::new();
    println!("{}", taken.try_reserve_exact(1 << 30).is_err());
}
