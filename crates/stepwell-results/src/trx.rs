//! TRX, the format of VSTest: results first, then the definitions of the tests, which have the
//! classes.

use crate::Problem;
use crate::reading::{Case, Layout, Outcome, Role};
use crate::time;
use crate::xml::Element;

#[derive(Default)]
pub(crate) struct Trx {
    /// The id of the definition that is being read.
    definition: String,
}

impl Layout for Trx {
    fn role(&mut self, parent: &str, element: &Element<'_>) -> Result<Role, Problem> {
        Ok(match (parent, element.name()) {
            ("", "TestRun") => Role::Suite(element.text("name")?),
            // The element's name tells the kind of the test. The rows of a test with data stand in
            // an `InnerResults` and are parts of it.
            ("Results", _) => Role::Case(Case {
                id: element.text("testId")?,
                class: String::new(),
                name: element.text("testName")?,
                outcome: outcome(&element.text("outcome")?),
                duration: time::clock(&element.text("duration")?),
            }),
            ("ErrorInfo", "Message") => Role::Message,
            ("TestDefinitions", _) => {
                self.definition = element.text("id")?;
                Role::Other
            }
            (_, "TestMethod") => Role::Class {
                id: self.definition.clone(),
                class: class(&element.text("className")?).to_owned(),
            },
            _ => Role::Other,
        })
    }
}

/// The first outcome of VSTest is `Error`, and the first is left out: no outcome is a failure.
fn outcome(word: &str) -> Outcome {
    match word {
        "Passed" | "PassedButRunAborted" | "Completed" | "Warning" => Outcome::Passed,
        "NotExecuted" | "Inconclusive" | "Pending" | "InProgress" => Outcome::Skipped,
        _ => Outcome::Failed,
    }
}

/// A class without the assembly that may follow it: `Shop.CartTest, Shop.Tests, Version=1.0.0.0`.
fn class(name: &str) -> &str {
    name.split_once(',').map_or(name, |(class, _)| class)
}
