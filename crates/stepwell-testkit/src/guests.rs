//! Builds the repository's guest workspaces for `wasm32-wasip2`.

use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The target that every guest is built for.
pub const TARGET: &str = "wasm32-wasip2";

/// A Cargo workspace of guests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guests {
    /// The built-in tasks, oracles, notifiers and publishers: `plugins/`.
    Plugins,
    /// Small programs that the tests run: `tests/guests/`.
    Tests,
    /// The tasks of the examples: `examples/tasks/`.
    Examples,
    /// The example of an oracle of one's own: `examples/bundle-size-oracle/`.
    Oracle,
    /// The task of the self-test: `hostile/`.
    Hostile,
}

impl Guests {
    fn folder(self) -> &'static str {
        match self {
            Self::Plugins => "plugins",
            Self::Tests => "tests/guests",
            Self::Examples => "examples/tasks",
            Self::Oracle => "examples/bundle-size-oracle",
            Self::Hostile => "hostile",
        }
    }

    /// Builds the workspace and returns the folder that holds its `.wasm` files.
    ///
    /// # Errors
    ///
    /// The target is missing, or a guest does not compile; Cargo's own words are in the error.
    pub fn build(self) -> Result<PathBuf> {
        require_target()?;
        let root = repository();
        let target = root
            .join("target")
            .join("guests")
            .join(self.folder().replace('/', "-"));
        let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["build", "--release", "--quiet", "--locked", "--target", TARGET])
            .arg("--manifest-path")
            .arg(root.join(self.folder()).join("Cargo.toml"))
            .arg("--target-dir")
            .arg(&target)
            // Flags of the host's build, such as coverage, do not hold for guests.
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .output()
            .context("cannot start cargo")?;
        if !output.status.success() {
            bail!(
                "the guests in `{}` do not build:\n{}",
                self.folder(),
                String::from_utf8_lossy(&output.stderr)
            );
        }
        let built = target.join(TARGET).join("release");
        match self {
            Self::Examples => publish(&built, &root.join("target").join("tasks")),
            Self::Plugins | Self::Tests | Self::Oracle | Self::Hostile => Ok(built),
        }
    }
}

/// Copies the `.wasm` files to where the examples' pipelines look for them.
fn publish(built: &Path, folder: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(built)? {
        let path = entry?.path();
        if let Some(name) = path
            .file_name()
            .filter(|_| path.extension() == Some("wasm".as_ref()))
        {
            // Renamed into place: a test that runs at the same time reads the old file or the new.
            let temporary = folder.join(format!("{}.{}", name.display(), std::process::id()));
            fs::copy(&path, &temporary)?;
            fs::rename(&temporary, folder.join(name))?;
        }
    }
    Ok(folder.to_owned())
}

/// The repository's top folder.
#[must_use]
pub fn repository() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}

/// Whether the toolchain can build guests.
///
/// # Errors
///
/// There is no `rustc`.
pub fn is_target_installed() -> Result<bool> {
    let output = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .context("cannot start rustc")?;
    let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok(output.status.success() && Path::new(&folder).is_dir())
}

fn require_target() -> Result<()> {
    if !is_target_installed()? {
        bail!("the target {TARGET} is missing: run `rustup target add {TARGET}`");
    }
    Ok(())
}
