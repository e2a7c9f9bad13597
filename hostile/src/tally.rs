//! What was tried, and what of it was possible.

use stepwell_task::info;

/// Counts what an attempt tries; the number is told at its end.
#[derive(Default)]
pub(crate) struct Tally(u32);

impl Tally {
    /// Something that must be refused.
    pub(crate) fn refused<T, E>(&mut self, what: &str, result: Result<T, E>) {
        self.0 += 1;
        if result.is_ok() {
            through(what);
        }
    }

    /// Something that must hold.
    pub(crate) fn holds(&mut self, what: &str, holds: bool) {
        self.0 += 1;
        if !holds {
            through(what);
        }
    }

    /// Something that may end either way, as long as it ends.
    pub(crate) fn ended<T>(&mut self, _result: T) {
        self.0 += 1;
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        info!("tried: {}", self.0);
    }
}

/// Says that something was possible that must not be.
pub(crate) fn through(what: &str) {
    info!("through: {what}");
}

/// Ends as a program does that cannot go on.
pub(crate) fn give_up(why: &str) {
    info!("giving up: {why}");
    wasip2::cli::exit::exit_with_code(1);
}
