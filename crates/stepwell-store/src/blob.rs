//! Large contents, each kept once under its SHA-256.
//!
//! A blob is written under a temporary name, synced, and renamed to its digest, so under a digest
//! there is the whole content or nothing, also after a power failure. What a crash leaves behind is
//! a temporary file, which a later start removes.
//!
//! All calls block.

use crate::{BlobError, BlobErrorKind, create_private};
use sha2::{Digest as _, Sha256};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};
use stepwell_event::Digest;

/// How long nothing was written to a temporary file before it counts as left behind. Another
/// process may be at work on a younger one.
const LEFT_BEHIND: Duration = Duration::from_secs(24 * 60 * 60);

const CHUNK: usize = 64 << 10;

/// A folder of contents. Any number of processes may use the same one at once.
#[derive(Debug, Clone)]
pub struct Blobs {
    /// `sha256/ab/cdef…`.
    contents: PathBuf,
    temporary: PathBuf,
}

/// A content that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blob {
    /// Its name.
    pub digest: Digest,
    /// Its size.
    pub bytes: u64,
}

impl Blobs {
    /// Opens `blobs` in `folder`, creating both when they are missing, and removes what a crash has
    /// left behind there.
    ///
    /// # Errors
    ///
    /// When the folder cannot be created or read.
    pub fn open(folder: &Path) -> Result<Self, BlobError> {
        let blobs = folder.join("blobs");
        let opened = Self {
            contents: blobs.join("sha256"),
            temporary: blobs.join("temporary"),
        };
        for folder in [&opened.contents, &opened.temporary] {
            create_private(folder).map_err(|error| BlobError::disk(folder, error))?;
        }
        let prepare = || {
            sync_folder(&blobs)?;
            sync_folder(folder)?;
            opened.clean()
        };
        prepare().map_err(|error| BlobError::disk(&blobs, error))?;
        Ok(opened)
    }

    /// Keeps what `reader` gives. When it returns, the blob is durable.
    ///
    /// # Errors
    ///
    /// When there are more than `limit` bytes, when the reader fails, or when the disk does.
    pub fn put(&self, reader: &mut dyn Read, limit: u64) -> Result<Blob, BlobError> {
        let mut temporary = Temporary::create(&self.temporary)?;
        let blob = temporary.fill(reader, limit)?;
        let path = self.path(&blob.digest);
        let mut keep = || {
            let shard = path.parent().unwrap_or(&self.contents);
            create_private(shard)?;
            // What has another size is no blob but damage, and is replaced.
            let known = fs::metadata(&path).is_ok_and(|found| found.len() == blob.bytes);
            if !known {
                temporary.keep_as(&path)?;
            }
            // Also for a blob that is known: whoever put it may not have got this far yet.
            sync_folder(shard)?;
            sync_folder(&self.contents)
        };
        keep().map_err(|error| BlobError::disk(&path, error))?;
        Ok(blob)
    }

    /// Opens a blob for reading.
    ///
    /// # Errors
    ///
    /// When there is none of this digest, or it cannot be read.
    pub fn get(&self, digest: &Digest) -> Result<File, BlobError> {
        let path = self.path(digest);
        File::open(&path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => BlobError::new(&path, BlobErrorKind::NotFound),
            _ => BlobError::disk(&path, error),
        })
    }

    /// A folder with all blobs would be slow on some file systems.
    fn path(&self, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        let (shard, name) = hex.split_at_checked(2).unwrap_or(("", &hex));
        self.contents.join(shard).join(name)
    }

    fn clean(&self) -> io::Result<()> {
        let now = SystemTime::now();
        for entry in fs::read_dir(&self.temporary)? {
            let entry = entry?;
            // Another process may clean up at the same time, and a clock may have been set back.
            let age = entry.metadata().and_then(|found| found.modified());
            let age = age
                .ok()
                .and_then(|modified| now.duration_since(modified).ok());
            if age.is_some_and(|age| age > LEFT_BEHIND)
                && let Err(error) = fs::remove_file(entry.path())
            {
                tracing::debug!(%error, path = %entry.path().display(), "not removed");
            }
        }
        Ok(())
    }
}

/// A file that is gone when it is dropped, unless it is kept.
struct Temporary {
    path: PathBuf,
    file: File,
    kept: bool,
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Once it is renamed, another process may use the name.
        if !self.kept {
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Temporary {
    fn create(folder: &Path) -> Result<Self, BlobError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("{}-{number}", process::id()));
            match create_private_file(&path) {
                Ok(file) => {
                    let kept = false;
                    return Ok(Self { path, file, kept });
                }
                // A process of the same number left it behind, or has it: containers number alike.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(BlobError::disk(&path, error)),
            }
        }
    }

    /// Moves it to where it stays, when all of it is on the disk.
    fn keep_as(&mut self, path: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, path)?;
        self.kept = true;
        Ok(())
    }

    fn fill(&mut self, reader: &mut dyn Read, limit: u64) -> Result<Blob, BlobError> {
        let mut hash = Sha256::new();
        let mut bytes = 0u64;
        let mut buffer = vec![0; CHUNK];
        loop {
            let read = match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(BlobError::source(&self.path, error)),
            };
            let chunk = buffer.get(..read).unwrap_or_default();
            bytes = bytes.saturating_add(chunk.len() as u64);
            if bytes > limit {
                return Err(BlobError::new(
                    &self.path,
                    BlobErrorKind::TooLarge { limit },
                ));
            }
            hash.update(chunk);
            self.file
                .write_all(chunk)
                .map_err(|error| BlobError::disk(&self.path, error))?;
        }
        Ok(Blob {
            digest: Digest::from_sha256(hash.finalize().into()),
            bytes,
        })
    }
}

fn create_private_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes the names in a folder durable, where that is a thing of its own.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
