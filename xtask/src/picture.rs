//! The picture in the README: a terminal session, drawn from real output.

use crate::build;
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::process::Command;
use stepwell_testkit::guests::repository;

const COMMAND: &str = "stepwell run examples/hostile/pipeline.toml";

/// Runs the hostile example and writes `docs/session.svg`.
pub(crate) fn draw() -> Result<()> {
    let program = build::release()?;
    let output = Command::new(program)
        .args(COMMAND.split_whitespace().skip(1))
        .current_dir(repository())
        .env("CLICOLOR_FORCE", "1")
        .output()
        .context("cannot start stepwell")?;
    if output.status.code() != Some(1) {
        bail!("expected every attempt to be refused: {}", output.status);
    }
    let session = format!("$ {COMMAND}\n{}", String::from_utf8(output.stdout)?);
    let path = repository().join("docs/session.svg");
    fs::write(&path, anstyle_svg::Term::new().render_svg(&session))?;
    println!("{}", path.display());
    Ok(())
}
