//! Standard output and standard error, and whether they are terminals.

use crate::commands::OutputFormat;
use std::cell::RefCell;
use std::io::{self, IsTerminal as _, Write as _};
use std::rc::Rc;
use stepwell_event::Envelope;
use stepwell_report::{JsonLines, Live, Plain, Summary, View};

/// Where people and programs read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Console {
    /// Whether standard error takes colour: a terminal, and nobody said otherwise.
    pub(crate) color: bool,
    /// Whether standard output does.
    pub(crate) color_out: bool,
    /// Whether live progress can be drawn.
    pub(crate) live: bool,
}

impl Console {
    pub(crate) fn new() -> Self {
        let colored = |choice| !matches!(choice, anstream::ColorChoice::Never);
        Self {
            color: colored(anstream::AutoStream::choice(&io::stderr())),
            color_out: colored(anstream::AutoStream::choice(&io::stdout())),
            live: io::stderr().is_terminal() && io::stdout().is_terminal(),
        }
    }

    /// Writes to standard output: what the command was asked for.
    pub(crate) fn out(self, text: &str) {
        self.out_bytes(text.as_bytes());
    }

    fn out_bytes(self, bytes: &[u8]) {
        let mut out = io::stdout().lock();
        end_quietly(out.write_all(bytes).and_then(|()| out.flush()));
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

/// The views of one run.
///
/// Views write into a buffer that is handed to the terminal or the pipe once for each batch of
/// events.
pub(crate) struct Screen {
    console: Console,
    buffer: Buffer,
    views: Vec<Box<dyn View>>,
}

impl Screen {
    pub(crate) fn new(console: Console, output: OutputFormat) -> Self {
        let buffer = Buffer::default();
        let views: Vec<Box<dyn View>> = match output {
            OutputFormat::Json => vec![Box::new(JsonLines::new(buffer.clone()))],
            OutputFormat::Human => {
                let live: Box<dyn View> = if console.live {
                    Box::new(Live::stderr(console.color))
                } else {
                    Box::new(Plain::new(buffer.clone()))
                };
                let summary = Summary::new(buffer.clone(), width(), console.color_out);
                vec![live, Box::new(summary)]
            }
        };
        Self {
            console,
            buffer,
            views,
        }
    }

    pub(crate) fn show(&mut self, events: &[Envelope]) {
        for event in events {
            self.views
                .iter_mut()
                .for_each(|view| end_quietly(view.on(event)));
        }
        self.flush();
    }

    pub(crate) fn finish(&mut self) {
        self.views
            .iter_mut()
            .for_each(|view| end_quietly(view.finish()));
        self.flush();
    }

    fn flush(&mut self) {
        let bytes = std::mem::take(&mut *self.buffer.0.borrow_mut());
        if !bytes.is_empty() {
            self.console.out_bytes(&bytes);
        }
    }
}

/// Columns of the terminal, or of a wide page.
pub(crate) fn width() -> usize {
    terminal_size::terminal_size().map_or(120, |(width, _)| usize::from(width.0))
}

#[derive(Clone, Default)]
struct Buffer(Rc<RefCell<Vec<u8>>>);

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
