//! Azure's formatting commands: `##[group]` and its like at the start of a line.
//!
//! They say how a line is presented and nothing else. The text behind them is a guest's, and is
//! neutralised like any other.

use crate::hostile::hostile;
use crate::words::{BOLD, Paint};
use anstyle::{AnsiColor, Style};
use stepwell_event::LineKind;

/// How a line stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tone {
    Normal,
    Group,
    Section,
    Command,
    Warning,
    Error,
}

/// How a line is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    tone: Tone,
    indented: bool,
}

/// A line with its presentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    pub(crate) look: Look,
    /// What is left of the text without its command, as the guest wrote it.
    pub(crate) text: &'a str,
}

/// Where the log of a step is: in a group, or not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Outside of groups.
    #[default]
    Flat,
    /// In a group whose title is its first line.
    Untitled,
    /// In a group.
    Grouped,
}

impl Layout {
    /// The line as it is presented; `None` if it is not shown.
    pub(crate) fn line<'a>(&mut self, source: LineKind, text: &'a str) -> Option<Line<'a>> {
        let (tone, text) = match source {
            LineKind::Debug => return None,
            LineKind::Host => (Tone::Normal, text),
            LineKind::Warning => (Tone::Warning, text),
            LineKind::Error => (Tone::Error, text),
            LineKind::Stdout | LineKind::Stderr | LineKind::Info => match command(text) {
                None => (Tone::Normal, text),
                Some(("debug", _)) => return None,
                Some(("group", title)) => {
                    *self = match title.trim() {
                        "" => Self::Untitled,
                        _ => Self::Grouped,
                    };
                    let look = Look {
                        tone: Tone::Group,
                        indented: false,
                    };
                    let text = title.trim();
                    return (*self == Self::Grouped).then_some(Line { look, text });
                }
                Some(("endgroup", _)) => {
                    *self = Self::Flat;
                    return None;
                }
                Some(("section", text)) => (Tone::Section, text.trim()),
                Some(("command", text)) => (Tone::Command, text),
                Some(("warning", text)) => (Tone::Warning, text),
                Some(("error", text)) => (Tone::Error, text),
                Some(_) => (Tone::Normal, text),
            },
        };
        let title = *self == Self::Untitled && source != LineKind::Host;
        if title {
            *self = Self::Grouped;
        }
        let look = Look {
            tone: if title { Tone::Group } else { tone },
            indented: *self == Self::Grouped && !title && source != LineKind::Host,
        };
        Some(Line { look, text })
    }
}

impl Look {
    /// A text with this look, safe to show; `normal` is the style of one that has none of its own.
    pub(crate) fn shown(self, text: &str, normal: Style, paint: Paint) -> String {
        let indent = if self.indented { "  " } else { "" };
        let (lead, style) = match self.tone {
            Tone::Normal => ("", normal),
            Tone::Group => ("▾ ", BOLD),
            Tone::Section => ("── ", BOLD),
            Tone::Command => ("$ ", AnsiColor::Blue.on_default()),
            Tone::Warning => ("warning: ", AnsiColor::Yellow.on_default()),
            Tone::Error => ("error: ", AnsiColor::Red.on_default()),
        };
        let text = format!("{lead}{}", hostile(text));
        format!("{indent}{}", paint.with(style, text))
    }
}

/// The command at the start of a line, and what is behind it.
fn command(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix("##[")?.split_once(']')
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;

    fn shown(lines: &[(LineKind, &str)]) -> String {
        let mut layout = Layout::default();
        let shown = lines.iter().filter_map(|(source, text)| {
            let line = layout.line(*source, text)?;
            Some(format!(
                "| {}\n",
                line.look.shown(line.text, Style::new(), Paint(false))
            ))
        });
        shown.collect()
    }

    #[test]
    fn commands_change_the_presentation_of_a_line() {
        use LineKind::{Debug, Error, Host, Stderr, Stdout};
        let lines = [
            (Stdout, "before"),
            (Stdout, "##[group] first\u{1b}[2J "),
            (Stdout, "inside"),
            (Stderr, "##[warning]careful"),
            (Host, "compiled"),
            (Stdout, "##[debug]hidden"),
            (Debug, "hidden"),
            (Stdout, "##[group]second"),
            (Stdout, "inside of the second"),
            (Stdout, "##[endgroup]"),
            (Stdout, "after"),
            (Stdout, "##[group]"),
            (Stdout, "a title of its own"),
            (Stdout, "inside of the third"),
            (Stdout, "##[endgroup]ignored"),
            (Stdout, "##[section]Starting: scan"),
            (Stdout, "##[command]ls -l"),
            (Stdout, "##[error]lost"),
            (Error, "##[error]as a message"),
            (Stdout, "##[unknown]as it is"),
            (Stdout, " ##[group]not at the start"),
            (Stdout, "##[group"),
        ];
        assert_snapshot!(shown(&lines), @r"
        | before
        | ▾ first␛[2J
        |   inside
        |   warning: careful
        | compiled
        | ▾ second
        |   inside of the second
        | after
        | ▾ a title of its own
        |   inside of the third
        | ── Starting: scan
        | $ ls -l
        | error: lost
        | error: ##[error]as a message
        | ##[unknown]as it is
        |  ##[group]not at the start
        | ##[group
        ");
    }

    #[test]
    fn colour_is_only_used_when_it_is_on() {
        let line = Layout::default().line(LineKind::Stdout, "##[error]lost");
        let line = line.map(|line| line.look.shown(line.text, Style::new(), Paint(true)));
        assert_eq!(line.as_deref(), Some("\u{1b}[31merror: lost\u{1b}[0m"));
    }
}
