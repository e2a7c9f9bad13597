//! A finding on a terminal.

use super::further::Chapter;
use super::mark::{Mark, percent, short, time, trials, why};
use super::range::bar;
use super::story::{Piece, Story, Suspect, Tone};
use crate::flow::Flow;
use crate::hostile::hostile;
use crate::table::{Align, Entry, Row, Table};
use crate::text::{fit, width};
use crate::words::{BOLD, DIM, Paint};
use anstyle::{AnsiColor, Effects, Style};
use stepwell_event::Finding;

/// The most suspects that are listed.
const MAX_SUSPECTS: usize = 30;

/// The most judgements that are listed.
const MAX_PROBES: usize = 100;

const INDENT: &str = "  ";

/// The column of the table that is coloured.
const VERDICT: usize = 2;

/// What was found, for people, in lines of at most `width` columns: what is to blame, what is known
/// of the range, what was judged, what was not, and what to do.
#[must_use]
pub fn finding_text(finding: &Finding, width: usize, color: bool) -> String {
    let story = Story::of(finding);
    let mut page = Page {
        text: String::new(),
        columns: width.max(20),
        paint: Paint(color),
    };
    page.head(&story);
    page.suspects(&story.suspects);
    page.further(&story.further);
    page.section(
        "Range",
        bar(finding, page.columns - INDENT.len(), page.paint),
    );
    page.probes(finding);
    let unverified = story
        .unverified
        .iter()
        .map(|text| vec![Piece::Text(text.clone())]);
    page.sentences("Taken for granted, not run", unverified);
    page.sentences("What to do", story.next.iter().cloned());
    if let Some(command) = &story.reproduce {
        // Not broken into lines, so that it can be copied.
        page.section("To see it again", vec![command.clone()]);
    }
    page.text
        .push_str(&format!("\n{}\n", page.paint.with(DIM, &story.cost)));
    page.text
}

struct Page {
    text: String,
    columns: usize,
    paint: Paint,
}

impl Page {
    fn head(&mut self, story: &Story) {
        let color = match story.tone {
            Tone::Found => AnsiColor::Red,
            Tone::Cleared => AnsiColor::Green,
            Tone::Open => AnsiColor::Yellow,
        };
        let style = color.on_default().effects(Effects::BOLD);
        let mut flow = Flow::default();
        for piece in &story.headline {
            flow.push(style, piece.text());
        }
        self.lines(&flow, "");
        if !story.facts.is_empty() {
            self.text.push('\n');
        }
        self.facts(&story.facts, INDENT);
    }

    fn facts(&mut self, facts: &[(&'static str, Piece)], indent: &str) {
        let widest = facts.iter().map(|(label, _)| width(label)).max();
        for (label, value) in facts {
            let label = format!("{label:<0$}", widest.unwrap_or_default());
            let room = self
                .columns
                .saturating_sub(indent.len() + width(&label) + 2);
            let label = self.paint.with(DIM, label);
            let value = fit(value.text(), room);
            self.text.push_str(&format!("{indent}{label}  {value}\n"));
        }
    }

    fn further(&mut self, chapters: &[Chapter]) {
        for (number, chapter) in chapters.iter().enumerate() {
            let sentence = std::iter::once(chapter.headline.clone());
            match number {
                0 => self.sentences("Other culprits", sentence),
                _ => self.paragraph(&chapter.headline),
            }
            self.facts(&chapter.facts, &INDENT.repeat(2));
        }
    }

    fn suspects(&mut self, suspects: &[Suspect]) {
        let mut lines: Vec<String> = suspects
            .iter()
            .take(MAX_SUSPECTS)
            .map(|suspect| {
                let weight = suspect
                    .weight
                    .map(|weight| format!("{:>7}  ", percent(weight)));
                let note = match suspect.note {
                    "" => String::new(),
                    note => format!(" ({note})"),
                };
                let room = self.columns - INDENT.len();
                let line = format!(
                    "{}{} {}{note}",
                    weight.unwrap_or_default(),
                    suspect.id,
                    suspect.subject
                );
                fit(&line, room).into_owned()
            })
            .collect();
        if let Some(more) = suspects.len().checked_sub(MAX_SUSPECTS + 1) {
            lines.push(format!("… and {} more", more + 1));
        }
        self.section("May be to blame", lines);
    }

    fn probes(&mut self, finding: &Finding) {
        let rows: Vec<Entry<6>> = (1usize..)
            .zip(&finding.probes)
            .take(MAX_PROBES)
            .map(|(number, probe)| {
                let terms = &finding.asked.terms;
                let mark = Mark::of(&probe.end);
                let id = short(&probe.version.id);
                let why = match why(probe, terms) {
                    why if why.is_empty() => hostile(&probe.version.subject).into_owned(),
                    why => why,
                };
                Entry::Row(Row {
                    cells: [
                        format!("{INDENT}{number}"),
                        id,
                        format!("{} {}", mark.sign(), mark.word(terms)),
                        trials(&probe.end, terms),
                        time(probe),
                        why,
                    ],
                    result: mark.color(),
                })
            })
            .collect();
        if rows.is_empty() {
            return;
        }
        let table = Table {
            header: [
                ("  #", Align::Left),
                ("Commit", Align::Left),
                ("Verdict", Align::Left),
                ("Trials", Align::Left),
                ("Time", Align::Right),
                ("Why, or subject", Align::Left),
            ],
            rows,
        };
        let table = table.render(self.columns, VERDICT, self.paint);
        self.text.push_str(&format!("\n{table}"));
        if let Some(more) = finding.probes.len().checked_sub(MAX_PROBES + 1) {
            self.text
                .push_str(&format!("{INDENT}… and {} more\n", more + 1));
        }
    }

    fn sentences(&mut self, title: &str, sentences: impl Iterator<Item = Vec<Piece>>) {
        for (number, sentence) in sentences.enumerate() {
            if number == 0 {
                self.title(title);
            }
            self.paragraph(&sentence);
        }
    }

    fn paragraph(&mut self, sentence: &[Piece]) {
        let mut flow = Flow::default();
        for piece in sentence {
            let style = match piece {
                Piece::Word(_) | Piece::Text(_) => Style::new(),
                Piece::Command(_) => BOLD,
            };
            flow.push(style, piece.text());
        }
        self.lines(&flow, INDENT);
    }

    /// A paragraph with a title; nothing without lines.
    fn section(&mut self, title: &str, lines: Vec<String>) {
        if lines.is_empty() {
            return;
        }
        self.title(title);
        for line in lines {
            self.text.push_str(&format!("{INDENT}{line}\n"));
        }
    }

    fn title(&mut self, title: &str) {
        self.text
            .push_str(&format!("\n{}\n", self.paint.with(BOLD, title)));
    }

    fn lines(&mut self, flow: &Flow, indent: &str) {
        for line in flow.lines(self.columns - indent.len(), self.paint) {
            self.text.push_str(&format!("{indent}{line}\n"));
        }
    }
}
