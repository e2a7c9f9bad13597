//! Searches with a scripted judge, a history given as data, and a real journal.

#![cfg(test)]

mod answers;
mod budget;
mod by_hand;
mod ends;
mod failing;
mod finding;
mod flakes;
mod remembered;
mod resumed;
mod rig;
mod several;
mod strategist;
