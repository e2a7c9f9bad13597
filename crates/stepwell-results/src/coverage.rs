//! Summaries of code coverage.

use crate::encoding::decode;
use crate::name::find;
use crate::xml::{Document, Element, Node};
use crate::{Problem, ResultsError, UnknownName};

/// A tool whose summaries Azure Pipelines knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CoverageTool {
    /// Cobertura's format, which coverage.py, Coverlet and others write too.
    Cobertura,
    /// JaCoCo.
    JaCoCo,
}

const TOOLS: [(&str, CoverageTool); 2] = [
    ("Cobertura", CoverageTool::Cobertura),
    ("JaCoCo", CoverageTool::JaCoCo),
];

impl CoverageTool {
    /// The tool that Azure calls `name`, ignoring case.
    ///
    /// # Errors
    ///
    /// There is no such tool.
    pub fn from_name(name: &str) -> Result<Self, UnknownName> {
        find("coverage tool", &TOOLS, name)
    }

    /// Azure's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cobertura => "Cobertura",
            Self::JaCoCo => "JaCoCo",
        }
    }

    /// The element that a summary begins with.
    fn roots(self) -> &'static [&'static str] {
        match self {
            Self::Cobertura => &["coverage"],
            Self::JaCoCo => &["report"],
        }
    }
}

/// How much of a program was run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Coverage {
    /// The lines.
    pub lines: Ratio,
    /// The branches.
    pub branches: Ratio,
    /// The instructions, if the tool counts them.
    pub instructions: Option<Ratio>,
}

/// A part of a whole: never more than all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ratio {
    covered: u64,
    total: u64,
}

impl Ratio {
    /// As many were run.
    #[must_use]
    pub fn covered(self) -> u64 {
        self.covered
    }

    /// As many there are.
    #[must_use]
    pub fn total(self) -> u64 {
        self.total
    }

    fn new(what: &'static str, covered: u64, total: u64) -> Result<Self, Problem> {
        if covered > total {
            return Err(Problem::Surplus {
                what,
                covered,
                total,
            });
        }
        Ok(Self { covered, total })
    }

    /// Adds a part; what is claimed to be covered beyond all of it is not.
    fn add(&mut self, covered: u64, total: u64) {
        self.covered = self.covered.saturating_add(covered.min(total));
        self.total = self.total.saturating_add(total);
    }
}

/// Reads the summary of a coverage tool. The caller bounds how long the file is.
///
/// # Errors
///
/// The file is not complete, not of this tool, or counts what cannot be.
pub fn coverage(tool: CoverageTool, bytes: &[u8]) -> Result<Coverage, ResultsError> {
    let text = decode(bytes);
    let mut document = Document::new(&text);
    let root = document.root(tool.name(), tool.roots(), |root| {
        let of_root = |(_, tool): &&(_, CoverageTool)| tool.roots().contains(&root);
        TOOLS.iter().find(of_root).map(|(name, _)| *name)
    })?;
    match tool {
        CoverageTool::Cobertura => cobertura(&mut document, &root),
        CoverageTool::JaCoCo => jacoco(&mut document),
    }
}

/// The sums stand at the root. Cobertura 1 and some converters leave them out, then the lines are
/// counted.
fn cobertura(document: &mut Document<'_>, root: &Element<'_>) -> Result<Coverage, ResultsError> {
    let fail = |problem| document.error(problem);
    let lines = sum(root, "lines", "lines-covered", "lines-valid").map_err(fail)?;
    let branches = sum(root, "branches", "branches-covered", "branches-valid").map_err(fail)?;
    let mut counted = Coverage::default();
    while let Some(node) = document.next()? {
        if let Node::Start(element) = node
            // The lines of a method are those of its class once more.
            && (document.around(2), document.around(1), element.name()) == ("class", "lines", "line")
        {
            count_line(&mut counted, &element).map_err(|problem| document.error(problem))?;
        }
    }
    Ok(Coverage {
        lines: lines.unwrap_or(counted.lines),
        branches: branches.unwrap_or(counted.branches),
        instructions: None,
    })
}

fn sum(
    root: &Element<'_>,
    what: &'static str,
    covered: &'static str,
    total: &'static str,
) -> Result<Option<Ratio>, Problem> {
    match (root.count(covered)?, root.count(total)?) {
        (Some(covered), Some(total)) => Ratio::new(what, covered, total).map(Some),
        _ => Ok(None),
    }
}

fn count_line(coverage: &mut Coverage, line: &Element<'_>) -> Result<(), Problem> {
    let hit = line.count("hits")?.is_some_and(|hits| hits > 0);
    coverage.lines.add(u64::from(hit), 1);
    if let Some((covered, total)) = conditions(&line.text("condition-coverage")?) {
        coverage.branches.add(covered, total);
    }
    Ok(())
}

/// The numbers of `50% (1/2)`.
fn conditions(text: &str) -> Option<(u64, u64)> {
    let (_, fraction) = text.split_once('(')?;
    let (covered, total) = fraction.strip_suffix(')')?.split_once('/')?;
    Some((covered.parse().ok()?, total.parse().ok()?))
}

/// The sums are the counters that stand directly in the report.
fn jacoco(document: &mut Document<'_>) -> Result<Coverage, ResultsError> {
    let mut coverage = Coverage::default();
    while let Some(node) = document.next()? {
        if let Node::Start(element) = node
            && document.depth() == 2
            && element.name() == "counter"
        {
            count(&mut coverage, &element).map_err(|problem| document.error(problem))?;
        }
    }
    Ok(coverage)
}

fn count(coverage: &mut Coverage, counter: &Element<'_>) -> Result<(), Problem> {
    let ratio = match counter.text("type")?.as_str() {
        "LINE" => &mut coverage.lines,
        "BRANCH" => &mut coverage.branches,
        "INSTRUCTION" => coverage.instructions.get_or_insert_default(),
        _ => return Ok(()),
    };
    let covered = counter.count("covered")?.unwrap_or_default();
    let missed = counter.count("missed")?.unwrap_or_default();
    ratio.add(covered, covered.saturating_add(missed));
    Ok(())
}
