//! Views of events and diagnostics: what people and programs see of a run.
//!
//! Every view is a fold over the same events, so a run looks the same while it happens and when it
//! is read back from the journal. Nothing in here prints by itself: views write to what they are
//! given. All text is shown through [`hostile()`], since what a guest wrote may be in any of it.

mod diagnostics;
mod explain;
mod hostile;
mod json;
mod live;
mod plain;
mod running;
mod summary;
mod table;
mod text;
mod view;
mod words;

pub use diagnostics::diagnostics;
pub use hostile::hostile;
pub use json::JsonLines;
pub use live::Live;
pub use plain::Plain;
pub use summary::{Summary, summary};
pub use view::View;
pub use words::step_word;
