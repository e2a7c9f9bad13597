//! What a value of a pipeline file is, as far as directives depend on it.

/// The collections whose entries may carry directives, besides arrays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Steps,
    Jobs,
    Stages,
    Variables,
    Tasks,
    Inputs,
    Env,
    Matrix,
    Arguments,
}

impl Kind {
    /// The key of the collection.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Steps => "steps",
            Self::Jobs => "jobs",
            Self::Stages => "stages",
            Self::Variables => "variables",
            Self::Tasks => "tasks",
            Self::Inputs => "inputs",
            Self::Env => "env",
            Self::Matrix => "matrix",
            Self::Arguments => "parameters",
        }
    }

    /// Whether a template can stand for an entry.
    pub(crate) fn has_templates(self) -> bool {
        self.has_groups() || self == Self::Variables
    }

    /// Whether an entry can hold several.
    pub(crate) fn has_groups(self) -> bool {
        matches!(self, Self::Steps | Self::Jobs | Self::Stages)
    }

    /// Whether the keys of the collection are names, which are the same if they differ in case.
    pub(crate) fn has_names(self) -> bool {
        matches!(
            self,
            Self::Jobs | Self::Stages | Self::Variables | Self::Tasks
        )
    }
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// The top of a file.
    Root,
    /// A collection as a whole.
    Collection(Kind),
    /// An entry of a collection.
    Entry(Kind),
    /// What publishes.
    Publish,
    /// Text or an array of texts.
    Text,
    /// An input: it keeps its type, but an array is one of texts.
    Input,
    /// Anything else.
    Any,
}

impl Shape {
    /// The shape of what a table of this shape has under `key`.
    pub(crate) fn member(self, key: &str) -> Self {
        use Kind::{Arguments, Env, Inputs, Jobs, Matrix, Stages, Steps, Tasks, Variables};
        match (self, key) {
            (Self::Root, "publish") => Self::Publish,
            (Self::Root | Self::Publish | Self::Entry(Jobs), "steps") => Self::Collection(Steps),
            (Self::Root, "jobs") => Self::Collection(Jobs),
            (Self::Root, "stages") => Self::Collection(Stages),
            (Self::Root, "tasks") => Self::Collection(Tasks),
            (Self::Root | Self::Entry(Jobs | Stages), "variables") => Self::Collection(Variables),
            (Self::Entry(Jobs), "matrix") => Self::Collection(Matrix),
            (Self::Entry(Steps), "inputs") => Self::Collection(Inputs),
            (Self::Entry(Steps), "env") => Self::Collection(Env),
            (Self::Root, "name" | "run-number")
            | (Self::Entry(Tasks), "source")
            | (
                Self::Entry(Jobs | Stages | Steps),
                "name" | "display-name" | "condition" | "stage" | "depends-on" | "demands" | "task"
                | "run" | "args" | "commands" | "settable-variables",
            )
            | (Self::Entry(Variables), "value")
            | (Self::Entry(Matrix) | Self::Collection(Env), _) => Self::Text,
            (Self::Collection(Inputs), _) => Self::Input,
            (Self::Collection(kind), _) if kind != Arguments => Self::Entry(kind),
            _ => Self::Any,
        }
    }

    /// Whether a number or a boolean that an expression gives becomes text here.
    pub(crate) fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Entry(Kind::Variables))
    }

    /// The shape of the items of an array of this shape.
    pub(crate) fn item(self) -> Self {
        match self {
            Self::Collection(kind) => Self::Entry(kind),
            Self::Text | Self::Input => Self::Text,
            Self::Root | Self::Publish | Self::Entry(_) | Self::Any => Self::Any,
        }
    }
}
