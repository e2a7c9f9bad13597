//! Where secrets are in a text that comes bit by bit.
//!
//! What is found does not depend on how the text was cut, since all that a later part can change is
//! kept: the states of the automata, and the user information of a URL that has not ended.

use super::Mask;
use super::hidden::Hidden;
use super::matcher::Walk;
use super::sieve::Search;
use super::user_info::UserInfo;
use std::borrow::Cow;
use std::ops::Range;

/// What is known of the secrets in one text.
#[derive(Default)]
pub(crate) struct Scan {
    /// With which secrets the text was looked at.
    generation: usize,
    /// What comes before was printed.
    printed: usize,
    /// Up to where the text was looked at: no form begins before this place and ends after it,
    /// except during a walk.
    at: usize,
    /// Whether a walk is not over.
    walking: bool,
    walk: Walk,
    user_info: UserInfo,
    hidden: Hidden,
    /// Empty between calls; kept for its memory.
    found: Vec<Range<usize>>,
}

impl Scan {
    /// Looks at `text` up to `end`, for the secrets that are known now.
    pub(crate) fn advance(&mut self, mask: &Mask, text: &str, end: usize) {
        let bytes = text.as_bytes().get(..end).unwrap_or_default();
        if self.generation != mask.generation {
            self.generation = mask.generation;
            self.walking = false;
            self.at = self.printed;
        }
        self.search(mask, bytes);
        self.user_info.advance(bytes, &mut self.found);
        self.hidden.absorb(&mut self.found);
    }

    fn search(&mut self, mask: &Mask, bytes: &[u8]) {
        let mut search = Search::default();
        let mut until = 0;
        while self.at < bytes.len() {
            if self.walking {
                let range = self.at..bytes.len();
                let over = mask
                    .matcher
                    .walk(&mut self.walk, bytes, range, until, &mut self.found);
                self.walking = over.is_none();
                self.at = over.unwrap_or(bytes.len());
                continue;
            }
            let (clear, hit) = mask.sieves.next(&mut search, bytes, self.at);
            until = match hit {
                Some(hit) => hit + 1,
                None if !bytes.ends_with(b"\n") => {
                    self.at = clear;
                    return;
                }
                None if !mask.multiline => {
                    self.at = bytes.len();
                    return;
                }
                // The end of a line may be the beginning of a form that is too short for a sieve.
                None => bytes.len(),
            };
            self.at = clear;
            self.walking = true;
            mask.matcher.start(&mut self.walk, self.at);
        }
    }

    /// Before this place nothing changes any more, whatever comes.
    pub(crate) fn settled(&self, mask: &Mask) -> usize {
        if self.generation != mask.generation {
            return self.printed;
        }
        let secrets = if self.walking {
            // What is longer than the longest form is not the beginning of one.
            let reach = (self.at + 1).saturating_sub(mask.longest);
            self.walk.start.max(reach)
        } else {
            self.at
        };
        self.user_info
            .pending()
            .map_or(secrets, |password| password.min(secrets))
    }

    /// The part `range` of `text` without secrets, as far as they were found.
    pub(crate) fn print<'t>(&self, text: &'t str, range: Range<usize>) -> Cow<'t, str> {
        self.hidden.print(text, range)
    }

    /// The text before `at` was printed.
    pub(crate) fn forget(&mut self, at: usize) {
        self.printed = at;
        self.hidden.forget(at);
    }

    /// Goes on at `at`, where a text begins that has nothing to do with the one before.
    pub(crate) fn restart(&mut self, at: usize) {
        self.printed = at;
        self.at = at;
        self.walking = false;
        self.user_info.restart(at);
        self.hidden = Hidden::default();
    }

    /// The first `by` bytes of the text, all of them printed, are gone.
    pub(crate) fn shift(&mut self, by: usize) {
        self.printed = self.printed.saturating_sub(by);
        self.at = self.at.saturating_sub(by);
        self.walk.start = self.walk.start.saturating_sub(by);
        self.user_info.shift(by);
        self.hidden.shift(by);
    }
}
