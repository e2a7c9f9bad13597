//! Generates the Rust bindings of the SDKs: of world `stepwell:task/task`, and of the interfaces of
//! `stepwell:bisect`.
//!
//! They are committed, so that a guest compiles no generator: that is the difference between one
//! second and half a minute for the first build. `--check` is for CI.

use anyhow::{Context, Result, ensure};
use std::path::PathBuf;
use wit_bindgen_core::{
    Files, WorldGenerator,
    wit_parser::{Resolve, WorldId},
};
use wit_bindgen_rust::{Opts, WithOption};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// What `stepwell-oracle` is made of: what its guests may import, once, and each export by itself. A
/// guest links what it uses, so that the component has the exports of the worlds of `wit/bisect`, and
/// all roles share the types of the imports.
const PARTS: &str = "
    package stepwell:sdk;

    world host {
      import stepwell:bisect/types@0.1.0;
      import stepwell:bisect/lab@0.1.0;
      import stepwell:bisect/post@0.1.0;
    }
    world judge { export stepwell:bisect/judge@0.1.0; }
    world advice { export stepwell:bisect/advice@0.1.0; }
    world strategy { export stepwell:bisect/strategy@0.1.0; }
    world notify { export stepwell:bisect/notify@0.1.0; }
    world publish { export stepwell:bisect/publish@0.1.0; }
";

/// Writes the bindings into the SDKs.
pub(crate) fn write() -> Result<()> {
    for (path, source) in generate()? {
        std::fs::write(&path, source)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Fails if the bindings in the SDKs are not those that [`write`] would write.
pub(crate) fn check() -> Result<()> {
    for (path, source) in generate()? {
        let committed = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        ensure!(
            committed == source,
            "{} is out of date; run `cargo run -p xtask --features bindings -- bindings`",
            path.display()
        );
    }
    Ok(())
}

/// All files and what is in them.
fn generate() -> Result<Vec<(PathBuf, String)>> {
    let root = PathBuf::from(ROOT);
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(root.join("wit/task"))?;
    let world = resolve.select_world(&[package], Some("task"))?;
    let task = Opts {
        default_bindings_module: Some("stepwell_task::bindings".to_owned()),
        ..options()
    };
    let mut generated = vec![(
        root.join("crates/stepwell-task/src/bindings.rs"),
        source(task, &mut resolve, world)?,
    )];
    for part in ["host", "judge", "advice", "strategy", "notify", "publish"] {
        let mut resolve = Resolve::default();
        resolve.push_dir(root.join("wit/bisect"))?;
        let package = resolve.push_str("parts.wit", PARTS)?;
        let world = resolve.select_world(&[package], Some(part))?;
        let source = source(of_part(part), &mut resolve, world)?;
        generated.push((
            root.join(format!("crates/stepwell-oracle/src/bindings/{part}.rs")),
            format!("//! Bindings of the world `{part}` of `cargo xtask bindings`.\n\n{source}"),
        ));
    }
    Ok(generated)
}

fn of_part(part: &str) -> Opts {
    let shared = (
        "stepwell:bisect/types@0.1.0".to_owned(),
        WithOption::Path("crate::bindings::host::stepwell::bisect::types".to_owned()),
    );
    Opts {
        generate_unused_types: true,
        additional_derive_attributes: vec!["PartialEq".to_owned()],
        default_bindings_module: Some(format!("stepwell_oracle::bindings::{part}")),
        with: if part == "host" { vec![] } else { vec![shared] },
        ..options()
    }
}

fn options() -> Opts {
    Opts {
        format: true,
        generate_all: true,
        pub_export_macro: true,
        ..Default::default()
    }
}

fn source(options: Opts, resolve: &mut Resolve, world: WorldId) -> Result<String> {
    let mut files = Files::default();
    options.build().generate(resolve, world, &mut files)?;
    let (_, source) = files.iter().next().context("nothing was generated")?;
    Ok(String::from_utf8(source.to_vec())?)
}
