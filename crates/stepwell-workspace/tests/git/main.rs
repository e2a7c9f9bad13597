//! Real repositories of Git: kind, large, broken and hostile ones.

#![cfg(test)]

mod export;
mod fixture;
mod history;
mod repository;
mod safety;
mod version;
