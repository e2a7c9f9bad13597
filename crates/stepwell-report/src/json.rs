//! The events themselves, for programs.

use crate::View;
use crate::hostile::hostile_json;
use std::io::{self, Write};
use stepwell_event::Envelope;

/// One envelope a line. Every line carries the version of the format.
#[derive(Debug)]
pub struct JsonLines<W> {
    out: W,
}

impl<W: Write> JsonLines<W> {
    /// A view that writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out }
    }
}

impl<W: Write> View for JsonLines<W> {
    fn on(&mut self, envelope: &Envelope) -> io::Result<()> {
        let mut line = hostile_json(serde_json::to_string(envelope)?);
        line.push('\n');
        self.out.write_all(line.as_bytes())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
