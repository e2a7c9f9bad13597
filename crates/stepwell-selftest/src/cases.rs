//! The attempts, one file for each kind.

mod files;
mod interface;
mod isolation;
mod memory;
mod network;
mod output;
mod time;
mod validity;

use crate::case::Case;

/// All attempts, in the order in which they are shown.
pub fn attempts() -> impl Iterator<Item = &'static Case> {
    let kinds: [&'static [Case]; 8] = [
        time::CASES,
        memory::CASES,
        files::CASES,
        output::CASES,
        interface::CASES,
        network::CASES,
        validity::CASES,
        isolation::CASES,
    ];
    kinds.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Program;
    use crate::handmade;
    use std::collections::BTreeSet;

    #[test]
    fn every_attempt_has_a_name_of_its_own_in_order() {
        let ids: Vec<&str> = attempts().map(|case| case.id).collect();
        let sorted: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids, sorted.into_iter().collect::<Vec<_>>());
        for case in attempts() {
            assert!(case.id.starts_with(case.kind().letter()), "{}", case.id);
            assert_eq!(case.id.len(), 4, "{}", case.id);
        }
    }

    #[test]
    fn the_words_fit_a_narrow_terminal() {
        for case in attempts() {
            assert!(case.attempt.chars().count() <= 38, "{}", case.attempt);
            assert!(case.defence.chars().count() <= 22, "{}", case.defence);
        }
    }

    #[test]
    fn every_component_that_was_written_is_tried() {
        let used: BTreeSet<&str> = attempts()
            .flat_map(|case| case.programs)
            .filter_map(|program| match program {
                Program::Made(name) => Some(*name),
                _ => None,
            })
            .collect();
        assert_eq!(handmade::names().collect::<BTreeSet<_>>(), used);
    }
}
