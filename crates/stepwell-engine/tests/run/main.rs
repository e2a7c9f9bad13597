//! The run machine: which stages and jobs start, and what becomes of the run.

#![cfg(test)]

mod fixture;
mod jobs;
mod outputs;
mod prospects;
mod scale;
mod stages;
mod strategies;
