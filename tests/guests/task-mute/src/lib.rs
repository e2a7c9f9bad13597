//! Panics when it is asked what it is.

use stepwell_task::bindings::{self, Guest};
use stepwell_task::declaration::{Failure, TaskDescription};

struct Mute;

impl Guest for Mute {
    fn describe() -> TaskDescription {
        panic!("no comment");
    }

    fn run() -> Result<(), Failure> {
        Ok(())
    }
}

bindings::export!(Mute with_types_in bindings);
