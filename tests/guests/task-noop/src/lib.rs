//! Does nothing: what is left is what a step costs.

use stepwell_task::Result;

stepwell_task::task! {
    /// Does nothing.
    name: "noop",
    run: nothing,
}

fn nothing() -> Result {
    Ok(())
}
