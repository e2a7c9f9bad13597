//! Compiled code on disk.
//!
//! Loading compiled code means running it: whoever can write it can run anything on the host. So
//! every file carries a MAC (HMAC-SHA-256) under a key that only this user can read, over the
//! component's digest, the engine's configuration and the code, and the very bytes that were
//! checked are the bytes that are loaded. A file with another MAC is compiled anew, with a
//! warning. Files are replaced by rename; a torn one has no valid MAC.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fs::{self, File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use stepwell_event::Digest;
use wasmtime::Engine;

const MAC: usize = 32;
/// One block of SHA-256, the natural size of an HMAC key.
const KEY: usize = 64;

/// A folder of compiled code that belongs to one engine configuration.
#[derive(Debug)]
pub(crate) struct CodeCache {
    /// The cache's folder without symbolic links.
    root: Arc<Path>,
    folder: PathBuf,
    key: [u8; KEY],
    engine: u64,
}

/// What the cache has for a component.
#[derive(Debug)]
pub(crate) enum Cached {
    /// Code that this host compiled for this component and engine.
    Code(Vec<u8>),
    Missing,
    /// A file that this host did not write, or that was changed since.
    Untrusted(PathBuf),
}

impl CodeCache {
    pub(crate) fn open(root: &Path, engine: &Engine) -> io::Result<Self> {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let engine = hasher.finish();
        let folder = root.join("compiled");
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)?;
        // Whoever else owns the folder could replace what is in it.
        for folder in [root, &folder] {
            if fs::metadata(folder)?.uid() != own_uid()? {
                return Err(io::Error::other("it belongs to another user"));
            }
        }
        Ok(Self {
            root: root.canonicalize()?.into(),
            key: key(&root.join("key"))?,
            folder,
            engine,
        })
    }

    /// The folder without symbolic links.
    pub(crate) fn root(&self) -> Arc<Path> {
        Arc::clone(&self.root)
    }

    pub(crate) fn has(&self, component: Digest) -> bool {
        self.path(component).is_file()
    }

    pub(crate) fn get(&self, component: Digest) -> Cached {
        let path = self.path(component);
        let Ok(mut bytes) = fs::read(&path) else {
            return Cached::Missing;
        };
        let Some(start) = bytes.len().checked_sub(MAC) else {
            return Cached::Untrusted(path);
        };
        let mac = bytes.split_off(start);
        match self.mac(component, &bytes).verify_slice(&mac) {
            Ok(()) => Cached::Code(bytes),
            Err(_) => Cached::Untrusted(path),
        }
    }

    pub(crate) fn put(&self, component: Digest, code: &[u8]) -> io::Result<()> {
        let path = self.path(component);
        let temporary = temporary(&path);
        let mut file = private_file(&temporary)?;
        file.write_all(code)?;
        file.write_all(&self.mac(component, code).finalize().into_bytes())?;
        drop(file);
        fs::rename(&temporary, &path)
    }

    fn path(&self, component: Digest) -> PathBuf {
        self.folder
            .join(format!("{}-{:016x}.cwasm", component.hex(), self.engine))
    }

    fn mac(&self, component: Digest, code: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new(&self.key.into());
        mac.update(component.to_string().as_bytes());
        mac.update(&self.engine.to_le_bytes());
        mac.update(code);
        mac
    }
}

/// Reads the key, or makes one. A key that others can read is no key: it is replaced, which makes
/// everything in the cache untrusted.
fn key(path: &Path) -> io::Result<[u8; KEY]> {
    if let Some(key) = read_key(path)? {
        return Ok(key);
    }
    let mut key = [0; KEY];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    let temporary = temporary(path);
    private_file(&temporary)?.write_all(&key)?;
    // A link fails where a rename would replace the key that another process has just made.
    let linked = fs::hard_link(&temporary, path);
    fs::remove_file(&temporary)?;
    match linked {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            read_key(path)?.ok_or_else(|| io::Error::other("the key of the cache is damaged"))
        }
        Err(error) => Err(error),
    }
}

fn read_key(path: &Path) -> io::Result<Option<[u8; KEY]>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let metadata = file.metadata()?;
    let private = metadata.permissions().mode() & 0o077 == 0 && metadata.uid() == own_uid()?;
    if !private || metadata.len() != KEY as u64 {
        tracing::warn!(path = %path.display(), "the key of the code cache was not private: made a new one");
        fs::remove_file(path)?;
        return Ok(None);
    }
    let mut key = [0; KEY];
    file.read_exact(&mut key)?;
    Ok(Some(key))
}

/// The user that this process acts as.
fn own_uid() -> io::Result<u32> {
    fs::metadata("/proc/self").map(|process| process.uid())
}

/// A name beside `path` that no other thread or process of this machine uses.
fn temporary(path: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    path.with_extension(format!("{}-{number}.tmp", std::process::id()))
}

fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(root: &Path) -> CodeCache {
        CodeCache::open(root, &Engine::default()).unwrap()
    }

    #[test]
    fn code_comes_back_and_a_changed_byte_is_noticed() {
        let root = tempfile::tempdir().unwrap();
        let digest = Digest::from_sha256([1; 32]);
        let cache = cache(root.path());
        assert!(matches!(cache.get(digest), Cached::Missing));
        cache.put(digest, b"code").unwrap();
        assert!(matches!(cache.get(digest), Cached::Code(code) if code == b"code"));
        // The same bytes under another component's name are not that component's code.
        let other = Digest::from_sha256([2; 32]);
        fs::copy(cache.path(digest), cache.path(other)).unwrap();
        assert!(matches!(cache.get(other), Cached::Untrusted(_)));
        let mut bytes = fs::read(cache.path(digest)).unwrap();
        for index in 0..bytes.len() {
            bytes[index] ^= 1;
            fs::write(cache.path(digest), &bytes).unwrap();
            assert!(
                matches!(cache.get(digest), Cached::Untrusted(_)),
                "byte {index}"
            );
            bytes[index] ^= 1;
        }
    }

    #[test]
    fn the_key_is_private_and_kept() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("key");
        let first = cache(root.path()).key;
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(cache(root.path()).key, first);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert_ne!(cache(root.path()).key, first);
    }
}
