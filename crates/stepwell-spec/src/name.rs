//! Names: which texts are names, when two are the same, and which one was meant.

/// The longest name of a stage, job, step or task, as in Azure Pipelines.
pub const MAX_NAME_CHARS: usize = 100;

/// The most legs of a matrix and slices of a job, as in Azure Pipelines.
pub const MAX_LEGS: usize = 100;

/// What a name of a stage, job, step or task looks like, for people.
pub(crate) const NAME_FORM: &str = "a name starts with a letter or `_`, goes on with letters, digits, `_` and `-`, \
     and has at most 100 characters";

/// Beginnings that variables of users cannot have: Azure Pipelines keeps its own values there.
pub const RESERVED_PREFIXES: [&str; 5] = ["endpoint", "input", "secret", "path", "securefile"];

/// Names of variables that are not the user's to set. All that begin with [`SYSTEM_PREFIX`] belong to
/// them, but for [`DEBUG`].
const SYSTEM_VARIABLES: [&str; 42] = [
    "agent.builddirectory",
    "agent.homedirectory",
    "agent.id",
    "agent.jobname",
    "agent.jobstatus",
    "agent.machinename",
    "agent.name",
    "agent.os",
    "agent.osarchitecture",
    "agent.tempdirectory",
    "agent.toolsdirectory",
    "agent.version",
    "agent.workfolder",
    "build.artifactstagingdirectory",
    "build.binariesdirectory",
    "build.buildid",
    "build.buildnumber",
    "build.builduri",
    "build.definitionname",
    "build.definitionversion",
    "build.queuedby",
    "build.queuedbyid",
    "build.reason",
    "build.repository.clean",
    "build.repository.id",
    "build.repository.localpath",
    "build.repository.name",
    "build.repository.provider",
    "build.repository.uri",
    "build.requestedfor",
    "build.requestedforemail",
    "build.requestedforid",
    "build.sourcebranch",
    "build.sourcebranchname",
    "build.sourcesdirectory",
    "build.sourceversion",
    "build.sourceversionauthor",
    "build.sourceversionmessage",
    "build.stagingdirectory",
    "common.testresultsdirectory",
    "pipeline.workspace",
    "tf_build",
];

const SYSTEM_PREFIX: &str = "system.";

/// The switch for debug lines is named like a variable of the system, but users turn it on.
const DEBUG: &str = "system.debug";

/// Whether a variable of this name is set by the system, so that what users say of it is ignored.
#[must_use]
pub fn is_system_variable(text: &str) -> bool {
    let name = text.to_ascii_lowercase();
    name != DEBUG && (name.starts_with(SYSTEM_PREFIX) || SYSTEM_VARIABLES.contains(&name.as_str()))
}

/// Names that no stage or job has, in any case: one is that of a part that was given none, the other
/// is a keyword of Azure Pipelines.
const RESERVED: [&str; 2] = [crate::DEFAULT_STAGE, "deployment"];

/// Whether `text` is kept from the stages and jobs of users.
pub(crate) fn is_reserved(text: &str) -> bool {
    RESERVED.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Whether `text` can name a leg of a matrix: a letter, then letters, digits and `_`.
#[must_use]
pub fn is_leg(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && is_name(text) && !text.contains('-')
}

/// The name of slice `number`, and of leg `number` if its own is none; the first is 1.
#[must_use]
pub fn numbered_leg(number: usize) -> String {
    format!("Job{number}")
}

/// Whether `text` can name a stage, job, step or task.
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

/// A word for a thing that is named, with its article.
pub(crate) fn with_article(what: &str) -> String {
    let article = if what.starts_with('o') { "an" } else { "a" };
    format!("{article} {what}")
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
    use super::{fold, is_leg, is_name, is_system_variable, nearest, variable_problem};

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
    fn legs_are_words_without_hyphens_that_start_with_a_letter() {
        for name in ["a", "Linux_64", &"x".repeat(100)] {
            assert!(is_leg(name), "{name}");
        }
        for text in ["", "1bad", "_a", "a-b", "a b", "ä", &"x".repeat(101)] {
            assert!(!is_leg(text), "{text}");
        }
    }

    #[test]
    fn what_the_system_sets_is_known_by_its_name() {
        for name in ["System.JobName", "system.x", "BUILD.BuildId", "agent.OS"] {
            assert!(is_system_variable(name), "{name}");
        }
        for name in ["System.Debug", "system", "Build.Configuration", "agent.x"] {
            assert!(!is_system_variable(name), "{name}");
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
