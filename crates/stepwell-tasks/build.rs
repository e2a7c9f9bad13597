//! Makes the table of built-in tasks from the folder that `STEPWELL_BUILT_IN_TASKS` names.
//!
//! `cargo xtask build` builds the tasks and sets the variable. It is unset in an ordinary
//! `cargo build`, so that working on the host does not wait for guests; such a binary carries no
//! tasks and says so when one is asked for.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs, io};

const VARIABLE: &str = "STEPWELL_BUILT_IN_TASKS";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    let mut tasks = Vec::new();
    if let Some(folder) = env::var_os(VARIABLE) {
        println!("cargo::rerun-if-changed={}", folder.display());
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "wasm")
            {
                tasks.push(path);
            }
        }
    }
    tasks.sort();
    let mut table = String::from("&[\n");
    for path in tasks {
        println!("cargo::rerun-if-changed={}", path.display());
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        // Cargo names the file of a library after its crate, with underscores.
        let name = stem.replace('_', "-");
        let written = writeln!(table, "    ({name:?}, include_bytes!({path:?})),");
        written.map_err(io::Error::other)?;
    }
    table.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    fs::write(out.join("built_in.rs"), table)
}
