//! When a job or step runs.

/// When a job or step runs: Azure's status functions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Condition {
    /// `succeeded()`
    #[default]
    Succeeded,
    /// `failed()`
    Failed,
    /// `always()`
    Always,
    /// `succeededOrFailed()`
    SucceededOrFailed,
}

impl Condition {
    /// All conditions with the text that selects them.
    pub const ALL: [(&'static str, Self); 4] = [
        ("succeeded()", Self::Succeeded),
        ("failed()", Self::Failed),
        ("always()", Self::Always),
        ("succeededOrFailed()", Self::SucceededOrFailed),
    ];

    /// The condition that `text` selects, without regard to case and blanks.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let compact: String = text.split_whitespace().collect();
        Self::ALL
            .into_iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(&compact))
            .map(|(_, condition)| condition)
    }
}

#[cfg(test)]
mod tests {
    use super::Condition;

    #[track_caller]
    fn check(text: &str, expect: Option<Condition>) {
        assert_eq!(Condition::parse(text), expect, "{text:?}");
    }

    #[test]
    fn case_and_blanks_do_not_matter() {
        check("succeeded()", Some(Condition::Succeeded));
        check(" Failed ( ) ", Some(Condition::Failed));
        check("ALWAYS()", Some(Condition::Always));
        check("succeededorfailed(\t)", Some(Condition::SucceededOrFailed));
    }

    #[test]
    fn only_the_four_functions_alone_are_conditions() {
        check("", None);
        check("succeeded", None);
        check("not(failed())", None);
        check("succeeded('build')", None);
    }
}
