//! Stages: `[stages.NAME]`.

use crate::expression;
use crate::reader::{Entry, Reader};
use crate::seen::Seen;
use crate::variable;
use crate::{DEFAULT_STAGE, Spanned, Stage};
use stepwell_diagnostic::Diagnostic;
use stepwell_expr::{Expression, Names};

/// The most stages of a pipeline.
const MAX_STAGES: usize = 1_000;

/// Reads `[stages]`; empty if it declares none.
pub(crate) fn read(reader: &mut Reader, entry: &Entry<'_>) -> Vec<Stage> {
    let Some(table) = reader.table(entry, "the stages") else {
        return Vec::new();
    };
    let entries = table.entries();
    if let Some(extra) = entries.get(MAX_STAGES) {
        let message = format!(
            "the pipeline has {} stages, and {MAX_STAGES} is the most",
            entries.len()
        );
        reader.report(
            Diagnostic::error("too-many", message)
                .at(extra.key.span.clone(), "the first one too many"),
        );
        return Vec::new();
    }
    let mut seen = Seen::new("stage");
    entries
        .iter()
        .map(|entry| {
            seen.check(reader, &entry.key);
            stage(reader, entry)
        })
        .collect()
}

/// The stage of a pipeline that declares none.
pub(crate) fn implicit() -> Stage {
    empty(Spanned::new(DEFAULT_STAGE.to_owned(), 0..0))
}

fn empty(name: Spanned<String>) -> Stage {
    Stage {
        name,
        display_name: None,
        depends_on: None,
        condition: Expression::default(),
        variables: Vec::new(),
    }
}

/// Reads one stage. Something is there even if it is broken: jobs and other stages may name it.
fn stage(reader: &mut Reader, entry: &Entry<'_>) -> Stage {
    let name = Spanned::new(entry.key.value.to_owned(), entry.key.span.clone());
    let mut stage = empty(name);
    // What is wrong with the name was reported, and the rest can be told without a right one.
    let _: Option<()> = reader.node_name("stage", &entry.key);
    let Some(mut table) = reader.table(entry, "a stage") else {
        return stage;
    };
    stage.display_name = table
        .take("display-name")
        .and_then(|entry| reader.line(&entry))
        .map(|text| text.value);
    stage.depends_on = table
        .take("depends-on")
        .and_then(|entry| reader.string_or_strings(&entry));
    stage.condition = expression::condition(reader, &mut table, &Names::STAGE_CONDITION);
    stage.variables = table
        .take("variables")
        .map(|entry| variable::read(reader, &entry, &Names::VARIABLE))
        .unwrap_or_default();
    table.finish(reader, &[]);
    stage
}
