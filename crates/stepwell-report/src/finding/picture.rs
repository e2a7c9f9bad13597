//! The search as a picture: the range from left to right, and below it what was judged, one row
//! after the other.
//!
//! Shapes and words say what colours say, so it can be read without them.

use super::html::escape;
use super::mark::{Mark, short, told};
use super::range::{Cell, runs};
use crate::text::fit;
use std::fmt::Write as _;
use stepwell_event::{Conclusion, Finding, Probe};

/// The most judgements that have a row.
pub(super) const MAX_ROWS: usize = 200;

const WIDTH: f64 = 860.0;
/// Where the range begins and ends.
const LEFT: f64 = 70.0;
const RIGHT: f64 = 790.0;
/// Where what is outside of the range has its place.
const OUTSIDE: f64 = 24.0;
/// Where the range is drawn, and where the rows begin.
const LINE: f64 = 44.0;
const TOP: f64 = 86.0;

/// A stretch that is narrower has no word.
const WORD: f64 = 110.0;

/// Characters of what the user calls a behaviour.
const TERM: usize = 16;

/// Rows become lower when there are many, and have no words when they are too low for them.
const ROW: f64 = 24.0;
const LOWEST: f64 = 6.0;
const READABLE: f64 = 14.0;
const HEIGHT: f64 = 1200.0;

/// An SVG element; empty without a range and without judgements.
pub(super) fn picture(finding: &Finding) -> String {
    let probes = finding.probes.iter();
    // What was judged without some of the changes has no place among the others.
    let probes = probes.filter(|probe| probe.reverted.is_empty());
    let probes: Vec<&Probe> = probes.take(MAX_ROWS).collect();
    if finding.commits == 0 && probes.is_empty() {
        return String::new();
    }
    let picture = Picture {
        finding,
        row: (HEIGHT / probes.len().max(1) as f64).clamp(LOWEST, ROW),
    };
    let bottom = TOP + picture.row * probes.len() as f64;
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {:.0}\" role=\"img\" aria-labelledby=\"picture\">\n\
         <title id=\"picture\">The range of commits, and what was judged in it</title>\n",
        bottom + 24.0
    );
    picture.range(&mut svg);
    picture.culprit(&mut svg, bottom);
    picture.way(&mut svg, &probes);
    for (at, probe) in probes.iter().enumerate() {
        picture.probe(&mut svg, at, probe);
    }
    svg.push_str("</svg>\n");
    svg
}

struct Picture<'f> {
    finding: &'f Finding,
    /// The height of a row.
    row: f64,
}

// What is written to is a string: that does not fail.
impl Picture<'_> {
    /// Where the range has come to after this many commits.
    fn edge(&self, commits: f64) -> f64 {
        let share = commits / f64::from(self.finding.commits.max(1));
        LEFT + share.min(1.0) * (RIGHT - LEFT)
    }

    /// Where a commit is: in the middle of what it takes. The good end takes nothing.
    fn x(&self, position: Option<u32>) -> f64 {
        match position {
            None => OUTSIDE,
            Some(0) => LEFT,
            Some(position) => self.edge(f64::from(position) - 0.5),
        }
    }

    /// What the user calls a behaviour, if it is short.
    fn term(name: &str) -> String {
        escape(&fit(name, TERM))
    }

    fn y(&self, at: usize) -> f64 {
        TOP + self.row * (at as f64 + 0.5)
    }

    fn range(&self, svg: &mut String) {
        let asked = &self.finding.asked;
        let good = asked.good.first().map_or("", |good| &good.id);
        let _ = writeln!(
            svg,
            "<text x=\"{LEFT}\" y=\"14\">{} ({})</text>\
             <text x=\"{RIGHT}\" y=\"14\" class=\"end\">{} ({})</text>",
            escape(&short(good)),
            Self::term(&asked.terms.old),
            escape(&short(&asked.bad.id)),
            Self::term(&asked.terms.new),
        );
        let mut from = 0.0;
        for (cell, commits) in runs(self.finding) {
            let (left, right) = (self.edge(from), self.edge(from + f64::from(commits)));
            // The higher, the more it matters.
            let height = match cell {
                Cell::Aside => 2.0,
                Cell::Good => 6.0,
                Cell::Bad => 10.0,
                Cell::Untestable => 14.0,
                Cell::Suspect => 18.0,
            };
            let (width, top) = ((right - left).max(1.5), LINE - height / 2.0);
            let _ = writeln!(
                svg,
                "<rect class=\"run {}\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" \
                 height=\"{height}\"><title>{commits}: {}</title></rect>",
                cell.class(),
                escape(&cell.meaning(&asked.terms)),
            );
            if width >= WORD {
                let _ = writeln!(
                    svg,
                    "<text class=\"middle\" x=\"{:.1}\" y=\"{:.1}\">{commits} {}</text>",
                    left + width / 2.0,
                    LINE + 24.0,
                    Self::term(&cell.meaning(&asked.terms)),
                );
            }
            from += f64::from(commits);
        }
    }

    /// A line down from the culprit.
    fn culprit(&self, svg: &mut String, bottom: f64) {
        let Conclusion::Culprit { version, .. } = &self.finding.conclusion else {
            return;
        };
        let mut probes = self.finding.probes.iter();
        let probe = probes.find(|probe| probe.version.id == version.id);
        let Some(position) = probe.and_then(|probe| probe.position) else {
            return;
        };
        let x = self.x(Some(position));
        let _ = writeln!(
            svg,
            "<line class=\"culprit\" x1=\"{x:.1}\" y1=\"{:.1}\" x2=\"{x:.1}\" y2=\"{bottom:.1}\"/>\
             <text class=\"middle strong\" x=\"{x:.1}\" y=\"{:.1}\">first {}</text>",
            LINE - 14.0,
            bottom + 16.0,
            Self::term(&self.finding.asked.terms.new),
        );
    }

    /// From one judgement to the next.
    fn way(&self, svg: &mut String, probes: &[&Probe]) {
        let points = probes
            .iter()
            .enumerate()
            .map(|(at, probe)| format!("{:.1},{:.1}", self.x(probe.position), self.y(at)));
        let points = points.collect::<Vec<_>>().join(" ");
        let _ = writeln!(svg, "<polyline class=\"way\" points=\"{points}\"/>");
    }

    fn probe(&self, svg: &mut String, at: usize, probe: &Probe) {
        let (x, y) = (self.x(probe.position), self.y(at));
        let mark = Mark::of(&probe.end);
        let class = mark.class();
        let word = Self::term(&mark.word(&self.finding.asked.terms));
        let size = (self.row / 4.0).clamp(2.0, 6.0);
        let _ = write!(
            svg,
            "<g class=\"{class}\"><title>{}. {word}: {}</title>",
            at + 1,
            escape(&told(probe)),
        );
        let _ = match mark {
            Mark::Good => write!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{size:.1}\"/>"),
            Mark::Bad => write!(
                svg,
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{2:.1}\" height=\"{2:.1}\"/>",
                x - size,
                y - size,
                size * 2.0,
            ),
            Mark::Skip => write!(
                svg,
                "<path d=\"M{x:.1} {0:.1}L{1:.1} {2:.1}L{3:.1} {2:.1}Z\"/>",
                y - size,
                x + size,
                y + size,
                x - size,
            ),
            Mark::Canceled | Mark::Failed => write!(
                svg,
                "<path class=\"cross\" d=\"M{0:.1} {2:.1}L{1:.1} {3:.1}M{0:.1} {3:.1}L{1:.1} {2:.1}\"/>",
                x - size,
                x + size,
                y - size,
                y + size,
            ),
        };
        svg.push_str("</g>");
        if self.row >= READABLE {
            // On the side where there is more room.
            let (x, end) = match x > WIDTH / 2.0 {
                true => (x - 12.0, " class=\"end\""),
                false => (x + 12.0, ""),
            };
            let _ = write!(
                svg,
                "<text{end} x=\"{x:.1}\" y=\"{:.1}\">{}. {word} {}</text>",
                y + 4.0,
                at + 1,
                escape(&short(&probe.version.id)),
            );
        }
        svg.push('\n');
    }
}
