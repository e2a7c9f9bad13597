//! The anchors that GitHub gives to headings.

use regex::Regex;
use std::collections::HashSet;

/// Which characters of a heading its anchor leaves out.
pub struct Dropped(Regex);

impl Dropped {
    /// What GitHub leaves out: all but letters, marks, decimal digits, connectors, hyphens and
    /// spaces. `\w` is close to it, and has the joiners of emoji besides.
    ///
    /// # Errors
    ///
    /// If the pattern is malformed, which is a defect of this crate.
    pub fn as_on_github() -> Result<Self, regex::Error> {
        Regex::new(r"[^\p{L}\p{M}\p{Nd}\p{Pc}\- ]").map(Self)
    }
}

/// Gives headings their anchors, in the order of a document.
pub struct Slugs<'a> {
    dropped: &'a Dropped,
    taken: HashSet<String>,
}

impl<'a> Slugs<'a> {
    /// The anchors of a document without headings.
    #[must_use]
    pub fn new(dropped: &'a Dropped) -> Self {
        Self {
            dropped,
            taken: HashSet::new(),
        }
    }

    /// The anchor of the next heading, of which `text` is what a reader sees.
    pub fn next(&mut self, text: &str) -> String {
        let lower = text.trim().to_lowercase();
        let slug = self.dropped.0.replace_all(&lower, "").replace(' ', "-");
        let mut unique = slug.clone();
        let mut copies = 0_u32;
        while !self.taken.insert(unique.clone()) {
            copies += 1;
            unique = format!("{slug}-{copies}");
        }
        unique
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_become_anchors_as_on_github() {
        let dropped = Dropped::as_on_github().unwrap();
        let mut slugs = Slugs::new(&dropped);
        for (heading, expected) in [
            ("Getting started", "getting-started"),
            ("What's new in 1.2.3?", "whats-new-in-123"),
            ("C++ & Rust", "c--rust"),
            ("snake_case and kebab-case", "snake_case-and-kebab-case"),
            ("  Spaces  inside ", "spaces--inside"),
            ("Über Größe", "über-größe"),
            ("日本語 の見出し", "日本語-の見出し"),
            (":rocket: Launch", "rocket-launch"),
            ("🚀 Launch", "-launch"),
            ("½ and ²", "-and-"),
            ("Getting started", "getting-started-1"),
            ("Getting Started", "getting-started-2"),
            ("Getting started 1", "getting-started-1-1"),
            ("???", ""),
            ("!!!", "-1"),
        ] {
            assert_eq!(slugs.next(heading), expected, "{heading}");
        }
    }
}
