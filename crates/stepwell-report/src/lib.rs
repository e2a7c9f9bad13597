//! Views of events and diagnostics: what people and programs see of a run.
//!
//! Every view is a fold over the same events, so a run looks the same while it happens and when it
//! is read back from the journal. Nothing in here prints by itself: views write to what they are
//! given. All text is shown through [`hostile()`], since what a guest wrote may be in any of it.

mod bars;
mod diagnostics;
mod document;
mod explain;
mod finding;
mod flow;
mod forecast;
mod formatting;
mod grant;
mod hostile;
mod json;
mod live;
mod located;
mod markdown;
mod name;
mod plain;
mod plan;
mod publication;
mod running;
mod section;
mod summary;
mod table;
mod text;
mod tree;
mod view;
mod watch;
mod words;

pub use diagnostics::diagnostics;
pub use document::{
    JobDocument, LegDocument, PlanDocument, StageDocument, StepDocument, TaskDocument,
    VariableDocument,
};
pub use finding::{SearchProgress, finding_html, finding_json, finding_markdown, finding_text};
pub use forecast::{Fate, Forecast};
pub use grant::{GrantDocument, HostDocument};
pub use hostile::hostile;
pub use json::{JsonLines, json_line};
pub use live::Live;
pub use located::{Located, LocatedLabel, located};
pub use plain::Plain;
pub use plan::{plan, plan_json};
pub use summary::{Summary, summary};
pub use view::View;
pub use words::step_word;
