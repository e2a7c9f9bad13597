//! Returns a failure record.

use stepwell_task::{Failure, Result};

stepwell_task::task! {
    /// Fails.
    name: "fails",
    run: fail,
}

fn fail() -> Result {
    Err(Failure::new("2 of 7 files are wrong")
        .with_exit_code(7)
        .with_details("src/a.rs\nsrc/b.rs"))
}
