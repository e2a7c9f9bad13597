//! What a search for a culprit has found: on a terminal, as JSON, as Markdown and as a page.
//!
//! What a finding means, and what to do about it, is said in one place for all of them. Subjects,
//! names and reasons come from whoever committed or judged, so each format shows them as text and
//! nothing else: see [`hostile`](crate::hostile()).

mod further;
mod html;
mod mark;
mod markdown;
mod picture;
mod progress;
mod range;
mod story;
mod terminal;

pub use html::finding_html;
pub use markdown::finding_markdown;
pub use progress::SearchProgress;
pub use terminal::finding_text;

use crate::hostile::hostile_json;
use stepwell_event::Finding;

/// The finding itself, for programs: one JSON object with its version in `format`, in several lines.
///
/// # Errors
///
/// There is none: all of it can be JSON.
pub fn finding_json(finding: &Finding) -> serde_json::Result<String> {
    let json = serde_json::to_string_pretty(finding)?;
    let lines = json
        .lines()
        .map(|line| hostile_json(line.to_owned()) + "\n");
    Ok(lines.collect())
}
