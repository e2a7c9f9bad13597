//! Tries to break out of the sandbox, in the way that its input names.
//!
//! `stepwell selftest` runs this task once for each attempt and knows what must come of it. What an
//! attempt says is a claim and no more: a line that begins with `through:` says that something was
//! possible that must not be, and `tried: N` that N things were tried, so that an attempt that does
//! nothing is not taken for one that was refused. What the host can see, it looks at itself.

mod files;
mod folders;
mod interface;
mod links;
mod memory;
mod monkey;
mod network;
mod output;
mod surroundings;
mod tally;
mod time;

use stepwell_task::{Failure, Result};

stepwell_task::task! {
    /// Tries to break out of the sandbox.
    name: "hostile",
    inputs: Inputs {
        /// Which attempt.
        attempt: String,
        /// How often, how much or from which seed.
        number: u64 = 0,
    },
    run: attempt,
}

/// An attempt, given its number.
type Attempt = fn(u64);

const ATTEMPTS: [&[(&str, Attempt)]; 9] = [
    time::ATTEMPTS,
    memory::ATTEMPTS,
    files::ATTEMPTS,
    folders::ATTEMPTS,
    links::ATTEMPTS,
    output::ATTEMPTS,
    interface::ATTEMPTS,
    network::ATTEMPTS,
    surroundings::ATTEMPTS,
];

fn attempt(inputs: Inputs) -> Result {
    if inputs.attempt == "fail" {
        return Err(Failure::new("x".repeat(100_000)));
    }
    if inputs.attempt == "monkey" {
        monkey::play(inputs.number);
        return Ok(());
    }
    let mut known = ATTEMPTS.iter().copied().flatten();
    let Some((_, run)) = known.find(|(name, _)| *name == inputs.attempt) else {
        stepwell_task::fail!("there is no attempt `{}`", inputs.attempt);
    };
    run(inputs.number);
    Ok(())
}
