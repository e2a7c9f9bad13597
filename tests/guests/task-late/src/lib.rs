//! Waits until it is asked to stop, and only then hands on all that a task can.

use stepwell_task::bindings::stepwell::task::cancellation;
use stepwell_task::bindings::stepwell::task::outputs::{
    EndpointField, VariableOptions, add_secret, prepend_path, set_endpoint, set_output,
    set_task_variable, set_variable,
};
use stepwell_task::{Result, info};

stepwell_task::task! {
    /// Hands things on when it is too late.
    name: "late",
    run: hand_on,
}

fn hand_on() -> Result {
    let stop = cancellation::subscribe();
    info!("waiting");
    stop.block();
    let none = VariableOptions::empty();
    for _ in 0..1_000 {
        assert!(set_output("one", "1").is_err());
    }
    info!("output {:?}", set_output("one", "1"));
    info!("variable {:?}", set_variable("two", "2", none).is_ok());
    info!("path {:?}", prepend_path("bin").is_ok());
    info!(
        "task variable {:?}",
        set_task_variable("three", "3", none).is_ok()
    );
    let endpoint = set_endpoint("four", &EndpointField::Url, "https://example.com");
    info!("endpoint {:?}", endpoint.is_ok());
    info!("secret {:?}", add_secret("five-and-more").is_ok());
    Ok(())
}
