//! Waits, as a test does that watches a program for a while, and ends when it is asked to.

use std::time::Duration;
use stepwell_task::{Progress, Result, canceled, fail, info};

stepwell_task::task! {
    /// Waits for some time, and ends early when it is asked to.
    name: "soak",
    needs: [],
    inputs: Inputs {
        /// How long to wait, in seconds.
        seconds: u32 = 0,
    },
    run: soak,
}

/// How long it takes to notice that it should end.
const GLANCE: Duration = Duration::from_millis(20);

fn soak(inputs: Inputs) -> Result {
    info!("watching for {} s", inputs.seconds);
    let glances = inputs.seconds as usize * 50;
    let mut progress = Progress::of(glances);
    for _ in 0..glances {
        progress.begin("watching");
        if canceled() {
            fail!("asked to end before the time was over");
        }
        std::thread::sleep(GLANCE);
    }
    info!("nothing happened");
    Ok(())
}
