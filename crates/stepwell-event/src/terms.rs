//! What people call the two behaviours: words that they can say, whoever chose them.

use serde::{Deserialize, Serialize};

/// What people call the two behaviours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Terms {
    /// The old one.
    pub old: String,
    /// The new one.
    pub new: String,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            old: "good".to_owned(),
            new: "bad".to_owned(),
        }
    }
}

impl Terms {
    /// The words that are commands of `stepwell bisect`; what a behaviour is called is one as well.
    pub const COMMANDS: [&str; 14] = [
        "run", "resume", "log", "replay", "list", "show", "start", "good", "bad", "skip", "next",
        "undo", "reset", "help",
    ];

    /// The most bytes of a word.
    const LONGEST: usize = 40;

    /// Whoever chose these words, people have to be able to say them.
    ///
    /// # Errors
    ///
    /// They cannot be typed as commands, or mislead: in words for people.
    pub fn checked(new: &str, old: &str) -> Result<Self, String> {
        let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        for term in [new, old] {
            let is_word = !term.is_empty() && term.len() <= Self::LONGEST;
            if !is_word || term.starts_with('-') || !term.chars().all(letter) {
                return Err(format!(
                    "`{term}` is no word of at most {} letters, digits, `-` and `_`",
                    Self::LONGEST
                ));
            }
            if Self::COMMANDS.contains(&term) && !["good", "bad"].contains(&term) {
                return Err(format!("`{term}` is a command of `stepwell bisect`"));
            }
        }
        if new == old || new == "good" || old == "bad" {
            return Err(format!(
                "`{new}` for the new behaviour and `{old}` for the old mislead"
            ));
        }
        Ok(Self {
            old: old.to_owned(),
            new: new.to_owned(),
        })
    }
}
