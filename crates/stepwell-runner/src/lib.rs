//! Drives the engine: plan, sandbox and journal make a run.
