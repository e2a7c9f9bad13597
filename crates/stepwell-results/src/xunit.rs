//! xUnit.net's format 2: `test` in `collection` in `assembly`. That of xUnit.net 1 has `class` for
//! `collection` and is read as well.

use crate::Problem;
use crate::reading::{Case, Layout, Outcome, Role};
use crate::time;
use crate::xml::Element;

pub(crate) struct XUnit;

impl Layout for XUnit {
    fn role(&mut self, parent: &str, element: &Element<'_>) -> Result<Role, Problem> {
        Ok(match (parent, element.name()) {
            (_, "assembly") => Role::Suite(file_name(&element.text("name")?).to_owned()),
            ("collection" | "class", "test") => Role::Case(Case {
                id: String::new(),
                class: element.text("type")?,
                name: element.text("name")?,
                outcome: match element.text("result")?.as_str() {
                    "Pass" => Outcome::Passed,
                    "Skip" | "NotRun" => Outcome::Skipped,
                    _ => Outcome::Failed,
                },
                duration: time::seconds(&element.text("time")?),
            }),
            // What broke outside of a test, such as the clean-up of a fixture.
            ("errors", "error") => Role::Finding(Outcome::Failed, String::new()),
            ("failure", "message") => Role::Message,
            _ => Role::Other,
        })
    }
}

/// The last part of a path of any system: assemblies are named by where they were.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
