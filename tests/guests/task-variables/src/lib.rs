//! Sets a variable in each of the three ways and logs what the host said.

use stepwell_task::bindings::stepwell::task::outputs::{
    VariableOptions, add_secret, set_output, set_variable,
};
use stepwell_task::{Result, info};

stepwell_task::task! {
    /// Tells how its variables were taken.
    name: "variables",
    run: set,
}

fn set() -> Result {
    info!("output {:?}", set_output("one", "1"));
    let options = VariableOptions::SECRET | VariableOptions::READ_ONLY;
    info!("variable {:?}", set_variable("two", "2", options));
    info!("secret {:?}", add_secret("three"));
    Ok(())
}
