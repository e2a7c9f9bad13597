//! A job that runs, as one line of a terminal and the last lines of its log.

use crate::formatting::{Layout, Line, Look};
use crate::hostile::hostile;
use crate::text::{count, duration, fit, width};
use crate::words::{BOLD, DIM, GUEST, HOST, Paint};
use std::collections::VecDeque;
use std::time::Duration;
use stepwell_event::LineKind;

/// How many lines of a failed step's log are shown again.
const TAIL: usize = 20;

/// What is kept of a line; guests write lines of any length.
const LINE: usize = 1000;

/// The line that a running job has on the terminal.
#[derive(Debug, Clone, Default)]
pub(crate) struct Running {
    /// The job's name, safe to show.
    pub(crate) job: String,
    /// The step, such as `step 3/5 scan`, safe to show.
    pub(crate) step: String,
    /// How far the step says it is.
    pub(crate) percent: Option<u8>,
    /// The last thing that the step said, as it said it.
    pub(crate) last: String,
}

impl Running {
    /// Keeps what the step said.
    pub(crate) fn say(&mut self, text: &str) {
        self.last.clear();
        self.last.push_str(start(text));
    }

    /// The line in at most `columns`.
    pub(crate) fn line(&self, elapsed: Duration, columns: usize, paint: Paint) -> String {
        let mut middle = String::new();
        if !self.step.is_empty() {
            middle.push_str("  ");
            middle.push_str(&self.step);
        }
        if let Some(percent) = self.percent {
            middle.push_str(&format!(" {percent} %"));
        }
        // Below a second the digits would only flicker.
        let whole = match elapsed.as_secs() {
            0 => "0 s".to_owned(),
            seconds @ 1..60 => format!("{seconds} s"),
            seconds => duration(seconds.saturating_mul(1_000_000)),
        };
        middle.push_str(&format!("  {whole}"));
        let job = fit(&self.job, columns);
        let middle = fit(&middle, columns - width(&job));
        let used = width(&job) + width(&middle) + 2;
        let mut line = format!("{}{middle}", paint.with(BOLD, &job));
        let last = hostile(&self.last).replace('\t', " ");
        if let Some(room @ 8..) = columns.checked_sub(used)
            && !last.is_empty()
        {
            line.push_str(&format!("  {}", paint.with(DIM, fit(&last, room))));
        }
        line
    }
}

/// The last lines of a step's log.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    layout: Layout,
    lines: VecDeque<Kept>,
    seen: usize,
}

#[derive(Debug)]
struct Kept {
    source: LineKind,
    look: Look,
    text: String,
}

impl Tail {
    /// Keeps a line. Gives what its formatting command leaves of the text; `None` if it is not
    /// shown.
    pub(crate) fn push<'a>(&mut self, source: LineKind, text: &'a str) -> Option<&'a str> {
        let Line { look, text } = self.layout.line(source, text)?;
        self.seen += 1;
        let room = match self.lines.len() {
            TAIL.. => self.lines.pop_front().map(|kept| kept.text),
            _ => None,
        };
        let mut kept = room.unwrap_or_default();
        kept.clear();
        kept.push_str(start(text));
        self.lines.push_back(Kept {
            source,
            look,
            text: kept,
        });
        Some(text)
    }

    pub(crate) fn clear(&mut self) {
        self.layout = Layout::default();
        self.lines.clear();
        self.seen = 0;
    }

    /// The lines, safe to show, each with the sign of who says it.
    pub(crate) fn render(&self, paint: Paint) -> Vec<String> {
        let mut lines = Vec::with_capacity(self.lines.len() + 1);
        if let Some(earlier @ 1..) = self.seen.checked_sub(self.lines.len()) {
            let text = format!("{GUEST} … {}", count(earlier, "earlier line"));
            lines.push(paint.with(DIM, text));
        }
        lines.extend(self.lines.iter().map(|kept| {
            let sign = match kept.source {
                LineKind::Host => HOST,
                _ => GUEST,
            };
            let sign = paint.with(DIM, sign);
            format!("{sign} {}", kept.look.shown(&kept.text, DIM, paint))
        }));
        lines
    }
}

fn start(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LINE)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running() -> Running {
        let mut running = Running {
            job: "licenses".into(),
            step: "step 2/3 scan".into(),
            ..Running::default()
        };
        running.say("checking\u{1b}[2J src/lib.rs\tof everything");
        running
    }

    #[test]
    fn a_running_job_fits_its_line() {
        let mut running = running();
        let at = |running: &Running, seconds: u64, columns| {
            running.line(
                Duration::from_secs(seconds) + Duration::from_millis(700),
                columns,
                Paint(false),
            )
        };
        let table = [
            (
                12,
                80,
                "licenses  step 2/3 scan  12 s  checking␛[2J src/lib.rs of everything",
            ),
            (12, 45, "licenses  step 2/3 scan  12 s  checking␛[2J…"),
            (0, 32, "licenses  step 2/3 scan  0 s"),
            (75, 20, "licenses  step 2/3…"),
            (1, 5, "lice…"),
            (1, 0, ""),
        ];
        for (seconds, columns, expect) in table {
            assert_eq!(at(&running, seconds, columns), expect, "{columns} columns");
        }
        running.percent = Some(40);
        running.last.clear();
        let expect = "licenses  step 2/3 scan 40 %  1 m 05 s";
        assert_eq!(at(&running, 65, 80), expect);
    }

    #[test]
    fn only_the_end_of_the_log_is_kept() {
        let mut tail = Tail::default();
        for number in 0..23 {
            tail.push(LineKind::Stdout, &format!("line {number}"));
        }
        tail.push(LineKind::Host, &"é".repeat(2000));
        let lines = tail.render(Paint(false));
        assert_eq!(lines.len(), 21);
        assert_eq!(lines[0], "| … 4 earlier lines");
        assert_eq!(lines[1], "| line 4");
        assert_eq!(lines[20], format!("> {}", "é".repeat(500)));
        tail.clear();
        assert!(tail.render(Paint(false)).is_empty());
    }
}
