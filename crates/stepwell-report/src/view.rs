//! What all views have in common.

use std::io;
use stepwell_event::Envelope;

/// Something that shows a run while its events come in.
pub trait View {
    /// Takes the next event.
    ///
    /// # Errors
    ///
    /// When what it writes to fails.
    fn on(&mut self, envelope: &Envelope) -> io::Result<()>;

    /// Shows what is left to show, after the last event.
    ///
    /// # Errors
    ///
    /// When what it writes to fails.
    fn finish(&mut self) -> io::Result<()>;
}
