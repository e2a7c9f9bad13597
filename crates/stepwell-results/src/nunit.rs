//! NUnit's formats: 3 begins with `test-run`, 2 with `test-results`. Both have `test-case` in
//! `test-suite`, which nests by assembly, namespace and class.

use crate::Problem;
use crate::reading::{Case, Layout, Outcome, Role};
use crate::time;
use crate::xml::Element;
use crate::xunit::file_name;

pub(crate) struct NUnit;

impl Layout for NUnit {
    fn role(&mut self, parent: &str, element: &Element<'_>) -> Result<Role, Problem> {
        Ok(match (parent, element.name()) {
            (_, "test-suite") => Role::Suite(file_name(&element.text("name")?).to_owned()),
            (_, "test-case") => Role::Case(case(element)?),
            // NUnit 2 gives a reason for a test that it cannot run, which is a failure.
            ("failure" | "reason", "message") => Role::Message,
            _ => Role::Other,
        })
    }
}

fn case(element: &Element<'_>) -> Result<Case, Problem> {
    let either = |newer, older| {
        let text = element.text(newer)?;
        if text.is_empty() {
            element.text(older)
        } else {
            Ok(text)
        }
    };
    let name = either("fullname", "name")?;
    Ok(Case {
        id: String::new(),
        // The name is the full one: there is nothing to put before it.
        class: name.clone(),
        name,
        outcome: outcome(element)?,
        duration: time::seconds(&either("duration", "time")?),
    })
}

fn outcome(element: &Element<'_>) -> Result<Outcome, Problem> {
    Ok(match element.text("result")?.as_str() {
        "Passed" | "Success" | "Warning" => Outcome::Passed,
        "Skipped" | "Ignored" | "Inconclusive" => Outcome::Skipped,
        // NUnit before 2.5 has two attributes for it.
        "" if element.text("executed")? == "False" => Outcome::Skipped,
        "" if element.text("success")? == "True" => Outcome::Passed,
        _ => Outcome::Failed,
    })
}
