//! The names that an expression may use.
//!
//! Besides the functions of the language, which values and functions exist depends on where an
//! expression stands. [`Names`] says so to the parser, so that a name that can never have a value is
//! an error where it is written and not where it would be used.

use crate::{function, lexer};

/// A function that is not part of the language itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature<'n> {
    /// The name; calls ignore its case.
    pub name: &'n str,
    /// The least number of arguments.
    pub min: usize,
    /// The greatest number of arguments.
    pub max: usize,
}

/// The values and functions that exist where an expression stands.
///
/// The constants are the places of Azure Pipelines' expression language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names<'n> {
    /// The named values.
    pub values: &'n [&'n str],
    /// The functions besides those of the language.
    pub functions: &'n [Signature<'n>],
}

impl Names<'_> {
    /// Whether `name` can become a named value besides these: it is a word, and nothing in an
    /// expression has this name yet.
    #[must_use]
    pub fn is_free(&self, name: &str) -> bool {
        let same = |other: &str| other.eq_ignore_ascii_case(name);
        lexer::is_word(name)
            && function::named(name).is_none()
            && !self.values.iter().any(|value| same(value))
            && !self.functions.iter().any(|other| same(other.name))
            && !["true", "false"].into_iter().any(same)
    }
}

impl Names<'static> {
    /// No names: only literals and the functions of the language.
    pub const NONE: Self = Self {
        values: &[],
        functions: &[],
    };

    /// The condition of a step sees `variables` and asks for the status of its job.
    pub const STEP_CONDITION: Self = Self {
        values: &["variables"],
        functions: &status(0),
    };

    /// The condition of a job sees the variables, the run, and the jobs and stages before it.
    pub const JOB_CONDITION: Self = Self {
        values: &["variables", "pipeline", "dependencies", "stageDependencies"],
        functions: &status(usize::MAX),
    };

    /// The condition of a stage sees the variables, the run, and the stages before it.
    pub const STAGE_CONDITION: Self = Self {
        values: &["variables", "pipeline", "dependencies"],
        functions: &status(usize::MAX),
    };

    /// A value of a variable, written `$[ … ]`, in a job or a stage.
    pub const VARIABLE: Self = Self {
        values: &["variables", "pipeline", "dependencies", "stageDependencies"],
        functions: &[],
    };

    /// A value of a variable of the whole pipeline, the only place for `counter`.
    pub const PIPELINE_VARIABLE: Self = Self {
        values: &["variables", "pipeline"],
        functions: &[Signature {
            name: "counter",
            min: 0,
            max: 2,
        }],
    };

    /// A template expression, written `${{ … }}`.
    pub const TEMPLATE: Self = Self {
        values: &["parameters", "variables"],
        functions: &[],
    };
}

/// The status functions, with up to `max` names of dependencies.
const fn status(max: usize) -> [Signature<'static>; 5] {
    let mut signatures = [Signature {
        name: "always",
        min: 0,
        max,
    }; 5];
    signatures[1].name = "canceled";
    signatures[2].name = "failed";
    signatures[3].name = "succeeded";
    signatures[4].name = "succeededOrFailed";
    signatures
}
