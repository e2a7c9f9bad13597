//! The journal of runs.
