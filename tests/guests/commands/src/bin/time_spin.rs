//! Runs in circles.

fn main() {
    loop {
        std::hint::black_box(0);
    }
}
