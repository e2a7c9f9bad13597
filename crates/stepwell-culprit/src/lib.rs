//! Drives a search for the change that broke something.

mod part;

pub use part::Part;
