//! CTest's `Test.xml`: what other formats say in attributes stands in elements and in named
//! measurements.

use crate::Problem;
use crate::reading::{Case, Layout, Outcome, Role};
use crate::xml::Element;
use std::time::Duration;

#[derive(Default)]
pub(crate) struct CTest {
    /// The name of the measurement that is being read.
    measurement: String,
}

impl Layout for CTest {
    fn role(&mut self, parent: &str, element: &Element<'_>) -> Result<Role, Problem> {
        Ok(match (parent, element.name()) {
            ("", "Site") => Role::Suite(element.text("BuildName")?),
            // In `TestList` there are elements of the same name.
            ("Testing", "Test") => Role::Case(Case {
                id: String::new(),
                class: String::new(),
                name: String::new(),
                outcome: match element.text("Status")?.as_str() {
                    "passed" => Outcome::Passed,
                    "notrun" => Outcome::Skipped,
                    _ => Outcome::Failed,
                },
                duration: Duration::ZERO,
            }),
            ("Test", "Name") => Role::Name,
            ("Results", "NamedMeasurement") => {
                self.measurement = element.text("name")?;
                Role::Other
            }
            ("NamedMeasurement", "Value") if self.measurement == "Execution Time" => Role::Seconds,
            // What the test wrote; long output is compressed.
            ("Measurement", "Value") if element.text("compression")?.is_empty() => Role::Message,
            _ => Role::Other,
        })
    }
}
