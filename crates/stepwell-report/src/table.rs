//! Columns of text without borders.

use crate::text::{fit, width};
use crate::words::{BOLD, DIM, Paint, step_style};
use anstyle::Style;
use stepwell_event::StepResult;

/// Names longer than this are cut.
const WIDEST: usize = 32;

/// A column is not shown when less than this is left for it.
const NARROWEST: usize = 10;

const GAP: usize = 2;

/// How a column is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

pub(crate) struct Table<const COLUMNS: usize> {
    pub(crate) header: [(&'static str, Align); COLUMNS],
    pub(crate) rows: Vec<Entry<COLUMNS>>,
}

/// A line of a table.
pub(crate) enum Entry<const COLUMNS: usize> {
    /// Goes over all columns.
    Heading(String),
    Row(Row<COLUMNS>),
}

pub(crate) struct Row<const COLUMNS: usize> {
    pub(crate) cells: [String; COLUMNS],
    /// Colours the row's result.
    pub(crate) result: Option<StepResult>,
}

impl<const COLUMNS: usize> Table<COLUMNS> {
    /// The table in at most `columns`: the last column takes what the others leave, and is left
    /// out when that is next to nothing.
    pub(crate) fn render(&self, columns: usize, colored: usize, paint: Paint) -> String {
        let mut widths = self.widths();
        let before: usize = widths.iter().rev().skip(1).map(|width| width + GAP).sum();
        if let Some(last) = widths.last_mut() {
            let room = columns.saturating_sub(before);
            *last = if room < NARROWEST { 0 } else { room };
        }
        let header = self.header.map(|(name, _)| name.to_owned());
        let mut table = self.line(&header, widths, |_| BOLD, paint);
        for entry in &self.rows {
            let row = match entry {
                Entry::Row(row) => row,
                Entry::Heading(heading) => {
                    table.push_str(&format!("{}\n", paint.with(BOLD, fit(heading, columns))));
                    continue;
                }
            };
            let result = row.result.map_or(DIM, step_style);
            let style = |column| {
                if column == colored {
                    result
                } else {
                    Style::new()
                }
            };
            table.push_str(&self.line(&row.cells, widths, style, paint));
        }
        table
    }

    fn widths(&self) -> [usize; COLUMNS] {
        let mut widths = self.header.map(|(name, _)| width(name));
        for entry in &self.rows {
            let Entry::Row(row) = entry else {
                continue;
            };
            for (widest, cell) in widths.iter_mut().zip(&row.cells) {
                *widest = width(cell).min(WIDEST).max(*widest);
            }
        }
        widths
    }

    fn line(
        &self,
        cells: &[String; COLUMNS],
        widths: [usize; COLUMNS],
        style: impl Fn(usize) -> Style,
        paint: Paint,
    ) -> String {
        let mut line = String::new();
        // Spaces are owed until something follows them, so that no line ends in them.
        let mut owed = 0;
        for (index, ((cell, room), (_, align))) in
            cells.iter().zip(widths).zip(self.header).enumerate()
        {
            let shown = fit(cell, room);
            let pad = room - width(&shown);
            if align == Align::Right {
                owed += pad;
            }
            if !shown.is_empty() {
                line.push_str(&" ".repeat(std::mem::take(&mut owed)));
                line.push_str(&paint.with(style(index), &shown));
            }
            owed += GAP + if align == Align::Left { pad } else { 0 };
        }
        line.push('\n');
        line
    }
}
