//! JUnit's format: `testcase` in `testsuite`, which nests. Nobody owns it; what is read here is what
//! pytest, Surefire, Gradle, gotestsum, jest-junit, nextest and GoogleTest have in common.

use crate::Problem;
use crate::reading::{Case, Layout, Outcome, Role};
use crate::time;
use crate::xml::Element;

pub(crate) struct JUnit;

impl Layout for JUnit {
    fn role(&mut self, parent: &str, element: &Element<'_>) -> Result<Role, Problem> {
        Ok(match (parent, element.name()) {
            (_, "testsuite") => Role::Suite(element.text("name")?),
            (_, "testcase") => Role::Case(Case {
                id: String::new(),
                class: element.text("classname")?,
                name: element.text("name")?,
                outcome: outcome(element)?,
                duration: time::seconds(&element.text("time")?),
            }),
            // A suite that could not be set up has the failure itself. `flakyFailure` and its like
            // are earlier attempts, which do not count.
            ("testcase" | "testsuite", "failure" | "error") => {
                Role::Finding(Outcome::Failed, message(element)?)
            }
            ("testcase", "skipped") => Role::Finding(Outcome::Skipped, String::new()),
            _ => Role::Other,
        })
    }
}

/// GoogleTest says by attributes what did not run; for other tools the elements inside decide.
fn outcome(element: &Element<'_>) -> Result<Outcome, Problem> {
    let (status, result) = (element.text("status")?, element.text("result")?);
    let skipped = matches!(
        status.as_str(),
        "notrun" | "skipped" | "disabled" | "ignored"
    ) || matches!(result.as_str(), "skipped" | "suppressed");
    Ok(if skipped {
        Outcome::Skipped
    } else {
        Outcome::Passed
    })
}

fn message(element: &Element<'_>) -> Result<String, Problem> {
    let message = element.text("message")?;
    // Where gotestsum says no more than this, the text inside says what happened.
    Ok(if message == "Failed" {
        String::new()
    } else {
        message
    })
}
