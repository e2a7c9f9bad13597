//! What people and programs see of a search.

use super::{Failure, ReportFormat};
use crate::console::Console;
use crate::exit::Exit;
use serde_json::json;
use std::path::{Path, PathBuf};
use stepwell_diagnostic::Diagnostic;
use stepwell_event::{BisectEvent, Conclusion, FORMAT_VERSION, Finding};
use stepwell_report::SearchProgress;
use tokio::sync::mpsc::UnboundedReceiver;

/// Reads the name of a report's file.
pub(super) fn report_file(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if Format::of(&path).is_none() {
        return Err("a report is a `.html`, `.md` or `.json` file".to_owned());
    }
    // Said at once, and not after an hour's search.
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    match folder.is_none_or(Path::is_dir) {
        true => Ok(path),
        false => Err("the folder that it is to be in does not exist".to_owned()),
    }
}

enum Format {
    Html,
    Markdown,
    Json,
}

impl Format {
    fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?;
        match extension.to_ascii_lowercase().as_str() {
            "html" | "htm" => Some(Self::Html),
            "md" | "markdown" => Some(Self::Markdown),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// Shows what happens, until it has ended. It blocks, so it has a thread of its own: a terminal that
/// does not read holds up nothing else.
pub(super) fn follow(
    mut events: UnboundedReceiver<BisectEvent>,
    console: Console,
    output: ReportFormat,
) {
    let mut screen = Screen::new(console, output);
    while let Some(event) = events.blocking_recv() {
        screen.show(&event);
    }
    screen.clear();
}

struct Screen {
    console: Console,
    output: ReportFormat,
    progress: SearchProgress,
    /// What stands in the last line, to be written over.
    line: String,
}

impl Screen {
    fn new(console: Console, output: ReportFormat) -> Self {
        Self {
            console,
            output,
            progress: SearchProgress::new(console.color),
            line: String::new(),
        }
    }

    fn show(&mut self, event: &BisectEvent) {
        if self.output == ReportFormat::Json {
            let line = json!({ "v": FORMAT_VERSION, "type": "search", "event": event });
            return self.console.out(&format!("{line}\n"));
        }
        let stays = self.progress.on(event);
        if self.console.live {
            self.clear();
            if let Some(stays) = stays {
                self.console.note(&stays);
            }
            self.line = self
                .progress
                .line(crate::console::width().saturating_sub(1));
            self.console.err(&self.line);
            return;
        }
        if let Some(stays) = stays {
            self.console.note(&stays);
        }
        if matches!(event, BisectEvent::Progress { .. }) {
            let line = self.progress.line(usize::MAX);
            if line != self.line {
                self.console.note(&line);
                self.line = line;
            }
        }
    }

    /// Removes the line of what goes on.
    fn clear(&mut self) {
        if self.console.live && !self.line.is_empty() {
            self.console.err("\r\x1b[K");
            self.line.clear();
        }
    }
}

/// Prints what was found, and writes it to files. What cannot be written is said after what was found.
pub(super) fn report(
    finding: &Finding,
    console: Console,
    output: ReportFormat,
    files: &[PathBuf],
) -> Result<Exit, Failure> {
    console.out(&match output {
        ReportFormat::Human => {
            stepwell_report::finding_text(finding, crate::console::width(), console.color_out)
        }
        ReportFormat::Markdown => stepwell_report::finding_markdown(finding),
        ReportFormat::Html => stepwell_report::finding_html(finding),
        ReportFormat::Json => {
            let line = json!({ "v": FORMAT_VERSION, "type": "finding", "finding": finding });
            format!("{line}\n")
        }
    });
    for file in files {
        let text = match Format::of(file) {
            Some(Format::Markdown) => stepwell_report::finding_markdown(finding),
            Some(Format::Json) => as_json(finding)?,
            Some(Format::Html) | None => stepwell_report::finding_html(finding),
        };
        std::fs::write(file, text).map_err(|error| unwritten(file, &error))?;
    }
    Ok(exit(&finding.conclusion))
}

fn unwritten(file: &Path, error: &std::io::Error) -> Diagnostic {
    let message = format!("cannot write the report `{}`: {error}", file.display());
    Diagnostic::error("no-report", message)
        .help("`stepwell bisect show --report FILE` writes it again")
}

fn as_json(finding: &Finding) -> Result<String, Failure> {
    stepwell_report::finding_json(finding).map_err(|error| {
        let message = format!("the report cannot be written: {error}");
        Failure::Defect(Diagnostic::error("defect", message))
    })
}

/// How the program ends.
pub(super) fn exit(conclusion: &Conclusion) -> Exit {
    match conclusion {
        Conclusion::Culprit { .. } => Exit::Succeeded,
        _ => Exit::RunFailed,
    }
}
