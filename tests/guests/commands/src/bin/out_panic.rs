//! Panics with a message of a megabyte.

fn main() {
    panic!("{}", "a long story ".repeat(80_000));
}
