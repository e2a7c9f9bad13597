//! F: other machines, and this one.

use crate::case::{Case, Must, Program};

pub(super) const CASES: &[Case] = &[Case::new(
    "F-11",
    "opens sockets, looks up names",
    "no network by default",
    Must::Succeed,
    &[Program::Guest("sockets", 0)],
)
.refused()
.denied("network")];
