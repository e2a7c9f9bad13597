//! Real repositories of Git: kind, large, broken and hostile ones.

#![cfg(test)]

mod export;
mod fixture;
mod history;
mod repository;
mod reversal;
mod safety;
mod version;
