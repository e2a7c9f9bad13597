//! Secrets are replaced by `***` in every text before it becomes an event.
//!
//! What is hidden is every occurrence of every form of every secret, byte for byte; those that
//! overlap or touch become one `***`. What was printed before a secret became known stays as it is.
//!
//! Masking is on the way of every byte that a guest prints, so it has two parts. A sieve rules out
//! nearly all places at a fraction of the speed of memory; where it cannot, automata look at each byte.
//! Neither can be made to take more than linear time.

mod form;
mod hidden;
mod matcher;
mod scan;
mod sieve;
mod user_info;

pub(crate) use scan::Scan;

use form::{MIN_CHARS, forms};
use matcher::Matcher;
use sieve::Sieves;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;
use stepwell_event::Refusal;

/// How many secrets a job can have. Azure has no bound; a guest must not make the host keep
/// everything that it comes up with. A large project maps a few dozen.
const MAX_SECRETS: usize = 500;

/// Bytes of all secrets of a job together: an eighth of a kilobyte for each, or forty private keys.
const MAX_BYTES: usize = 64 << 10;

/// Bytes of all forms of all secrets together; bounds the memory of the automata and the time to build
/// them. A form is as long as its secret up to six times that, but secrets that are nothing but
/// characters to escape are not what people use.
const MAX_FORMS: usize = 2 << 20;

/// Bytes of one secret; bounds how much of a text is held back before it can be printed.
const MAX_SECRET: usize = 16 << 10;

/// The largest length up to which secrets can be left unmasked, as in Azure.
const MAX_MIN_CHARS: usize = 6;

/// What counts as a secret.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rules {
    min_chars: usize,
    multiline: bool,
}

impl Rules {
    /// Secrets of fewer than `min_chars` characters are not masked; less than 0 is 0, more than 6
    /// is 6. Secrets of several lines are refused unless `multiline`: `git diff` or a debugger
    /// shows lines one by one, and a single line of them is not masked.
    pub(crate) fn new(min_chars: i64, multiline: bool) -> Self {
        let min_chars = usize::try_from(min_chars.max(0)).unwrap_or(MAX_MIN_CHARS);
        Self {
            min_chars: min_chars.min(MAX_MIN_CHARS),
            multiline,
        }
    }
}

/// The secrets of a job.
#[derive(Default)]
pub(crate) struct Mask {
    rules: Rules,
    known: BTreeSet<Arc<str>>,
    /// As they were given, in this order.
    secrets: Vec<String>,
    /// Bytes of all secrets.
    bytes: usize,
    /// Bytes of all forms.
    form_bytes: usize,
    /// Bytes of the longest form.
    longest: usize,
    /// Whether a form has a line break.
    multiline: bool,
    /// Changes with every form.
    generation: usize,
    sieves: Sieves,
    matcher: Matcher,
}

impl Mask {
    /// A mask without secrets.
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            rules,
            ..Self::default()
        }
    }

    /// The secrets as they were given.
    pub(crate) fn secrets(&self) -> &[String] {
        &self.secrets
    }

    /// Masks `secret` from now on. One that is only white space or shorter than the rules want is
    /// ignored.
    pub(crate) fn add(&mut self, secret: &str) -> Result<(), Refusal> {
        let trimmed = secret.trim();
        if trimmed.is_empty() || secret.chars().count() < self.rules.min_chars {
            return Ok(());
        }
        if secret.contains(['\n', '\r']) && !self.rules.multiline {
            return Err(Refusal::Unmaskable(
                "secrets cannot contain multiple lines".to_owned(),
            ));
        }
        if trimmed.chars().take(MIN_CHARS).count() < MIN_CHARS {
            return Err(Refusal::Unmaskable(
                "a secret of one character cannot be masked: it is everywhere".to_owned(),
            ));
        }
        let new: BTreeSet<Arc<str>> = forms(secret, self.rules)
            .into_iter()
            .map(Arc::from)
            .filter(|form| !self.known.contains(form))
            .collect();
        if new.is_empty() {
            return Ok(());
        }
        let form_bytes = new.iter().map(|form| form.len()).sum::<usize>() + self.form_bytes;
        self.check_bounds(secret, form_bytes)?;
        self.matcher
            .add(new.iter().cloned().collect())
            .map_err(|why| Refusal::TooLarge(format!("the secret cannot be masked: {why}")))?;
        for form in &new {
            self.sieves.add(form.as_bytes());
            self.longest = self.longest.max(form.len());
            self.multiline |= form.contains('\n');
        }
        self.known.extend(new);
        self.secrets.push(secret.to_owned());
        self.bytes += secret.len();
        self.form_bytes = form_bytes;
        self.generation += 1;
        Ok(())
    }

    fn check_bounds(&self, secret: &str, form_bytes: usize) -> Result<(), Refusal> {
        if self.secrets.len() == MAX_SECRETS {
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
        if form_bytes > MAX_FORMS {
            return Err(Refusal::TooLarge(
                "the secrets of a job are too large together, with the ways in which they can be \
                 escaped and encoded; use fewer or shorter ones"
                    .to_owned(),
            ));
        }
        Ok(())
    }

    /// `text` without secrets.
    pub(crate) fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.scan(text).print(text, 0..text.len())
    }

    /// Where the secrets are in a whole text.
    pub(crate) fn scan(&self, text: &str) -> Scan {
        let mut scan = Scan::default();
        scan.advance(self, text, text.len());
        scan
    }
}

#[cfg(test)]
mod tests;
