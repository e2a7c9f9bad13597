//! Calls itself without end.

#[inline(never)]
fn descend(depth: u64, end: u64) -> u64 {
    if depth == end {
        0
    } else {
        descend(depth + 1, end).rotate_left(1) ^ depth
    }
}

fn main() {
    println!("{}", descend(0, commands::number(1, u64::MAX)));
}
