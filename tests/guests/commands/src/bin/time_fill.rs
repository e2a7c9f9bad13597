//! Fills 64 MiB again and again: one instruction each.

fn main() {
    let mut memory = vec![0_u8; 64 << 20];
    for value in (0..=u8::MAX).cycle() {
        memory.fill(value);
        std::hint::black_box(&mut memory);
    }
}
