//! Does nothing: what is left is what a step costs.

use stepwell_task::Result;

stepwell_task::task! {
    /// Does nothing.
    name: "noop",
    run: nothing,
}

#[expect(clippy::unnecessary_wraps, reason = "a task's function returns a result")]
fn nothing() -> Result {
    Ok(())
}
