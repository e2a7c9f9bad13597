//! Markdown as text for a terminal.
//!
//! What steps publish is for a web page and is hostile. Its structure is kept (headings, lists,
//! tables, code), its HTML is text like any other, and its size is bounded.

use crate::flow::Flow;
use crate::hostile::hostile;
use crate::text::{fit, width};
use crate::words::{BOLD, DIM, Paint};
use anstyle::{AnsiColor, Effects, Style};
use pulldown_cmark::{Alignment, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// Bytes that are looked at.
const MAX_BYTES: usize = 256 << 10;

/// Lines that are shown.
const MAX_LINES: usize = 200;

/// Deeper lists and quotes are not moved further in.
const MAX_DEPTH: usize = 8;

/// Columns of the widest column of a table.
const WIDEST: usize = 40;

/// `text` in lines of about `columns`, safe to show.
pub(crate) fn markdown(text: &str, columns: usize, paint: Paint) -> Vec<String> {
    let start = text.get(..text.floor_char_boundary(MAX_BYTES));
    let start = start.unwrap_or(text);
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS | Options::ENABLE_STRIKETHROUGH;
    let mut page = Page::new(columns, paint);
    for event in Parser::new_ext(start, options) {
        if page.lines.len() > MAX_LINES {
            break;
        }
        page.on(event);
    }
    page.end_block();
    let mut lines = page.lines;
    while lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
    if lines.len() > MAX_LINES || start.len() < text.len() {
        lines.truncate(MAX_LINES);
        lines.push("… there is more of it".to_owned());
    }
    lines
}

struct Page {
    columns: usize,
    paint: Paint,
    lines: Vec<String>,
    /// What is written of the block that is open.
    flow: Flow,
    /// What lists and quotes put before their lines.
    margins: Vec<Margin>,
    /// How many of each inline style are open.
    strong: usize,
    emphasis: usize,
    /// Where the links that are open lead to, and where their texts begin.
    links: Vec<(String, usize)>,
    /// The code of a block of code.
    code: Option<String>,
    table: Option<Rows>,
    /// Whether an empty line belongs before the next block.
    gap: bool,
    /// How many lists and quotes the last block was in.
    depth: usize,
}

enum Margin {
    Quote,
    /// The number of the next item; `None` for bullets.
    List(Option<u64>),
    /// An item: what its first line begins with, until that is written.
    Item {
        sign: Option<String>,
        width: usize,
    },
}

struct Rows {
    alignments: Vec<Alignment>,
    rows: Vec<Vec<String>>,
}

impl Page {
    fn new(columns: usize, paint: Paint) -> Self {
        Self {
            columns,
            paint,
            lines: Vec::new(),
            flow: Flow::default(),
            margins: Vec::new(),
            strong: 0,
            emphasis: 0,
            links: Vec::new(),
            code: None,
            table: None,
            gap: false,
            depth: 0,
        }
    }

    fn on(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => self.inline(self.style(), &text),
            },
            Event::Code(code) => {
                let style = AnsiColor::Cyan.on_default();
                self.inline(style, &format!("`{code}`"));
            }
            Event::Html(text) | Event::InlineHtml(text) => self.inline(DIM, &text),
            Event::SoftBreak => self.flow.push(Style::new(), " "),
            Event::HardBreak => self.flow.end_line(),
            Event::Rule => {
                self.end_block();
                let rule = "─".repeat(self.room().min(40));
                self.block(vec![rule]);
            }
            Event::TaskListMarker(done) => {
                self.flow
                    .push(Style::new(), if done { "[x] " } else { "[ ] " });
            }
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => {
                self.inline(Style::new(), &text);
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Strong => self.strong += 1,
            Tag::Emphasis => self.emphasis += 1,
            Tag::Link { dest_url, .. } => self.start_link(dest_url.into_string()),
            Tag::Image { dest_url, .. } => {
                self.flow.push(DIM, "image: ");
                self.start_link(dest_url.into_string());
            }
            Tag::Strikethrough => self.flow.push(Style::new(), "~~"),
            Tag::TableHead | Tag::TableRow => {
                if let Some(table) = &mut self.table {
                    table.rows.push(Vec::new());
                }
            }
            Tag::TableCell => self.flow = Flow::default(),
            Tag::Table(alignments) => {
                self.end_block();
                let rows = Vec::new();
                self.table = Some(Rows { alignments, rows });
            }
            Tag::CodeBlock(_) => {
                self.end_block();
                self.code = Some(String::new());
            }
            Tag::BlockQuote(_) => {
                self.end_block();
                self.margins.push(Margin::Quote);
            }
            Tag::List(first) => {
                self.end_block();
                self.margins.push(Margin::List(first));
            }
            Tag::Item => {
                self.end_block();
                self.item();
            }
            _ => self.end_block(),
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Strong => self.strong = self.strong.saturating_sub(1),
            TagEnd::Emphasis => self.emphasis = self.emphasis.saturating_sub(1),
            TagEnd::Strikethrough => self.flow.push(Style::new(), "~~"),
            TagEnd::Link | TagEnd::Image => self.end_link(),
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.flow).text(0);
                let row = self.table.as_mut().and_then(|table| table.rows.last_mut());
                if let Some(row) = row {
                    row.push(cell.trim().to_owned());
                }
            }
            TagEnd::TableHead | TagEnd::TableRow => {}
            TagEnd::Table => {
                if let Some(table) = self.table.take() {
                    let lines = table.lines(self.room(), self.paint);
                    self.block(lines);
                }
            }
            TagEnd::CodeBlock => {
                let code = self.code.take().unwrap_or_default();
                let lines = code.lines().take(MAX_LINES + 1);
                let lines = lines.map(|line| format!("    {}", hostile(line)));
                self.block(lines.collect());
            }
            TagEnd::Heading(level) => self.heading(level),
            TagEnd::Item | TagEnd::BlockQuote(_) => {
                self.leave();
            }
            TagEnd::List(_) => {
                self.leave();
                self.gap = true;
            }
            _ => self.end_block(),
        }
    }

    /// Ends a list, an item or a quote.
    fn leave(&mut self) {
        self.end_block();
        self.margins.pop();
        self.depth = self.depth.min(self.margins.len());
    }

    fn item(&mut self) {
        let sign = match self.margins.last_mut() {
            Some(Margin::List(Some(number))) => {
                let sign = format!("{number}. ");
                *number = number.saturating_add(1);
                sign
            }
            _ => "• ".to_owned(),
        };
        let width = width(&sign);
        let sign = Some(sign);
        self.margins.push(Margin::Item { sign, width });
    }

    fn start_link(&mut self, link: String) {
        self.links.push((link, self.flow.len()));
    }

    /// Shows where a link leads to, unless that is its text.
    fn end_link(&mut self) {
        let Some((link, start)) = self.links.pop() else {
            return;
        };
        if !link.is_empty() && self.flow.text(start) != hostile(&link) {
            self.inline(DIM, &format!(" ({link})"));
        }
    }

    fn heading(&mut self, level: HeadingLevel) {
        let text = std::mem::take(&mut self.flow).text(0);
        let text = fit(text.trim(), self.room()).into_owned();
        let line = match level {
            HeadingLevel::H1 => Some("═"),
            HeadingLevel::H2 => Some("─"),
            _ => None,
        };
        let under = line.map(|line| line.repeat(width(&text)));
        let mut lines = vec![self.paint.with(BOLD, text)];
        lines.extend(under);
        self.gap = true;
        self.block(lines);
    }

    fn style(&self) -> Style {
        let mut style = Style::new();
        if self.strong > 0 {
            style = style.effects(style.get_effects() | Effects::BOLD);
        }
        if self.emphasis > 0 {
            style = style.effects(style.get_effects() | Effects::ITALIC);
        }
        style
    }

    fn inline(&mut self, style: Style, text: &str) {
        // Line ends of HTML are white space.
        let text = text.replace(['\n', '\r', '\t'], " ");
        self.flow.push(style, hostile(&text));
    }

    /// Ends the paragraph that is open.
    fn end_block(&mut self) {
        if self.flow.is_empty() {
            return;
        }
        let flow = std::mem::take(&mut self.flow);
        let lines = flow.lines(self.room(), self.paint);
        self.block(lines);
    }

    /// Writes lines with what lists and quotes put before them.
    fn block(&mut self, block: Vec<String>) {
        if block.is_empty() {
            return;
        }
        let in_list = matches!(self.margins.last(), Some(Margin::Item { .. }));
        if self.gap && !self.lines.is_empty() {
            // What only now begins has no empty line of its own.
            let margin = self.margin(false, self.depth);
            self.lines.push(margin.trim_end().to_owned());
        }
        self.gap = !in_list;
        self.depth = self.margins.len();
        for line in block {
            let line = self.margin(true, self.depth) + &line;
            self.lines.push(line.trim_end().to_owned());
        }
    }

    /// What this many lists and quotes put before a line. A line of `text` takes the signs of its
    /// items.
    fn margin(&mut self, text: bool, depth: usize) -> String {
        let mut margin = String::new();
        for part in self.margins.iter_mut().take(MAX_DEPTH.min(depth)) {
            match part {
                Margin::Quote => margin.push_str("│ "),
                Margin::List(_) => {}
                Margin::Item { sign, width } => match sign.take_if(|_| text) {
                    Some(sign) => margin.push_str(&sign),
                    None => margin.push_str(&" ".repeat(*width)),
                },
            }
        }
        margin
    }

    /// The columns that are left for text.
    fn room(&self) -> usize {
        let taken = self.margins.iter().take(MAX_DEPTH).map(|part| match part {
            Margin::Quote => 2,
            Margin::List(_) => 0,
            Margin::Item { width, .. } => *width,
        });
        self.columns.saturating_sub(taken.sum()).max(20)
    }
}

impl Rows {
    /// Columns of the same width, the head underlined.
    fn lines(&self, room: usize, paint: Paint) -> Vec<String> {
        let count = self.alignments.len().max(1);
        let widest = WIDEST.min(room);
        let mut widths = vec![0; count];
        for row in &self.rows {
            for (column, cell) in widths.iter_mut().zip(row) {
                *column = width(cell).min(widest).max(*column);
            }
        }
        let mut lines = Vec::new();
        for (index, row) in self.rows.iter().enumerate().take(MAX_LINES + 1) {
            let cells = row.iter().zip(&widths).zip(&self.alignments);
            let cells = cells.map(|((cell, width), alignment)| set(cell, *width, *alignment));
            let line = cells.collect::<Vec<_>>().join("  ");
            let line = line.trim_end();
            if index > 0 {
                lines.push(line.to_owned());
                continue;
            }
            lines.push(paint.with(BOLD, line));
            let rules = widths.iter().map(|width| "─".repeat(*width));
            lines.push(rules.collect::<Vec<_>>().join("  "));
        }
        lines
    }
}

fn set(cell: &str, room: usize, alignment: Alignment) -> String {
    let shown = fit(cell, room);
    let pad = room.saturating_sub(width(&shown));
    let before = match alignment {
        Alignment::None | Alignment::Left => 0,
        Alignment::Center => pad / 2,
        Alignment::Right => pad,
    };
    format!("{}{shown}{}", " ".repeat(before), " ".repeat(pad - before))
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        markdown(text, 50, Paint(false)).join("\n")
    }

    #[test]
    fn structure_stays_readable() {
        let text = "# Report *of* `scan`\n\nAll **licenses** are [known](https://example.com/a), \
            see <https://example.com/b> for a list that is longer than a line.\n\n## Findings\n\n\
            - first\n- second with a text that takes more than one line of it\n  - nested\n  - [x] done\n\n\
            1. one\n2. two\n\n> quoted\n> text\n\n```rust\nfn main() {}\n\n  // \u{1b}[2J\n```\n\n\
            | File | Lines |\n|:-----|------:|\n| a.rs | 10 |\n| long name.rs | 1200 |\n\n---\n\n\
            ### Details\n\n<details><summary>More</summary>\nhidden <script>alert(1)</script>\n</details>\n\n\
            ![logo](logo.png)\n";
        assert_snapshot!(shown(text), @r"
        Report of `scan`
        ════════════════

        All licenses are known (https://example.com/a),
        see https://example.com/b for a list that is
        longer than a line.

        Findings
        ────────

        • first
        • second with a text that takes more than one line
          of it
          • nested
          • [x] done

        1. one
        2. two

        │ quoted text

            fn main() {}

              // ␛[2J

        File          Lines
        ────────────  ─────
        a.rs             10
        long name.rs   1200

        ────────────────────────────────────────

        Details

        <details><summary>More</summary> hidden
        <script>alert(1)</script> </details>

        image: logo (logo.png)
        ");
    }

    #[test]
    fn colours_change_nothing_but_colour() {
        let text = "# Title\n\n**bold**ly *slanted* `code` [a](b)\n\n| a |\n|---|\n| b |\n";
        let colored = markdown(text, 50, Paint(true)).join("\n");
        assert_ne!(colored, shown(text));
        assert_eq!(console::strip_ansi_codes(&colored), shown(text));
    }

    #[test]
    fn long_texts_are_cut() {
        let lines = markdown(&"a\n\n".repeat(5000), 50, Paint(false));
        assert_eq!(lines.len(), MAX_LINES + 1);
        assert_eq!(
            lines.last().map(String::as_str),
            Some("… there is more of it")
        );
        let lines = markdown(&"a".repeat(MAX_BYTES + 1), 50, Paint(false));
        assert_eq!(
            lines.last().map(String::as_str),
            Some("… there is more of it")
        );
        let size = |lines: &[String]| lines.iter().map(String::len).sum::<usize>();
        for deep in ["> ", "- ", "* 1. ", "[", "**a ", "|"] {
            let lines = markdown(&deep.repeat(50_000), 50, Paint(false));
            assert!(size(&lines) < 2_000_000, "{deep}: {}", size(&lines));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_safe_to_show(
            text in "[#>*`|\\[\\]()<!a-c \u{1b}\u{202e}\r\n\t:_~1.-]{0,80}",
            columns in 0usize..60,
        ) {
            let lines = markdown(&text, columns, Paint(false));
            let active = |ch: char| ch.is_control() && ch != '\t' || ch == '\u{202e}';
            prop_assert!(!lines.iter().any(|line| line.contains(active)), "{:?}", lines);
        }
    }
}
