//! A finding as Markdown, to be pasted into an issue.
//!
//! Texts from elsewhere are code: in code nobody is mentioned, nothing is linked, and no HTML is
//! HTML, on the sites that go beyond the standard as well.

use super::further::Chapter;
use super::mark::{Mark, percent, short, time, trials, why};
use super::range::bar;
use super::story::{Piece, Story, Suspect};
use crate::words::Paint;
use stepwell_event::Finding;

/// The most suspects and judgements that are listed: sites take texts of up to 64 KiB.
const MAX_ROWS: usize = 50;

/// Characters of the range's bar: what fits into a column of text on such sites.
const COLUMNS: usize = 80;

/// The most characters of a text in a row.
const MAX_TEXT: usize = 200;

/// What was found, as Markdown that can be pasted anywhere: hostile texts stay texts.
#[must_use]
pub fn finding_markdown(finding: &Finding) -> String {
    let story = Story::of(finding);
    let mut page = format!("### {}\n", sentence(&story.headline));
    if !story.facts.is_empty() {
        page.push('\n');
    }
    for (label, value) in &story.facts {
        page.push_str(&format!("- {label}: {}\n", piece(value)));
    }
    page.push_str(&suspects(&story.suspects));
    page.push_str(&further(&story.further));
    let bar = bar(finding, COLUMNS, Paint(false));
    if !bar.is_empty() {
        page.push_str(&format!("\nRange:\n\n{}", block(&bar.join("\n"))));
    }
    page.push_str(&probes(finding));
    page.push_str(&list(
        "Taken for granted, not run",
        story.unverified.iter().map(|text| plain(text)),
    ));
    page.push_str(&list(
        "What to do",
        story.next.iter().map(|next| sentence(next)),
    ));
    if let Some(command) = &story.reproduce {
        page.push_str(&format!("\nTo see it again:\n\n{}", block(command)));
    }
    page.push_str(&format!("\n{}\n", story.cost));
    page
}

fn suspects(suspects: &[Suspect]) -> String {
    let rows = suspects.iter().map(|suspect| {
        let mut row = format!(
            "{} {}, {}",
            code(&suspect.id),
            code(&suspect.subject),
            code(&suspect.author)
        );
        if let Some(weight) = suspect.weight {
            row.push_str(&format!(", {}", percent(weight)));
        }
        if !suspect.note.is_empty() {
            row.push_str(&format!(": {}", suspect.note));
        }
        row
    });
    list("May be to blame", rows)
}

fn further(chapters: &[Chapter]) -> String {
    let rows = chapters.iter().map(|chapter| {
        let mut row = sentence(&chapter.headline);
        for (label, value) in &chapter.facts {
            row.push_str(&format!("\n  - {label}: {}", piece(value)));
        }
        row
    });
    list("Other culprits", rows)
}

fn list(title: &str, rows: impl ExactSizeIterator<Item = String>) -> String {
    let count = rows.len();
    if count == 0 {
        return String::new();
    }
    let mut list = format!("\n{title}:\n\n");
    for row in rows.take(MAX_ROWS) {
        list.push_str(&format!("- {row}\n"));
    }
    list.push_str(&more(count));
    list
}

fn more(count: usize) -> String {
    match count.checked_sub(MAX_ROWS + 1) {
        Some(more) => format!("\n… and {} more\n", more + 1),
        None => String::new(),
    }
}

fn probes(finding: &Finding) -> String {
    if finding.probes.is_empty() {
        return String::new();
    }
    let terms = &finding.asked.terms;
    let mut table = "\n| # | Commit | Subject | Verdict | Trials | Time | Why |\n\
                     | --: | --- | --- | --- | --- | --: | --- |\n"
        .to_owned();
    for (number, probe) in (1usize..).zip(&finding.probes).take(MAX_ROWS) {
        let mark = Mark::of(&probe.end);
        table.push_str(&format!(
            "| {number} | {} | {} | {} {} | {} | {} | {} |\n",
            cell(&short(&probe.version.id)),
            cell(&probe.version.subject),
            mark.sign(),
            plain(&mark.word(terms)),
            plain(&trials(&probe.end, terms)),
            time(probe),
            plain(&why(probe, terms)),
        ));
    }
    table + &more(finding.probes.len())
}

fn sentence(pieces: &[Piece]) -> String {
    pieces.iter().map(piece).collect()
}

fn piece(piece: &Piece) -> String {
    match piece {
        Piece::Word(word) => word.clone(),
        Piece::Text(text) | Piece::Command(text) => code(text),
    }
}

/// A text as code in a cell of a table, where a bar would end the cell even in code.
fn cell(text: &str) -> String {
    code(&text.replace('|', "¦"))
}

/// As [`cell`], but a text of plain words is left as it is: nothing can be made of it.
fn plain(text: &str) -> String {
    let words = text.strip_suffix('.').unwrap_or(text);
    let is_plain = |ch: char| ch.is_ascii_alphanumeric() || matches!(ch, ' ' | ',');
    match words.chars().all(is_plain) {
        true => text.to_owned(),
        false => cell(text),
    }
}

/// A text as code in a line. Empty for an empty one.
fn code(text: &str) -> String {
    let text = crate::hostile(text);
    let text = match text.char_indices().nth(MAX_TEXT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.into_owned(),
    };
    let text = text.replace('\t', " ");
    if text.trim().is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest(&text) + 1);
    // A space within is taken away again, if there is one at both ends.
    let ends = ['`', ' '];
    let pad = if text.starts_with(ends) || text.ends_with(ends) {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Lines as a block of code.
fn block(text: &str) -> String {
    let fence = "`".repeat(longest(text).max(2) + 1);
    format!("{fence}text\n{text}\n{fence}\n")
}

/// How many backticks come one after the other.
fn longest(text: &str) -> usize {
    let runs = text.split(|ch| ch != '`').map(str::len);
    runs.max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

    proptest! {
        #[test]
        fn any_text_is_one_piece_of_code(text in "[`|\\\\ a<>@#*_\\[\\]()!&\n\r~.-]{1,30}") {
            let source = format!("- {}\n", code(&text));
            let events = Parser::new_ext(&source, Options::all()).filter(|event| {
                !matches!(event, Event::Start(Tag::List(_) | Tag::Item) | Event::End(TagEnd::List(_) | TagEnd::Item))
            });
            let events: Vec<Event<'_>> = events.collect();
            match &*events {
                [] => prop_assert!(text.trim().is_empty()),
                [Event::Code(shown)] => {
                    let expect = crate::hostile(&text);
                    prop_assert_eq!(shown.trim(), expect.trim());
                }
                other => prop_assert!(false, "{source:?}: {other:?}"),
            }
        }

        #[test]
        fn any_text_is_one_cell_of_a_table(text in "[`|\\\\ a<>@#*_\\[\\]()!&\n\r~.-]{1,30}") {
            let source = format!("| a | b |\n| --- | --- |\n| {} | end |\n", cell(&text));
            let cells = Parser::new_ext(&source, Options::all())
                .filter(|event| matches!(event, Event::Start(Tag::TableCell)))
                .count();
            prop_assert_eq!(cells, 4);
            let last = Parser::new_ext(&source, Options::all())
                .filter_map(|event| match event {
                    Event::Text(text) => Some(text),
                    _ => None,
                })
                .last();
            prop_assert_eq!(last.as_deref(), Some("end"));
        }
    }
}
