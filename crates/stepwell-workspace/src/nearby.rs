//! Guesses at what a path that is not there was meant to be.

use crate::place::Place;
use crate::walk::{FOLDER, normal};
use crate::{Workspace, beneath};
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt as _};

/// The most names that are compared.
const MAX_NAMES: usize = 1000;

/// The longest name that is compared; what a comparison costs grows with both.
const MAX_NAME: usize = 255;

impl Workspace {
    /// The path next to `relative` that differs from it the least, if that is little.
    pub(crate) fn similar(&self, relative: &str) -> Option<String> {
        let path = normal(relative);
        let (folder, wanted) = path.rsplit_once('/').unwrap_or(("", &path));
        if wanted.len() > MAX_NAME {
            return None;
        }
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(FOLDER.bits().cast_signed());
        let opened = self.root.open_with(beneath(folder), &options).ok()?;
        if self.place(&opened, folder) != Place::Open {
            return None;
        }
        let names = Dir::from_std_file(opened.into_std()).entries().ok()?;
        let (_, name) = names
            .take(MAX_NAMES)
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .map(|name| (strsim::damerau_levenshtein(wanted, &name), name))
            .filter(|(distance, _)| *distance <= (wanted.chars().count() / 3).max(1))
            .min()?;
        let guess = match folder {
            "" => name,
            folder => format!("{folder}/{name}"),
        };
        // A symbolic link to nowhere has a name that is there.
        (guess != beneath(relative)).then_some(guess)
    }
}
