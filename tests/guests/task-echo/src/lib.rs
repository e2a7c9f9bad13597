//! Hands on what it was given, in every way that there is.

use stepwell_task::{
    Completion, Issue, Result, add_secret, complete, debug, error, info, progress,
    set_secret_variable, set_variable, warning,
};

stepwell_task::task! {
    /// Hands on what it was given.
    name: "echo",
    needs: [host("example.org"), environment("LANG"), secret("token")],
    inputs: Inputs {
        /// What to hand on.
        text: String,
        /// How often.
        times: u32 = 1,
        /// Lines to count.
        lines: Vec<String> = [],
        /// Whether to fail at the end.
        fail: bool = false,
    },
    outputs: Outputs {
        /// The text, as often as asked.
        text: String,
        /// How many lines were given.
        lines: usize,
    },
    run: echo,
}

fn echo(inputs: Inputs) -> Result<Outputs> {
    debug!("{} times", inputs.times);
    info!("{}", inputs.text);
    warning!("two\nlines");
    error!("not counted");
    println!("on standard output");
    Issue::error("too long")
        .at("src/main.rs")
        .line(3)
        .column(7)
        .code("E1")
        .report();
    Issue::warning("somewhere").report();
    progress(50, "half");
    set_variable("plain", &inputs.text)?;
    set_secret_variable("hidden", "a secret value")?;
    add_secret("another secret")?;
    complete(Completion::SucceededWithIssues, "with issues");
    if inputs.fail {
        stepwell_task::fail!("it was asked to fail");
    }
    Ok(Outputs {
        text: inputs.text.repeat(usize::try_from(inputs.times)?),
        lines: inputs.lines.len(),
    })
}
