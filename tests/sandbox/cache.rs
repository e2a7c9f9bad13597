//! Compiled code on disk: used when it can be trusted, and only then.

use crate::harness::{digest, guest, run_bytes};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use stepwell_event::Digest;
use stepwell_sandbox::{Loaded, Sandbox, SandboxConfig};

fn sandbox(cache: &Path) -> Sandbox {
    Sandbox::new(&SandboxConfig {
        cache: Some(cache.to_owned()),
        slots: 2,
    })
    .unwrap()
}

fn load(sandbox: &Sandbox, bytes: &[u8]) -> Loaded {
    sandbox.load(bytes, digest(bytes)).unwrap()
}

fn works(sandbox: &Sandbox, bytes: &[u8], output: &str) {
    assert_eq!(
        run_bytes(bytes.to_owned()).go_in(sandbox).succeeded(),
        output
    );
}

/// The file that holds the compiled code of a component.
fn code(cache: &Path, component: Digest) -> Option<PathBuf> {
    let entries = fs::read_dir(cache.join("compiled")).unwrap();
    let mut files = entries.map(|entry| entry.unwrap().path());
    files.find(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with(&component.hex()) && name.ends_with(".cwasm")
    })
}

const NOTHING: &str = "working directory None\n";

#[test]
fn the_second_load_compiles_nothing() {
    let cache = tempfile::tempdir().unwrap();
    let bytes = guest("env_print");
    let first = sandbox(cache.path());
    let loaded = load(&first, &bytes);
    assert!(
        loaded.compiled && loaded.warnings.is_empty(),
        "{:?}",
        loaded.warnings
    );
    for sandbox in [first, sandbox(cache.path())] {
        let loaded = load(&sandbox, &bytes);
        assert!(
            !loaded.compiled && loaded.warnings.is_empty(),
            "{:?}",
            loaded.warnings
        );
        works(&sandbox, &bytes, NOTHING);
    }
}

#[test]
fn code_that_was_changed_is_compiled_anew() {
    let cache = tempfile::tempdir().unwrap();
    let bytes = guest("env_print");
    let sandbox = sandbox(cache.path());
    load(&sandbox, &bytes);
    let file = code(cache.path(), digest(&bytes)).unwrap();
    let good = fs::read(&file).unwrap();
    let damage: [fn(&mut Vec<u8>); 5] = [
        |code| code[0] ^= 1,
        |code| *code.last_mut().unwrap() ^= 0x80,
        |code| code.truncate(code.len() / 2),
        |code| code.truncate(10),
        |code| code.push(0),
    ];
    for damage in damage {
        let mut bad = good.clone();
        damage(&mut bad);
        fs::write(&file, bad).unwrap();
        let loaded = load(&sandbox, &bytes);
        assert!(loaded.compiled);
        assert_eq!(loaded.warnings.len(), 1);
        assert!(
            loaded.warnings[0].contains("was not written by this host"),
            "{:?}",
            loaded.warnings
        );
        works(&sandbox, &bytes, NOTHING);
        assert!(
            !load(&sandbox, &bytes).compiled,
            "the cache was not repaired"
        );
    }
}

#[test]
fn code_of_another_component_is_not_accepted() {
    let cache = tempfile::tempdir().unwrap();
    let (victim, other) = (guest("env_print"), guest("env_stdin"));
    let sandbox = sandbox(cache.path());
    load(&sandbox, &victim);
    load(&sandbox, &other);
    fs::copy(
        code(cache.path(), digest(&other)).unwrap(),
        code(cache.path(), digest(&victim)).unwrap(),
    )
    .unwrap();
    let loaded = load(&sandbox, &victim);
    assert!(loaded.compiled);
    assert_eq!(loaded.warnings.len(), 1);
    works(&sandbox, &victim, NOTHING);
}

#[test]
fn code_of_another_host_is_not_accepted() {
    let (mine, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let bytes = guest("env_print");
    load(&sandbox(theirs.path()), &bytes);
    let sandbox = sandbox(mine.path());
    load(&sandbox, &bytes);
    let component = digest(&bytes);
    let file = |cache: &Path| code(cache, component).unwrap();
    fs::copy(file(theirs.path()), file(mine.path())).unwrap();
    assert!(load(&sandbox, &bytes).compiled);
}

#[test]
fn a_key_that_others_could_read_is_replaced() {
    let cache = tempfile::tempdir().unwrap();
    let key = cache.path().join("key");
    let bytes = guest("env_print");
    load(&sandbox(cache.path()), &bytes);
    let old = fs::read(&key).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let sandbox = sandbox(cache.path());
    assert_ne!(fs::read(&key).unwrap(), old);
    assert_eq!(
        fs::metadata(&key).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let loaded = load(&sandbox, &bytes);
    assert!(loaded.compiled, "code under the old key was accepted");
    works(&sandbox, &bytes, NOTHING);
}

#[test]
fn a_cache_that_cannot_be_written_costs_a_warning() {
    let cache = tempfile::tempdir().unwrap();
    let bytes = guest("env_print");
    let sandbox = sandbox(cache.path());
    fs::remove_dir_all(cache.path().join("compiled")).unwrap();
    let loaded = load(&sandbox, &bytes);
    assert!(loaded.compiled);
    assert!(
        loaded.warnings[0].contains("was not kept"),
        "{:?}",
        loaded.warnings
    );
}

#[test]
fn many_can_load_the_same_component_at_once() {
    let cache = tempfile::tempdir().unwrap();
    let bytes = crate::handmade::idle_command("");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let sandbox = sandbox(cache.path());
                for _ in 0..20 {
                    let loaded = load(&sandbox, &bytes);
                    assert_eq!(loaded.warnings, Vec::<String>::new());
                    // So that it is written again. Others may be doing the same.
                    if let Some(file) = code(cache.path(), digest(&bytes)) {
                        let _ = fs::remove_file(file);
                    }
                }
            });
        }
    });
    let left: Vec<PathBuf> = fs::read_dir(cache.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(left.len(), 2, "{left:?}");
}
