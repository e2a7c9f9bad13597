//! Names that a pipeline gives to formats and tools.

use crate::bound::shown;
use std::error::Error;
use std::fmt;

/// Longer names are not compared with known ones.
const MAX_COMPARED: usize = 40;

/// The name of a format or a tool that does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownName {
    what: &'static str,
    name: String,
    known: Vec<&'static str>,
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no {} `{}`", self.what, self.name)?;
        if let Some(near) = self.nearest() {
            return write!(f, "; did you mean `{near}`?");
        }
        let known: Vec<String> = self.known.iter().map(|name| format!("`{name}`")).collect();
        write!(f, "; expected {}", either(&known))
    }
}

impl Error for UnknownName {}

impl UnknownName {
    fn nearest(&self) -> Option<&'static str> {
        if self.name.len() > MAX_COMPARED {
            return None;
        }
        let wanted = self.name.to_ascii_lowercase();
        self.known
            .iter()
            .map(|known| {
                let distance = strsim::damerau_levenshtein(&wanted, &known.to_ascii_lowercase());
                (distance, *known)
            })
            .filter(|(distance, known)| *distance <= known.len() / 3)
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, known)| known)
    }
}

/// Finds what `name` names, ignoring case.
pub(crate) fn find<T: Copy>(
    what: &'static str,
    known: &[(&'static str, T)],
    name: &str,
) -> Result<T, UnknownName> {
    known
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name.trim()))
        .map(|(_, found)| *found)
        .ok_or_else(|| UnknownName {
            what,
            name: shown(name),
            known: known.iter().map(|(known, _)| *known).collect(),
        })
}

/// `a`, `a or b`, `a, b or c`.
pub(crate) fn either(words: &[String]) -> String {
    match words {
        [rest @ .., last] if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}
