//! Searches with a scripted judge, a history given as data, and a real journal.

#![cfg(test)]

mod by_hand;
mod ends;
mod failing;
mod finding;
mod remembered;
mod resumed;
mod rig;
mod strategist;
