//! Tells something without end, in the way that its input names.

use stepwell_task::{Completion, Issue, Result, add_tag, choice, complete, info, progress};

choice! {
    /// What to tell.
    enum What {
        /// Log lines.
        Log = "log",
        /// Problems.
        Issues = "issues",
        /// Progress.
        Progress = "progress",
        /// Results.
        Completion = "completion",
        /// Tags, and never mind whether they are taken.
        Tags = "tags",
    }
}

stepwell_task::task! {
    /// Tells something without end.
    name: "flood",
    inputs: Inputs {
        /// What to tell.
        what: What,
        /// How often.
        times: u64,
    },
    run: flood,
}

fn flood(inputs: Inputs) -> Result {
    let text = "x".repeat(1000);
    for _ in 0..inputs.times {
        match inputs.what {
            What::Log => info!("{text}"),
            What::Issues => Issue::warning(&text).report(),
            What::Progress => progress(1, &text),
            What::Completion => complete(Completion::Succeeded, &text),
            What::Tags => drop(add_tag(&text)),
        }
    }
    Ok(())
}
