//! Listens to cancellation, and does with it what its input says.

use std::time::Duration;
use stepwell_task::bindings::stepwell::task::cancellation;
use stepwell_task::{Result, canceled, choice, info, time_left};

choice! {
    /// What to do when asked to stop.
    enum When {
        /// End, having looked now and then.
        Polling = "polling",
        /// End, having waited for it.
        Waiting = "waiting",
        /// Go on.
        Ignoring = "ignoring",
    }
}

stepwell_task::task! {
    /// Waits to be asked to stop.
    name: "listener",
    inputs: Inputs {
        /// What to do when asked to stop.
        when: When,
    },
    run: listen,
}

fn listen(inputs: Inputs) -> Result {
    let asked = canceled();
    info!(
        "listening, {}",
        if asked {
            "asked already"
        } else {
            "not asked yet"
        }
    );
    match inputs.when {
        When::Polling => {
            while !canceled() {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        When::Waiting => cancellation::subscribe().block(),
        When::Ignoring => loop {
            std::thread::sleep(Duration::from_millis(5));
        },
    }
    info!(
        "ending, {}",
        if time_left().is_some() {
            "in time"
        } else {
            "with all the time"
        }
    );
    Ok(())
}
