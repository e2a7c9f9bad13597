//! What the views show of one run that has seen everything.

mod diagnostics;
mod run;
