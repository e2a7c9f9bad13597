//! The range as a row of letters.

use super::mark::Mark;
use crate::hostile::hostile;
use crate::words::{DIM, Paint, step_style};
use anstyle::Style;
use stepwell_event::{Finding, Standing, StepResult, Terms};

/// What one letter stands for. What comes last is shown where several share a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cell {
    Aside,
    Good,
    Bad,
    Untestable,
    Suspect,
}

impl Cell {
    fn of(standing: Standing) -> Self {
        match standing {
            Standing::Good => Self::Good,
            Standing::Bad => Self::Bad,
            Standing::Suspect => Self::Suspect,
            Standing::Untestable => Self::Untestable,
            Standing::Aside => Self::Aside,
        }
    }

    fn letter(self) -> char {
        match self {
            Self::Good => 'G',
            Self::Bad => 'B',
            Self::Suspect => '?',
            Self::Untestable => 's',
            Self::Aside => '·',
        }
    }

    fn style(self) -> Style {
        match self {
            Self::Good => step_style(StepResult::Succeeded),
            Self::Bad => step_style(StepResult::Failed),
            Self::Suspect | Self::Untestable => step_style(StepResult::SucceededWithIssues),
            Self::Aside => DIM,
        }
    }

    pub(super) fn meaning(self, terms: &Terms) -> String {
        match self {
            Self::Good => hostile(&terms.old).into_owned(),
            Self::Bad => hostile(&terms.new).into_owned(),
            Self::Suspect => "may be to blame".to_owned(),
            Self::Untestable => "cannot be judged".to_owned(),
            Self::Aside => "not judged".to_owned(),
        }
    }

    /// Its class in a page.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Suspect => "suspect",
            Self::Untestable => "skip",
            Self::Aside => "none",
        }
    }
}

/// How many commits of the same kind come one after the other: at most as many as there are commits
/// altogether. Without a word about the range, what was judged is known.
pub(super) fn runs(finding: &Finding) -> Vec<(Cell, u32)> {
    let mut left = finding.commits;
    let mut runs = Vec::new();
    for stretch in &finding.range {
        let commits = stretch.commits.min(left);
        left -= commits;
        push(&mut runs, Cell::of(stretch.standing), commits);
    }
    if !finding.range.is_empty() {
        push(&mut runs, Cell::Aside, left);
        return runs;
    }
    let mut judged: Vec<(u32, Cell)> = finding
        .probes
        .iter()
        .filter(|probe| probe.reverted.is_empty())
        .filter_map(|probe| {
            let cell = match Mark::of(&probe.end) {
                Mark::Good => Cell::Good,
                Mark::Bad => Cell::Bad,
                Mark::Skip => Cell::Untestable,
                Mark::Canceled | Mark::Failed => return None,
            };
            let position = probe.position?;
            (1..=finding.commits)
                .contains(&position)
                .then_some((position, cell))
        })
        .collect();
    judged.sort_by_key(|(position, _)| *position);
    judged.dedup_by_key(|(position, _)| *position);
    let mut next = 1;
    for (position, cell) in judged {
        push(&mut runs, Cell::Aside, position - next);
        push(&mut runs, cell, 1);
        next = position + 1;
    }
    push(&mut runs, Cell::Aside, finding.commits + 1 - next);
    runs
}

fn push(runs: &mut Vec<(Cell, u32)>, cell: Cell, commits: u32) {
    match runs.last_mut() {
        _ if commits == 0 => {}
        Some((last, count)) if *last == cell => *count += commits,
        _ => runs.push((cell, commits)),
    }
}

/// One letter for each commit, or for several where there are more than `columns`, and a line that
/// explains them. None without commits.
pub(super) fn bar(finding: &Finding, columns: usize, paint: Paint) -> Vec<String> {
    let runs = runs(finding);
    let commits = usize::try_from(finding.commits).unwrap_or(usize::MAX);
    if commits == 0 || columns == 0 {
        return Vec::new();
    }
    let cells = cells(&runs, commits, commits.min(columns));
    let mut bar = String::new();
    for group in cells.chunk_by(|a, b| a == b) {
        let Some(cell) = group.first() else { continue };
        let letters = cell.letter().to_string().repeat(group.len());
        bar.push_str(&paint.with(cell.style(), letters));
    }
    let mut shown = cells;
    shown.sort_unstable();
    shown.dedup();
    let explained = shown.iter().map(|cell| {
        let letter = paint.with(cell.style(), cell.letter());
        format!("{letter} {}", cell.meaning(&finding.asked.terms))
    });
    let mut legend = explained.collect::<Vec<_>>().join("   ");
    if commits > columns {
        let each = commits.div_ceil(columns);
        legend.push_str(&format!("   (a letter for up to {each} commits)"));
    }
    vec![bar, legend]
}

/// What each of `columns` letters stands for.
fn cells(runs: &[(Cell, u32)], commits: usize, columns: usize) -> Vec<Cell> {
    let mut cells = vec![Cell::Aside; columns];
    let mut from = 0;
    for (cell, count) in runs {
        let to = from + usize::try_from(*count).unwrap_or(usize::MAX);
        // The letters that the first and the last commit of the run fall into.
        let (first, last) = (from * columns / commits, (to - 1) * columns / commits);
        for place in cells.iter_mut().take(last + 1).skip(first) {
            *place = (*place).max(*cell);
        }
        from = to;
    }
    cells
}
