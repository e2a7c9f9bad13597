//! The table for people: at most 80 columns, so that it can be pasted anywhere.

use crate::case::{Case, Kind, Word};
use crate::process::Holdings;
use crate::suite::{Summary, Wall};
use crate::trial::{Trial, Verdict};
use std::fmt::Write as _;
use std::time::Duration;

/// Columns of the attempt and of the defence.
const ATTEMPT: usize = 38;
const DEFENCE: usize = 22;

/// The lines above the table: which walls stand, and the names of the columns.
#[must_use]
pub fn heading(walls: &[Wall]) -> String {
    let mut text = String::new();
    for wall in walls {
        let _ = match &wall.stands {
            Ok(()) => writeln!(text, "wall  {}: stands", wall.name),
            Err(reason) => writeln!(text, "wall  {}: not here: {reason}", wall.name),
        };
    }
    let _ = writeln!(
        text,
        "\n{:<4} {:<ATTEMPT$} {:<DEFENCE$} time result",
        "id", "attempt", "defence"
    );
    text
}

/// The line above the attempts of a kind.
#[must_use]
pub fn line(kind: Kind) -> String {
    format!("{}  {}\n", kind.letter(), kind.describe())
}

/// One attempt. What got through, and why something was not tried, is told below its line.
#[must_use]
pub fn row(case: &Case, trial: &Trial) -> String {
    let result = match &trial.verdict {
        Verdict::Held(word) => word.as_str(),
        Verdict::GotThrough(_) => "GOT THROUGH",
        Verdict::NotTested(_) => "not tested",
    };
    let mut text = format!(
        "{:<4} {:<ATTEMPT$} {:<DEFENCE$} {:>4} {result}\n",
        case.id,
        case.attempt,
        case.defence,
        short(trial.took),
    );
    match &trial.verdict {
        Verdict::Held(_) => {}
        Verdict::NotTested(reason) => {
            let _ = writeln!(text, "     {reason}");
        }
        Verdict::GotThrough(wrong) => {
            for what in wrong.iter().take(10) {
                let _ = writeln!(text, "     {}", printable(what));
            }
            if wrong.len() > 10 {
                let _ = writeln!(text, "     and {} more", wrong.len() - 10);
            }
        }
    }
    text
}

/// The lines below the table.
#[must_use]
pub fn summary_lines(summary: &Summary) -> String {
    let (before, after) = summary.holdings;
    let mut text = String::new();
    let _ = writeln!(
        text,
        "\nleft behind: {}",
        left(before, after, summary.folders)
    );
    let _ = writeln!(
        text,
        "secrets canary: {} places searched, {} hits",
        summary.searched, summary.hits
    );
    let mut parts = Vec::new();
    for word in [Word::Refused, Word::Bounded, Word::Harmless] {
        let count = summary.count(|verdict| *verdict == Verdict::Held(word));
        parts.push(format!("{count} {}", word.as_str()));
    }
    let untested = summary.count(|verdict| matches!(verdict, Verdict::NotTested(_)));
    if untested > 0 {
        parts.push(format!("{untested} not tested"));
    }
    parts.push(match summary.faults() {
        0 => "none got through".to_owned(),
        count => format!("{count} GOT THROUGH"),
    });
    let _ = writeln!(
        text,
        "{} attempts: {}",
        summary.trials.len(),
        parts.join(", ")
    );
    let _ = writeln!(
        text,
        "memory +{} MiB; {:.1} s",
        summary.growth.div_ceil(1 << 20),
        summary.took.as_secs_f64()
    );
    text
}

fn left(before: Holdings, after: Holdings, folders: usize) -> String {
    let mut parts = Vec::new();
    for (count, what) in [
        (
            after.descriptors.saturating_sub(before.descriptors),
            "descriptors",
        ),
        (after.threads.saturating_sub(before.threads), "threads"),
        (
            after.processes.saturating_sub(before.processes),
            "processes",
        ),
        (folders, "folders"),
    ] {
        parts.push(format!("{count} {what}"));
    }
    parts.join(", ")
}

fn short(took: Duration) -> String {
    let seconds = took.as_secs_f64();
    match seconds {
        ..10.0 => format!("{seconds:.2}"),
        _ => format!("{seconds:.0}"),
    }
}

/// What a guest said, without what a terminal would obey.
fn printable(text: &str) -> String {
    let shown: String = text
        .chars()
        .take(300)
        .map(|one| if one.is_control() { '\u{fffd}' } else { one })
        .collect();
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::attempts;

    fn trial(verdict: Verdict) -> Trial {
        Trial {
            id: "A-01",
            verdict,
            ends: Vec::new(),
            took: Duration::from_millis(1_234),
            memory: None,
        }
    }

    #[test]
    fn no_row_is_wider_than_a_terminal() {
        for case in attempts() {
            for word in [Word::Refused, Word::Bounded, Word::Harmless] {
                let text = row(case, &trial(Verdict::Held(word)));
                assert!(text.trim_end().chars().count() <= 80, "{text}");
            }
        }
    }

    #[test]
    fn what_got_through_is_told_as_hostile_text() {
        let case = attempts().next().unwrap();
        let text = row(
            case,
            &trial(Verdict::GotThrough(vec!["\u{1b}[2J".to_owned()])),
        );
        assert!(text.contains("GOT THROUGH\n     \u{fffd}[2J\n"), "{text}");
    }
}
