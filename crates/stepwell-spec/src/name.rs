//! Names: which texts are names, when two are the same, and which one was meant.

/// The longest name of a job, step or task, as in Azure Pipelines.
pub const MAX_NAME_CHARS: usize = 100;

/// What a name of a job, step or task looks like, for people.
pub(crate) const NAME_FORM: &str = "a name starts with a letter or `_`, goes on with letters, digits, `_` and `-`, \
     and has at most 100 characters";

/// Beginnings that variables of users cannot have: Azure Pipelines keeps its own values there.
pub const RESERVED_PREFIXES: [&str; 5] = ["endpoint", "input", "secret", "path", "securefile"];

/// Whether `text` can name a job, step or task.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
        && text.len() <= MAX_NAME_CHARS
}

/// What is wrong with `text` as the name of a variable, if anything is.
#[must_use]
pub fn variable_problem(text: &str) -> Option<String> {
    if text.trim().is_empty() {
        return Some("the name of a variable cannot be blank".to_owned());
    }
    if text.chars().any(char::is_control) {
        return Some(format!(
            "the name of variable {text:?} holds a control character"
        ));
    }
    RESERVED_PREFIXES
        .into_iter()
        .find(|prefix| {
            text.get(..prefix.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        })
        .map(|prefix| format!("variable `{text}` begins with the reserved word `{prefix}`"))
}

/// A key that is equal for names that differ only in case, in every locale: each character by itself
/// in upper case. A letter outside of ASCII never becomes one of ASCII, so the Turkish dotless `ı`
/// and `i` stay two letters.
#[must_use]
pub fn fold(name: &str) -> String {
    name.chars()
        .map(|c| {
            let mut upper = c.to_uppercase();
            match (upper.next(), upper.next()) {
                (Some(single), None) if c.is_ascii() || !single.is_ascii() => single,
                _ => c,
            }
        })
        .collect()
}

/// A label for a word that is not one of the candidates: the one that was probably meant, or
/// `otherwise`.
#[must_use]
pub fn did_you_mean<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
    otherwise: &str,
) -> String {
    match nearest(word, candidates) {
        Some(near) => format!("did you mean `{near}`?"),
        None => otherwise.to_owned(),
    }
}

/// The candidate that `word` was probably meant to be: the nearest one within a third of its length.
/// Words longer than a name are not compared, since that takes time by the product of the lengths.
fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if word.len() > MAX_NAME_CHARS {
        return None;
    }
    let folded = word.to_lowercase();
    let length = folded.chars().count();
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let other = candidate.chars().count();
            let reach = (other / 3).max(1);
            // The difference in length bounds the distance from below and costs next to nothing.
            if length.abs_diff(other) > reach {
                return None;
            }
            let distance = strsim::damerau_levenshtein(&folded, &candidate.to_lowercase());
            (distance <= reach).then_some((distance, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::{fold, is_name, nearest, variable_problem};

    #[test]
    fn names_are_ascii_words_with_hyphens() {
        for name in ["a", "_", "build-all", "Job_2", &"x".repeat(100)] {
            assert!(is_name(name), "{name}");
        }
        for text in ["", "2a", "-a", "a b", "a.b", "ä", &"x".repeat(101)] {
            assert!(!is_name(text), "{text}");
        }
    }

    #[test]
    fn reserved_beginnings_are_no_variables() {
        for name in ["Endpoint1", "inputs", "SECRET", "pathology", "secureFile.x"] {
            assert!(variable_problem(name).is_some(), "{name}");
        }
        for name in ["greeting", "my.path", "in", "ä", " x"] {
            assert_eq!(variable_problem(name), None);
        }
        for name in ["", " \t", "a\u{0}"] {
            assert!(variable_problem(name).is_some(), "{name:?}");
        }
    }

    #[test]
    fn case_folds_alike_in_every_locale() {
        assert_eq!(fold("Build.Id"), fold("BUILD.iD"));
        assert_eq!(fold("größe"), fold("GRöße"));
        assert_ne!(fold("f\u{131}le"), fold("file"));
        assert_ne!(fold("\u{17f}o"), fold("so"));
    }

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let keys = ["depends-on", "condition", "steps"];
        assert_eq!(nearest("dependsOn", keys), Some("depends-on"));
        assert_eq!(nearest("step", keys), Some("steps"));
        assert_eq!(nearest("conditoin", keys), Some("condition"));
        assert_eq!(nearest("timeout", keys), None);
        assert_eq!(nearest("", keys), None);
    }
}
