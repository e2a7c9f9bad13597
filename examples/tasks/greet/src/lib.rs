//! Greets somebody.

use stepwell_task::{Result, info};

stepwell_task::task! {
    /// Greets somebody.
    name: "greet",
    needs: [],
    inputs: Inputs {
        /// Whom to greet.
        who: String,
        /// How to greet.
        greeting: String = "Hello,",
    },
    outputs: Outputs {
        /// What was said.
        sentence: String,
    },
    run: greet,
}

fn greet(inputs: Inputs) -> Result<Outputs> {
    let sentence = format!("{} {}", inputs.greeting, inputs.who);
    info!("{sentence}");
    Ok(Outputs { sentence })
}
