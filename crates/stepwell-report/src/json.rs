//! The events themselves, for programs.

use crate::View;
use crate::hostile::hostile_json;
use serde::Serialize;
use std::io::{self, Write};
use stepwell_event::Envelope;

/// `value` as one line of JSON with its end. What a terminal would act on is escaped in it.
///
/// # Errors
///
/// When the value cannot be JSON, such as a map with keys that are no text.
pub fn json_line(value: &impl Serialize) -> serde_json::Result<String> {
    let mut line = hostile_json(serde_json::to_string(value)?);
    line.push('\n');
    Ok(line)
}

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
        self.out.write_all(json_line(envelope)?.as_bytes())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
