//! Compiled code on disk.
//!
//! Loading compiled code means running it: whoever can write it can run anything on the host. So
//! every file carries a MAC (HMAC-SHA-256) under a key that only this user can read, over the
//! component's digest, the engine's configuration and the code, and the very bytes that were
//! checked are the bytes that are loaded. A file with another MAC is compiled anew, with a
//! warning. Files are replaced by rename; a torn one has no valid MAC.

use crate::code::Code;
use crate::compile::{Compiled, Metering, compatibility};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use stepwell_event::Digest;

const MAC: usize = 32;
/// One block of SHA-256, the natural size of an HMAC key.
const KEY: usize = 64;

/// A folder of compiled code that belongs to this version on this host.
#[derive(Debug)]
pub struct CodeCache {
    /// The cache's folder without symbolic links.
    root: Arc<Path>,
    folder: PathBuf,
    key: [u8; KEY],
    /// What the engine's configuration is, without counting work and with.
    engines: [OnceLock<u64>; 2],
}

/// What the cache has for a component.
#[derive(Debug)]
pub(crate) enum Cached {
    /// Code that this host compiled for this component and engine.
    Code(Code),
    Missing,
    /// A file that this host did not write, or that was changed since.
    Untrusted(PathBuf),
}

impl CodeCache {
    /// Opens the cache in `root`, which is made if it is not there.
    ///
    /// # Errors
    ///
    /// The folder cannot be written, or belongs to another user.
    pub fn open(root: &Path) -> io::Result<Self> {
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
            engines: Default::default(),
        })
    }

    /// The folder without symbolic links. No guest may enter it, wherever its workspace is.
    #[must_use]
    pub fn root(&self) -> Arc<Path> {
        Arc::clone(&self.root)
    }

    /// Whether there is code for a component, so that loading it takes no time.
    #[must_use]
    pub fn has(&self, component: Digest, metering: Metering) -> bool {
        self.path(component, metering).is_file()
    }

    pub(crate) fn get(&self, component: Digest, metering: Metering) -> Cached {
        let path = self.path(component, metering);
        let Ok(mut bytes) = fs::read(&path) else {
            return Cached::Missing;
        };
        let Some(start) = bytes.len().checked_sub(MAC) else {
            return Cached::Untrusted(path);
        };
        let mac = bytes.split_off(start);
        let right = self.mac(component, metering, &bytes).verify_slice(&mac);
        match right.ok().and_then(|()| unpack(bytes)) {
            Some(compiled) => Cached::Code(Code::new(component, metering, compiled)),
            None => Cached::Untrusted(path),
        }
    }

    pub(crate) fn put(&self, code: &Code) -> io::Result<()> {
        let (component, metering) = (code.digest(), code.metering());
        let bytes = pack(code.compiled())?;
        let path = self.path(component, metering);
        let temporary = temporary(&path);
        let mut file = private_file(&temporary)?;
        file.write_all(&bytes)?;
        let mac = self.mac(component, metering, &bytes);
        file.write_all(&mac.finalize().into_bytes())?;
        drop(file);
        fs::rename(&temporary, &path)
    }

    fn engine(&self, metering: Metering) -> u64 {
        let [off, fuel] = &self.engines;
        let engine = match metering {
            Metering::Off => off,
            Metering::Fuel => fuel,
        };
        *engine.get_or_init(|| compatibility(metering))
    }

    fn path(&self, component: Digest, metering: Metering) -> PathBuf {
        let engine = self.engine(metering);
        self.folder
            .join(format!("{}-{engine:016x}.cwasm", component.hex()))
    }

    fn mac(&self, component: Digest, metering: Metering, bytes: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new(&self.key.into());
        mac.update(component.to_string().as_bytes());
        mac.update(&self.engine(metering).to_le_bytes());
        mac.update(bytes);
        mac
    }
}

/// How files of the cache are laid out; a change of it makes those of before unknown.
pub(crate) const FORMAT: u32 = 3;

/// The code, then what else there is, then the lengths of these: the code, which is large, need not be
/// moved to be read.
fn pack(compiled: &Compiled) -> io::Result<Vec<u8>> {
    let description = serde_json::to_vec(&compiled.description)?;
    let role = serde_json::to_vec(&compiled.role)?;
    let parts = [&compiled.lines, &description, &role];
    let size = parts.iter().map(|part| part.len() + 4).sum::<usize>();
    let mut bytes = Vec::with_capacity(compiled.code.len() + size);
    bytes.extend_from_slice(&compiled.code);
    for part in parts {
        let length = u32::try_from(part.len()).map_err(io::Error::other)?;
        bytes.extend_from_slice(part);
        bytes.extend_from_slice(&length.to_le_bytes());
    }
    Ok(bytes)
}

fn unpack(mut code: Vec<u8>) -> Option<Compiled> {
    let (rest, role) = last_part(&code)?;
    let role = serde_json::from_slice(role).ok()?;
    let (rest, description) = last_part(rest)?;
    let description = serde_json::from_slice(description).ok()?;
    let (rest, lines) = last_part(rest)?;
    let (at, lines) = (rest.len(), lines.to_vec());
    code.truncate(at);
    Some(Compiled {
        code,
        description,
        role,
        lines,
    })
}

fn last_part(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (rest, length) = bytes.split_last_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    rest.split_at_checked(rest.len().checked_sub(length)?)
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
    use stepwell_event::Role;

    fn cache(root: &Path) -> CodeCache {
        CodeCache::open(root).unwrap()
    }

    #[test]
    fn code_comes_back_and_a_changed_byte_is_noticed() {
        let root = tempfile::tempdir().unwrap();
        let digest = Digest::from_sha256([1; 32]);
        let compiled = Compiled {
            code: b"code".to_vec(),
            description: None,
            role: Some(Role::Notifier),
            lines: b"lines".to_vec(),
        };
        let cache = cache(root.path());
        let get = |digest| cache.get(digest, Metering::Off);
        assert!(matches!(get(digest), Cached::Missing));
        let code = Code::new(digest, Metering::Off, compiled.clone());
        cache.put(&code).unwrap();
        assert!(matches!(get(digest), Cached::Code(code) if *code.compiled() == compiled));
        let path = |digest| cache.path(digest, Metering::Off);
        // The same bytes under another component's name are not that component's code.
        let other = Digest::from_sha256([2; 32]);
        fs::copy(path(digest), path(other)).unwrap();
        assert!(matches!(get(other), Cached::Untrusted(_)));
        // Nor are they the code that counts its work.
        fs::copy(path(digest), cache.path(digest, Metering::Fuel)).unwrap();
        let metered = cache.get(digest, Metering::Fuel);
        assert!(matches!(metered, Cached::Untrusted(_)));
        let mut bytes = fs::read(path(digest)).unwrap();
        for index in 0..bytes.len() {
            bytes[index] ^= 1;
            fs::write(path(digest), &bytes).unwrap();
            assert!(matches!(get(digest), Cached::Untrusted(_)), "byte {index}");
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
