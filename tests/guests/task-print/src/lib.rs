//! Prints what it is given and hands it on, or fails with it.

use stepwell_task::{Failure, Result, choice};

choice! {
    /// What to do with the text.
    pub enum Act {
        /// Print it to standard output, and hand it on.
        Print = "print",
        /// Fail with it.
        Fail = "fail",
        /// Panic with it.
        Panic = "panic",
    }
}

stepwell_task::task! {
    /// Prints what it is given and hands it on.
    name: "print",
    inputs: Inputs {
        /// What to print.
        text: String,
        /// What to do with it.
        act: Act = Act::Print,
    },
    outputs: Outputs {
        /// The text.
        text: String,
    },
    run: print,
}

fn print(inputs: Inputs) -> Result<Outputs> {
    match inputs.act {
        Act::Print => println!("{}", inputs.text),
        Act::Fail => {
            return Err(Failure::new(inputs.text)
                .with_exit_code(3)
                .with_details("a detail"));
        }
        Act::Panic => panic!("{}", inputs.text),
    }
    Ok(Outputs { text: inputs.text })
}
