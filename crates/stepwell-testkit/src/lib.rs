//! Builds guests and gives tests an environment of their own.
//!
//! Guests are built on demand, once per process, by one function that `xtask` and the tests share;
//! no `.wasm` is committed.

pub mod guests;
