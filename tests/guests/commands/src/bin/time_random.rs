//! Asks for the most random bytes that a call gives, without end.

fn main() {
    loop {
        std::hint::black_box(wasip2::random::random::get_random_bytes(64 << 10));
    }
}
