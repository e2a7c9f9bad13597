//! What the sandbox promises in numbers: how soon a step ends, what a hostile neighbour costs, how
//! much memory a waiting step takes, what counting costs, how many steps a second there can be.
//!
//! `cargo xtask bench NAME` runs one of them. The speed of a shared machine moves between two runs:
//! what to compare are the ratios of one.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a program for people, on its own numbers"
)]

mod compute;
mod density;
mod neighbours;
mod rig;
mod stop;
mod throughput;

fn main() {
    // Cargo says `--bench` to every benchmark.
    let mut names = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"));
    match names.next().as_deref() {
        Some("compute") => compute::measure(),
        Some("density") => density::measure(),
        Some("neighbours") => neighbours::measure(),
        Some("stop") => stop::measure(),
        Some("throughput") => throughput::measure(),
        // Plain `cargo bench` is for everything, and these take minutes.
        _ => println!("say one of: compute, density, neighbours, stop, throughput"),
    }
}
