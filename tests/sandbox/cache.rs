//! Compiled code on disk: used when it can be trusted, and only then.

use crate::harness::{digest, guest, run_bytes, sandbox};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use stepwell_event::Digest;
use stepwell_sandbox::{CodeCache, InThisProcess, Loaded, Metering};

fn cache(root: &Path) -> CodeCache {
    CodeCache::open(root).unwrap()
}

fn load(cache: &CodeCache, bytes: &[u8]) -> Loaded {
    let digest = digest(bytes);
    stepwell_sandbox::load(Some(cache), &InThisProcess, bytes, digest, Metering::Off).unwrap()
}

fn works(loaded: &Loaded) {
    let component = sandbox().component(&loaded.code).unwrap();
    let step = run_bytes(Vec::new()).go_with(sandbox(), &component);
    assert_eq!(step.succeeded(), NOTHING);
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
    let folder = tempfile::tempdir().unwrap();
    let bytes = guest("env_print");
    let first = cache(folder.path());
    let loaded = load(&first, &bytes);
    assert!(
        loaded.fresh && loaded.warnings.is_empty(),
        "{:?}",
        loaded.warnings
    );
    for cache in [first, cache(folder.path())] {
        let loaded = load(&cache, &bytes);
        assert!(
            !loaded.fresh && loaded.warnings.is_empty(),
            "{:?}",
            loaded.warnings
        );
        works(&loaded);
    }
}

#[test]
fn code_that_was_changed_is_compiled_anew() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = guest("env_print");
    let cache = cache(folder.path());
    load(&cache, &bytes);
    let file = code(folder.path(), digest(&bytes)).unwrap();
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
        let loaded = load(&cache, &bytes);
        assert!(loaded.fresh);
        assert_eq!(loaded.warnings.len(), 1);
        assert!(
            loaded.warnings[0].contains("was not written by this host"),
            "{:?}",
            loaded.warnings
        );
        works(&loaded);
        assert!(!load(&cache, &bytes).fresh, "the cache was not repaired");
    }
}

#[test]
fn code_of_another_component_is_not_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let (victim, other) = (guest("env_print"), guest("env_stdin"));
    let cache = cache(folder.path());
    load(&cache, &victim);
    load(&cache, &other);
    fs::copy(
        code(folder.path(), digest(&other)).unwrap(),
        code(folder.path(), digest(&victim)).unwrap(),
    )
    .unwrap();
    let loaded = load(&cache, &victim);
    assert!(loaded.fresh);
    assert_eq!(loaded.warnings.len(), 1);
    works(&loaded);
}

#[test]
fn code_of_another_host_is_not_accepted() {
    let (mine, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let bytes = guest("env_print");
    load(&cache(theirs.path()), &bytes);
    let cache = cache(mine.path());
    load(&cache, &bytes);
    let component = digest(&bytes);
    let file = |cache: &Path| code(cache, component).unwrap();
    fs::copy(file(theirs.path()), file(mine.path())).unwrap();
    assert!(load(&cache, &bytes).fresh);
}

#[test]
fn a_key_that_others_could_read_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    let bytes = guest("env_print");
    load(&cache(folder.path()), &bytes);
    let old = fs::read(&key).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let cache = cache(folder.path());
    assert_ne!(fs::read(&key).unwrap(), old);
    assert_eq!(
        fs::metadata(&key).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let loaded = load(&cache, &bytes);
    assert!(loaded.fresh, "code under the old key was accepted");
    works(&loaded);
}

#[test]
fn a_cache_that_cannot_be_written_costs_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = guest("env_print");
    let cache = cache(folder.path());
    fs::remove_dir_all(folder.path().join("compiled")).unwrap();
    let loaded = load(&cache, &bytes);
    assert!(loaded.fresh);
    assert!(
        loaded.warnings[0].contains("was not kept"),
        "{:?}",
        loaded.warnings
    );
}

#[test]
fn many_can_load_the_same_component_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = crate::handmade::idle_command("");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let cache = cache(folder.path());
                for _ in 0..20 {
                    let loaded = load(&cache, &bytes);
                    assert_eq!(loaded.warnings, Vec::<String>::new());
                    // So that it is written again. Others may be doing the same.
                    if let Some(file) = code(folder.path(), digest(&bytes)) {
                        let _ = fs::remove_file(file);
                    }
                }
            });
        }
    });
    let left: Vec<PathBuf> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(left.len(), 2, "{left:?}");
}
