//! Asks whether it is to stop, as often as its input says.

use stepwell_task::{Result, canceled};

stepwell_task::task! {
    /// Asks whether it is to stop.
    name: "calls",
    inputs: Inputs {
        /// How often.
        times: u64,
    },
    run: ask,
}

fn ask(inputs: Inputs) -> Result {
    for _ in 0..inputs.times {
        std::hint::black_box(canceled());
    }
    Ok(())
}
