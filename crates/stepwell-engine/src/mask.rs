//! Secrets are replaced by `***` in every text before it becomes an event.
//!
//! Masking works within one line, so a secret has no line break, and it works on substrings, so a
//! secret is long enough not to turn half of the log into stars. What was printed before a secret
//! became known stays as it is.

use aho_corasick::Anchored;
use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::nfa::contiguous::NFA;
use std::borrow::Cow;
use std::ops::Range;
use stepwell_event::Refusal;

/// Shorter secrets are refused: masking one or two characters would destroy every log and, by
/// where the stars are, tell the secret.
const MIN_CHARS: usize = 3;

/// How many secrets a job can have. Azure has no bound; a guest must not make masking slow.
const MAX_SECRETS: usize = 100;

/// Bytes of all secrets of a job together; bounds the matcher, which is rebuilt for every new one.
const MAX_BYTES: usize = 64 << 10;

/// Bytes of one secret; bounds how much of a line must be held back before it can be printed.
const MAX_SECRET: usize = 16 << 10;

const STARS: &str = "***";

/// The secrets of a job.
#[derive(Default)]
pub(crate) struct Mask {
    /// What is searched for: each secret as given, and as people tend to print it.
    forms: Vec<String>,
    secrets: usize,
    bytes: usize,
    longest: usize,
    matcher: Option<Matcher>,
}

/// An automaton over all forms, and the state in which a text begins.
struct Matcher {
    automaton: NFA,
    start: StateID,
}

impl Matcher {
    fn new<'f>(forms: impl Iterator<Item = &'f str>) -> Result<Self, Refusal> {
        let refuse = |why: String| Refusal::TooLarge(format!("the secret cannot be masked: {why}"));
        let automaton = NFA::new(forms).map_err(|error| refuse(error.to_string()))?;
        let start = automaton
            .start_state(Anchored::No)
            .map_err(|error| refuse(error.to_string()))?;
        Ok(Self { automaton, start })
    }
}

impl Mask {
    /// Masks `secret` from now on.
    pub(crate) fn add(&mut self, secret: &str) -> Result<(), Refusal> {
        if secret.contains(['\n', '\r']) {
            return Err(Refusal::Unmaskable(
                "secrets cannot contain multiple lines".to_owned(),
            ));
        }
        if secret.trim().chars().take(MIN_CHARS).count() < MIN_CHARS {
            return Err(Refusal::Unmaskable(format!(
                "a secret needs at least {MIN_CHARS} characters, blanks around it not counted"
            )));
        }
        let new: Vec<&str> = forms(secret)
            .into_iter()
            .filter(|form| !self.forms.iter().any(|known| known == form))
            .collect();
        if new.is_empty() {
            return Ok(());
        }
        if self.secrets == MAX_SECRETS {
            return Err(Refusal::TooLarge(format!(
                "a job can have at most {MAX_SECRETS} secrets"
            )));
        }
        if secret.len() > MAX_SECRET || self.bytes + secret.len() > MAX_BYTES {
            return Err(Refusal::TooLarge(format!(
                "a secret can have at most {} KiB, all secrets of a job together {} KiB",
                MAX_SECRET >> 10,
                MAX_BYTES >> 10
            )));
        }
        let known = self.forms.iter().map(String::as_str);
        let matcher = Matcher::new(known.chain(new.iter().copied()))?;
        self.longest = new
            .iter()
            .map(|form| form.len())
            .fold(self.longest, usize::max);
        self.forms.extend(new.into_iter().map(str::to_owned));
        self.secrets += 1;
        self.bytes += secret.len();
        self.matcher = Some(matcher);
        Ok(())
    }

    /// Bytes of the longest text that is masked; 0 without secrets.
    pub(crate) fn longest(&self) -> usize {
        self.longest
    }

    /// `text` without secrets.
    pub(crate) fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.apply_within(text, 0..text.len())
    }

    /// The part `range` of `text` without secrets, where a secret may begin or end outside of it.
    pub(crate) fn apply_within<'t>(&self, text: &'t str, range: Range<usize>) -> Cow<'t, str> {
        let hidden = self.hidden(text);
        let mut masked = String::new();
        let mut at = range.start;
        for secret in hidden {
            if secret.end <= range.start {
                continue;
            }
            if secret.start >= range.end {
                break;
            }
            masked.push_str(text.get(at..secret.start).unwrap_or_default());
            masked.push_str(STARS);
            at = secret.end.min(range.end);
        }
        let rest = text.get(at..range.end).unwrap_or_default();
        if masked.is_empty() {
            return Cow::Borrowed(rest);
        }
        masked.push_str(rest);
        Cow::Owned(masked)
    }

    /// The places of secrets in order; those that overlap or touch are one.
    ///
    /// Walks the automaton by hand, because only the longest secret that ends at a place counts: a
    /// guest that registers a hundred secrets inside of one another would otherwise have each of
    /// them looked at for every byte that it prints.
    fn hidden(&self, text: &str) -> Vec<Range<usize>> {
        let mut hidden: Vec<Range<usize>> = Vec::new();
        let Some(Matcher { automaton, start }) = &self.matcher else {
            return hidden;
        };
        let mut state = *start;
        for (index, byte) in text.bytes().enumerate() {
            state = automaton.next_state(Anchored::No, state, byte);
            if !automaton.is_match(state) {
                continue;
            }
            // The longest is the first: the others come from the states of shorter suffixes.
            let length = automaton.pattern_len(automaton.match_pattern(state, 0));
            let mut place = index + 1 - length..index + 1;
            // Matches come by rising end, so a new one can only swallow the last ones.
            while let Some(last) = hidden.pop_if(|last| last.end >= place.start) {
                place.start = place.start.min(last.start);
            }
            hidden.push(place);
        }
        hidden
    }
}

/// The secret as given, without blanks around it, and without quotes around that.
fn forms(secret: &str) -> Vec<&str> {
    let trimmed = secret.trim();
    let unquoted = ['"', '\''].into_iter().find_map(|quote| {
        trimmed
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
    });
    let mut forms = vec![secret];
    for form in [Some(trimmed), unquoted].into_iter().flatten() {
        if form.chars().take(MIN_CHARS).count() == MIN_CHARS && !forms.contains(&form) {
            forms.push(form);
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mask(secrets: &[&str]) -> Mask {
        let mut mask = Mask::default();
        for secret in secrets {
            mask.add(secret).unwrap();
        }
        mask
    }

    #[test]
    fn secrets_are_replaced_and_neighbours_merge() {
        let check = |secrets: &[&str], text: &str, expect: &str| {
            assert_eq!(mask(secrets).apply(text), expect, "{secrets:?} in {text}");
        };
        check(&[], "abcdefg", "abcdefg");
        check(&["def"], "abcdefg", "abc***g");
        check(&["def", "bcd"], "abcdefg", "a***g");
        check(&["efg", "bcd"], "abcdefgh", "a***h");
        check(&["bcd", "abcdef"], "xabcdefx", "x***x");
        check(&["def"], "DEF", "DEF");
        check(&["aba"], "xabababax", "x***x");
        check(&["def"], "def", "***");
        check(&["pass word"], "pass  word", "pass  word");
        check(&["  token "], "a token b", "a *** b");
        check(&["  token "], "(token)", "(***)");
        check(&["\"quoted\""], "\"quoted\" quoted", "*** ***");
        check(&["'quoted'"], "<quoted>", "<***>");
        check(&["größe"], "die größe zählt", "die *** zählt");
    }

    #[test]
    fn a_part_of_a_text_is_masked_where_a_secret_crosses_its_ends() {
        let mask = mask(&["secret"]);
        let text = "a secret b";
        assert_eq!(mask.apply_within(text, 0..5), "a ***");
        assert_eq!(mask.apply_within(text, 5..10), "*** b");
        assert_eq!(mask.apply_within(text, 8..10), " b");
    }

    #[test]
    fn what_cannot_be_masked_is_refused() {
        let mut mask = Mask::default();
        for secret in ["", "ab", "  ab  ", "   ", "two\nlines", "two\rlines"] {
            assert!(
                matches!(mask.add(secret), Err(Refusal::Unmaskable(_))),
                "{secret:?}"
            );
        }
        assert!(mask.matcher.is_none());
    }

    #[test]
    fn there_is_an_end_to_secrets() {
        let mut mask = Mask::default();
        let long = "x".repeat(MAX_SECRET + 1);
        assert!(matches!(mask.add(&long), Err(Refusal::TooLarge(_))));
        for number in 0..MAX_SECRETS {
            mask.add(&format!("secret-{number}")).unwrap();
        }
        assert!(matches!(mask.add("one more"), Err(Refusal::TooLarge(_))));
        assert_eq!(mask.add("secret-7"), Ok(()));
        assert_eq!(mask.apply("one more secret-99"), "one more ***");
    }

    proptest! {
        #[test]
        fn every_byte_of_every_secret_is_masked_and_no_other(
            secrets in prop::collection::vec("[ab]{3,6}", 1..6),
            text in "[abc]{0,40}",
        ) {
            let mut secret = vec![false; text.len()];
            for found in &secrets {
                for start in 0..text.len() {
                    if text[start..].starts_with(found.as_str()) {
                        secret[start..start + found.len()].fill(true);
                    }
                }
            }
            let mut expect = String::new();
            for (index, char) in text.char_indices() {
                match (secret[index], index > 0 && secret[index - 1]) {
                    (false, _) => expect.push(char),
                    (true, false) => expect.push_str(STARS),
                    (true, true) => {}
                }
            }
            let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
            prop_assert_eq!(mask(&secrets).apply(&text), expect);
        }
    }
}
