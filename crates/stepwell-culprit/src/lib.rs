//! Drives a search for the change that broke something.
