//! The driver with scripted steps and a real journal: what runs when, and what is kept.

#![cfg(test)]

mod cancel;
mod jobs;
mod journal;
mod keeping;
mod retry;
mod rig;
