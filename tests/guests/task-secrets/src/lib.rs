//! Asks for secrets, and tells how long they are.

use stepwell_task::{Result, info, secret};

stepwell_task::task! {
    /// Asks for secrets.
    name: "secrets",
    inputs: Inputs {
        /// Their names, one a line.
        names: Vec<String>,
    },
    run: ask,
}

fn ask(inputs: Inputs) -> Result {
    for name in inputs.names {
        match secret(&name) {
            Ok(value) => info!("{} bytes", value.len()),
            Err(failure) => info!("{}", failure.message()),
        }
    }
    Ok(())
}
