//! Tables of measured numbers, each next to the reference that it is to reach.

use std::fmt;

/// References are known to a tenth.
pub(crate) const ROUNDED: f64 = 0.05;

/// How much to play.
pub(crate) struct Setting {
    /// Games for each row of a table, unless the row is exact.
    pub(crate) trials: u32,
    /// What decides all randomness.
    pub(crate) seed: u64,
}

impl Setting {
    /// As many times the games.
    pub(crate) fn times(&self, more: u32) -> Self {
        Self {
            trials: self.trials.saturating_mul(more),
            seed: self.seed,
        }
    }
}

/// What a number has to be. The tolerances are for the noise of a simulation.
pub(crate) enum Reference {
    /// At most this, but for a relative tolerance: costs.
    AtMost(f64, f64),
    /// At least this, but for an absolute tolerance: accuracies.
    AtLeast(f64, f64),
    /// Not known; printed for comparison.
    Unknown,
}

/// A number of a row.
pub(crate) struct Cell {
    what: &'static str,
    value: f64,
    reference: Reference,
}

impl Cell {
    /// `value` is what was measured.
    pub(crate) fn new(what: &'static str, value: f64, reference: Reference) -> Self {
        Self {
            what,
            value,
            reference,
        }
    }

    fn is_fine(&self) -> bool {
        match self.reference {
            Reference::AtMost(most, tolerance) => self.value <= most * (1.0 + tolerance),
            Reference::AtLeast(least, tolerance) => self.value >= least - tolerance,
            Reference::Unknown => true,
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:.4}", self.what, self.value)?;
        let (sign, number, behind) = match self.reference {
            Reference::AtMost(most, _) => ("<=", most, (self.value / most - 1.0) * 100.0),
            Reference::AtLeast(least, _) => (">=", least, (1.0 - self.value / least) * 100.0),
            Reference::Unknown => return Ok(()),
        };
        let verdict = if self.is_fine() { "ok" } else { "SHORT" };
        // A simulation is never exact: what is a little behind is fine but said.
        if behind > 0.05 {
            write!(f, " ({sign} {number}: {verdict}, {behind:.1} % behind)")
        } else {
            write!(f, " ({sign} {number}: {verdict})")
        }
    }
}

/// A table.
pub(crate) struct Table {
    title: String,
    rows: Vec<(String, Vec<Cell>)>,
}

impl Table {
    /// An empty table.
    pub(crate) fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, label: impl Into<String>, cells: Vec<Cell>) {
        self.rows.push((label.into(), cells));
    }

    /// Whether every number reaches its reference.
    pub(crate) fn is_fine(&self) -> bool {
        let mut cells = self.rows.iter().flat_map(|(_, cells)| cells);
        cells.all(Cell::is_fine)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        for (label, cells) in &self.rows {
            write!(f, "  {label:<34}")?;
            for cell in cells {
                write!(f, " {:<30}", cell.to_string())?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
