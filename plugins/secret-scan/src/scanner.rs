//! Finding the secrets of one file.

use crate::rules::{Candidate, RULES, Rule};
use aho_corasick::AhoCorasick;
use regex::bytes::{Captures, Regex, RegexBuilder};
use std::fmt;
use std::ops::Range;

/// All rules, ready to be looked for.
///
/// One pass over a file finds which rules can match at all; for most files that is none, and they
/// are read only once. The patterns of the others then run one after the other.
pub struct Scanner {
    keywords: AhoCorasick,
    /// For each keyword its rule's position.
    owners: Vec<usize>,
    patterns: Vec<(Rule, Regex)>,
    entropy: f64,
}

/// A secret in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The rule's name.
    pub rule: &'static str,
    /// What it is.
    pub what: &'static str,
    /// Where the secret is.
    pub range: Range<usize>,
}

/// The rules themselves do not compile; a test keeps this from happening.
#[derive(Debug)]
pub struct BrokenRules(String);

impl fmt::Display for BrokenRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the rules of this task are broken: {}", self.0)
    }
}

impl std::error::Error for BrokenRules {}

impl Scanner {
    /// A scanner that wants `entropy` bits per character of values without a known format.
    ///
    /// # Errors
    ///
    /// If a rule is malformed, which is a defect of this crate.
    pub fn new(entropy: f64) -> Result<Self, BrokenRules> {
        let mut words = Vec::new();
        let mut owners = Vec::new();
        let mut patterns = Vec::new();
        for (position, rule) in RULES.into_iter().enumerate() {
            for keyword in rule.keywords {
                words.push(*keyword);
                owners.push(position);
            }
            let regex = RegexBuilder::new(rule.pattern)
                .unicode(false)
                .build()
                .map_err(|error| BrokenRules(error.to_string()))?;
            patterns.push((rule, regex));
        }
        let keywords = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(words)
            .map_err(|error| BrokenRules(error.to_string()))?;
        Ok(Self {
            keywords,
            owners,
            patterns,
            entropy,
        })
    }

    /// The secrets in `text`, in order, none overlapping another.
    #[must_use]
    pub fn scan(&self, text: &[u8]) -> Vec<Hit> {
        let mut hits: Vec<Hit> = Vec::new();
        for (rule, regex) in self.possible(text) {
            for captures in regex.captures_iter(text) {
                let Some((whole, secret)) = parts(&captures) else {
                    continue;
                };
                let candidate = Candidate {
                    whole: text.get(whole).unwrap_or_default(),
                    secret: text.get(secret.clone()).unwrap_or_default(),
                    entropy: self.entropy,
                };
                if (rule.accepts)(&candidate) {
                    hits.push(Hit {
                        rule: rule.id,
                        what: rule.what,
                        range: secret,
                    });
                }
            }
        }
        without_overlaps(hits)
    }

    /// The rules of which a keyword is in `text`, in their order.
    fn possible(&self, text: &[u8]) -> impl Iterator<Item = &(Rule, Regex)> {
        let mut wanted = vec![false; self.patterns.len()];
        let mut missing = wanted.len();
        for found in self.keywords.find_overlapping_iter(text) {
            let owner = self.owners.get(found.pattern().as_usize());
            if let Some(flag) = owner.and_then(|owner| wanted.get_mut(*owner))
                && !*flag
            {
                *flag = true;
                missing -= 1;
                if missing == 0 {
                    break;
                }
            }
        }
        self.patterns
            .iter()
            .zip(wanted)
            .filter_map(|(pattern, wanted)| wanted.then_some(pattern))
    }
}

/// Where the whole match is, and the secret in it.
fn parts(captures: &Captures<'_>) -> Option<(Range<usize>, Range<usize>)> {
    let whole = captures.get(0)?.range();
    let secret = captures
        .iter()
        .skip(1)
        .flatten()
        .next()
        .map_or_else(|| whole.clone(), |group| group.range());
    Some((whole, secret))
}

/// Keeps of hits that overlap the one that was found by the earlier rule, and sorts them.
fn without_overlaps(hits: Vec<Hit>) -> Vec<Hit> {
    let mut kept: Vec<Hit> = Vec::with_capacity(hits.len());
    for hit in hits {
        let at = kept.partition_point(|other| other.range.start < hit.range.start);
        let clear_before = at
            .checked_sub(1)
            .and_then(|before| kept.get(before))
            .is_none_or(|before| before.range.end <= hit.range.start);
        let clear_after = kept
            .get(at)
            .is_none_or(|after| hit.range.end <= after.range.start);
        if clear_before && clear_after {
            kept.insert(at, hit);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static LAX: LazyLock<Scanner> = LazyLock::new(|| Scanner::new(3.0).unwrap());

    #[test]
    fn of_overlapping_hits_the_earlier_rule_counts() {
        let hit = |rule, range| Hit {
            rule,
            what: "",
            range,
        };
        let kept = without_overlaps(vec![
            hit("a", 10..20),
            hit("b", 0..5),
            hit("c", 15..25),
            hit("d", 5..11),
            hit("e", 20..21),
        ]);
        let rules: Vec<_> = kept.iter().map(|hit| hit.rule).collect();
        assert_eq!(rules, ["b", "a", "e"]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_scanned_without_a_panic(
            pieces in prop::collection::vec(
                prop_oneof![
                    prop::collection::vec(any::<u8>(), 0..60),
                    prop::sample::select(RULES.iter().flat_map(|rule| rule.keywords).collect::<Vec<_>>())
                        .prop_map(|keyword| keyword.as_bytes().to_vec()),
                    "[ =:\"'\n@/.A-Za-z0-9_-]{0,60}".prop_map(String::into_bytes),
                ],
                0..12,
            ),
        ) {
            let text = pieces.concat();
            let hits = LAX.scan(&text);
            for pair in hits.windows(2) {
                prop_assert!(pair[0].range.end <= pair[1].range.start);
            }
            for hit in hits {
                prop_assert!(hit.range.end <= text.len());
            }
        }
    }
}
