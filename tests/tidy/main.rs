//! What holds for the repository as a whole and no compiler checks.

#![cfg(test)]

mod crates;
mod files;
