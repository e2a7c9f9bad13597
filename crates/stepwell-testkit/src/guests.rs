//! Builds the repository's guest workspaces for `wasm32-wasip2`.

use anyhow::{Context as _, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The target that every guest is built for.
pub const TARGET: &str = "wasm32-wasip2";

/// A Cargo workspace of guests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guests {
    /// The built-in tasks: `plugins/`.
    Plugins,
    /// Small programs that the tests run: `tests/guests/`.
    Tests,
    /// The tasks of the examples: `examples/tasks/`.
    Examples,
}

impl Guests {
    fn folder(self) -> &'static str {
        match self {
            Self::Plugins => "plugins",
            Self::Tests => "tests/guests",
            Self::Examples => "examples/tasks",
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
        let target = root.join("target").join("guests").join(self.folder().replace('/', "-"));
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
        Ok(target.join(TARGET).join("release"))
    }
}

/// The repository's top folder.
#[must_use]
pub fn repository() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}

fn require_target() -> Result<()> {
    let output = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .context("cannot start rustc")?;
    let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() || !Path::new(&folder).is_dir() {
        bail!("the target {TARGET} is missing: run `rustup target add {TARGET}`");
    }
    Ok(())
}
