//! Generates the Rust bindings of world `stepwell:task/task`.
//!
//! They are committed, so that a task compiles no generator: that is the difference between one
//! second and half a minute for the first build. `--check` is for CI.

use anyhow::{Context, Result, ensure};
use std::path::Path;
use wit_bindgen_core::{Files, WorldGenerator, wit_parser::Resolve};

const WIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../wit/task");
const BINDINGS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../crates/stepwell-task/src/bindings.rs"
);

/// Writes the bindings into the SDK.
pub(crate) fn write() -> Result<()> {
    let path = Path::new(BINDINGS);
    std::fs::write(path, generate()?).with_context(|| format!("cannot write {}", path.display()))
}

/// Fails if the bindings in the SDK are not those that [`write`] would write.
pub(crate) fn check() -> Result<()> {
    let path = Path::new(BINDINGS);
    let committed =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    ensure!(
        committed == generate()?,
        "{} is out of date; run `cargo run -p xtask --features bindings -- bindings`",
        path.display()
    );
    Ok(())
}

fn generate() -> Result<String> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(WIT)?;
    let world = resolve.select_world(&[package], Some("task"))?;
    let options = wit_bindgen_rust::Opts {
        format: true,
        generate_all: true,
        pub_export_macro: true,
        default_bindings_module: Some("stepwell_task::bindings".to_owned()),
        ..Default::default()
    };
    let mut files = Files::default();
    options.build().generate(&mut resolve, world, &mut files)?;
    let (_, source) = files.iter().next().context("nothing was generated")?;
    Ok(String::from_utf8(source.to_vec())?)
}
