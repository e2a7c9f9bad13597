//! Judgements by components, scripted in place of the sandbox, and what the lab does for them.

#![cfg(test)]

mod judging;
mod repository;
mod rig;
