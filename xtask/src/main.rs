//! Build helpers of this repository.
fn main() {}
