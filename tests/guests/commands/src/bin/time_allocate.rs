//! Allocates and frees without end.

fn main() {
    for size in (1..10_000).cycle() {
        std::hint::black_box(vec![1_u8; size]);
    }
}
