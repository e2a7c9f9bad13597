//! Runs one step as a WebAssembly component in a fresh instance.
