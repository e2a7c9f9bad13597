//! Turns the hand-written components into binaries, and takes in the hostile task.
//!
//! `handmade/components` holds whole components; `handmade/commands` the fields of a core module
//! whose export `run` becomes a command. The task of `hostile/` is built for another target, so
//! `cargo xtask build` builds it first and names it in `STEPWELL_HOSTILE_GUEST`; a build without it
//! carries the hand-written components alone and says so when it is asked to try the others.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

const VARIABLE: &str = "STEPWELL_HOSTILE_GUEST";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=handmade");
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    let mut made = repetitive();
    for (folder, wrap) in [
        ("handmade/commands", command as fn(&str) -> String),
        ("handmade/components", str::to_owned),
    ] {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            made.push((name.into_owned(), wrap(&fs::read_to_string(&path)?)));
        }
    }
    made.sort();
    let mut table = String::from("&[\n");
    for (name, text) in made {
        let binary =
            wat::parse_str(&text).map_err(|error| io::Error::other(format!("{name}: {error}")))?;
        let path = out.join(format!("{name}.wasm"));
        fs::write(&path, binary)?;
        add(&mut table, &format!("({name:?}, include_bytes!({path:?}))"))?;
    }
    table.push(']');
    fs::write(out.join("handmade.rs"), table)?;
    fs::write(out.join("guest.rs"), guest())
}

fn add(table: &mut String, line: &str) -> io::Result<()> {
    writeln!(table, "    {line},").map_err(io::Error::other)
}

/// The hostile task, if this build carries it.
fn guest() -> String {
    match env::var_os(VARIABLE).filter(|path| Path::new(path).is_file()) {
        None => "None".to_owned(),
        Some(path) => {
            println!("cargo::rerun-if-changed={}", path.display());
            format!("Some(include_bytes!({path:?}))")
        }
    }
}

/// A command whose core module has these fields.
fn command(fields: &str) -> String {
    format!(
        r#"(component
            (core module $m {fields})
            (core instance $i (instantiate $m))
            (func $run (result (result)) (canon lift (core func $i "run")))
            (instance $entry (export "run" (func $run)))
            (export "wasi:cli/run@0.2.6" (instance $entry)))"#
    )
}

/// What would be tedious to write.
fn repetitive() -> Vec<(String, String)> {
    let idle = r#"(func (export "run") (result i32) (i32.const 0))"#;
    let loops = format!(
        r#"(func (export "run") (result i32) (local {}) {} (i32.const 0) {})"#,
        "i32 ".repeat(2_000),
        "(loop ".repeat(500),
        "drop) (i32.const 0)".repeat(500),
    );
    let instances = format!(
        "(component (core module $m) {})",
        "(core instance (instantiate $m))".repeat(1_000)
    );
    let inner = r#"(component $inner
        (type $r (resource (rep i32)))
        (core func $new (canon resource.new $r))
        (core module $m
            (import "host" "new" (func $new (param i32) (result i32)))
            (func $many (local $i i32)
                (loop
                    (drop (call $new (i32.const 1)))
                    (local.set $i (i32.add (local.get $i) (i32.const 1)))
                    (br_if 0 (i32.lt_u (local.get $i) (i32.const 2000)))))
            (start $many))
        (core instance (instantiate $m (with "host" (instance (export "new" (func $new)))))))"#;
    let tables = command(idle).replacen(
        "(component",
        &format!(
            "(component {inner} {}",
            "(instance (instantiate $inner))".repeat(20)
        ),
        1,
    );
    vec![
        (
            "nine-memories".to_owned(),
            command(&("(memory 1024)".repeat(9) + idle)),
        ),
        (
            "eight-memories".to_owned(),
            command(&("(memory 512)".repeat(8) + idle)),
        ),
        ("nested-loops".to_owned(), command(&loops)),
        ("many-instances".to_owned(), instances),
        ("handles-of-many".to_owned(), tables),
    ]
}
