//! Bounds of one evaluation.
//!
//! An expression of a few characters can ask for a lot: `replace` multiplies lengths, and a variable
//! may be large and be used often. Two bounds keep time and memory small whatever is asked: no text
//! may be larger than [`MAX_RESULT_BYTES`], and all text that functions look at or make may not be
//! larger than [`MAX_WORK_BYTES`] together.

use crate::error::EvaluationErrorKind;
use crate::value::Value;

/// The most bytes that a text or a list made by a function may have: 2 MiB.
pub const MAX_RESULT_BYTES: usize = 2 << 20;

/// The most bytes that all functions of an expression may look at or make: 64 MiB.
pub const MAX_WORK_BYTES: usize = 64 << 20;

/// What is left of the work that one evaluation, or several together, may do.
#[derive(Debug, Clone)]
pub struct Budget {
    left: usize,
}

impl Budget {
    /// So many bytes of text may be looked at or made.
    #[must_use]
    pub fn of(bytes: usize) -> Self {
        Self { left: bytes }
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.left == 0
    }

    /// Takes `bytes` of work.
    pub(crate) fn work(&mut self, bytes: usize) -> Result<(), EvaluationErrorKind> {
        match self.left.checked_sub(bytes) {
            Some(left) => self.left = left,
            None => {
                self.left = 0;
                return Err(EvaluationErrorKind::TooMuchWork);
            }
        }
        Ok(())
    }

    /// Takes the work of looking at or keeping `count` items of a list.
    pub(crate) fn items(&mut self, count: usize) -> Result<(), EvaluationErrorKind> {
        self.work(count.saturating_mul(size_of::<Value>()))
    }
}

/// A text that is being made, which cannot become too large.
#[derive(Default)]
pub(crate) struct Output {
    text: String,
}

impl Output {
    pub(crate) fn push(&mut self, part: &str) -> Result<(), EvaluationErrorKind> {
        if self.text.len() + part.len() > MAX_RESULT_BYTES {
            return Err(EvaluationErrorKind::TooLarge);
        }
        self.text.push_str(part);
        Ok(())
    }

    /// The text, paid for.
    pub(crate) fn finish(self, budget: &mut Budget) -> Result<Value, EvaluationErrorKind> {
        budget.work(self.text.len())?;
        Ok(self.text.into())
    }
}
