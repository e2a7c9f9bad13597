//! Standard output and standard error, and whether they are terminals.

use std::io::{self, IsTerminal as _, Write as _};

/// Where people and programs read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Console {
    /// Whether standard error takes colour: a terminal, and nobody said otherwise.
    pub(crate) color: bool,
    /// Whether live progress can be drawn.
    pub(crate) live: bool,
}

impl Console {
    pub(crate) fn new() -> Self {
        let choice = anstream::AutoStream::choice(&io::stderr());
        Self {
            color: !matches!(choice, anstream::ColorChoice::Never),
            live: io::stderr().is_terminal() && io::stdout().is_terminal(),
        }
    }

    /// Writes to standard output: what the command was asked for.
    pub(crate) fn out(self, text: &str) {
        end_quietly(io::stdout().lock().write_all(text.as_bytes()));
    }

    /// Writes to standard error: everything else.
    pub(crate) fn err(self, text: &str) {
        end_quietly(io::stderr().lock().write_all(text.as_bytes()));
    }

    /// Writes a sentence for people to standard error.
    pub(crate) fn note(self, text: &str) {
        self.err(&format!("{text}\n"));
    }
}

/// A reader that went away (`stepwell … | head`) is no error of ours, and there is nobody left to
/// tell of any other.
fn end_quietly(written: io::Result<()>) {
    if let Err(error) = written {
        tracing::debug!(%error, "cannot write");
    }
}
