//! Whole pipelines against the rules of Azure Pipelines: from the text of a file, over its plan, to
//! what runs when and how it ends.
//!
//! The rules are in tables, one file for each chapter. A simulation with a clock of its own drives the
//! machines; what a step does is written in its arguments ([`program`]). Each table says after its
//! last row how many rows of which section held: `semantics: SECTION ROWS`.

#![cfg(test)]

mod case;
mod program;
mod record;
mod simulation;
mod table;
