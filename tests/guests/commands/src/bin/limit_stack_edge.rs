//! Calls the host at every depth of a recursion without end, so also where the stack ends.

#[inline(never)]
fn descend(depth: u64, end: u64) -> u64 {
    let now = wasip2::clocks::monotonic_clock::now();
    if depth == end {
        now
    } else {
        descend(depth + 1, end).rotate_left(1) ^ now
    }
}

fn main() {
    println!("{}", descend(0, commands::number(1, u64::MAX)));
}
