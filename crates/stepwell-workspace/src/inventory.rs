//! What a workspace consists of: the kind, the permissions and the hash of everything in it.
//!
//! An inventory is a text, one record after the other in the order of the paths, so that the digest
//! of the text is the digest of the workspace, and two of them can be compared file by file.

use crate::tree::{Item, Visitor};
use crate::{Workspace, WorkspaceError};
use rustix::fs::Stat;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read as _};
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// The most bytes of an inventory as text.
pub const MAX_INVENTORY: u64 = 512 << 20;

/// How long a file must be left alone before its hash is remembered: the clocks of file systems are
/// coarse, so a file can change twice without its time telling.
const SETTLED_NANOS: i128 = 1_000_000_000;

const CHUNK: usize = 64 << 10;

/// What a file looked like when it was hashed: if all of it is as it was, so is the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Look {
    device: u64,
    inode: u64,
    size: i64,
    modified: i128,
    changed: i128,
}

/// Hashes of files that were read before, so that taking stock a second time reads only what is new.
#[derive(Debug, Default)]
pub struct Hashes(Mutex<HashMap<Look, [u8; 32]>>);

impl Hashes {
    fn get(&self, look: &Look) -> Option<[u8; 32]> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(look).copied()
    }

    fn put(&self, look: Look, hash: [u8; 32]) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(look, hash);
    }
}

/// What a workspace consists of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    /// By path: the kind and the permissions as the system writes them, and the hash of a file's
    /// content or of where a link leads. There is none for a folder, nor for what cannot be read.
    entries: BTreeMap<Vec<u8>, (u32, Option<[u8; 32]>)>,
}

/// How two inventories differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// What only the second has.
    pub added: Vec<String>,
    /// What only the first has.
    pub removed: Vec<String>,
    /// What both have and is not the same.
    pub changed: Vec<String>,
}

impl Difference {
    /// How many paths are not the same.
    #[must_use]
    pub fn count(&self) -> usize {
        self.added.len() + self.removed.len() + self.changed.len()
    }
}

impl Workspace {
    /// Takes stock of all that a guest can see. `stop` ends it before its end.
    ///
    /// # Errors
    ///
    /// When there is more than [`MAX_ENTRIES`](crate::MAX_ENTRIES),
    /// [`MAX_TREE_DEPTH`](crate::MAX_TREE_DEPTH) or [`MAX_TREE_BYTES`](crate::MAX_TREE_BYTES)
    /// allow, or something in it cannot be looked at.
    pub fn inventory(
        &self,
        hashes: &Hashes,
        stop: &AtomicBool,
    ) -> Result<Inventory, WorkspaceError> {
        let mut stock = Stock {
            hashes,
            now: since_epoch(SystemTime::now()),
            inventory: Inventory::default(),
        };
        self.tree(&mut stock, stop)?;
        Ok(stock.inventory)
    }
}

impl Inventory {
    /// How many files, folders and links there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// As text: for each path the mode in octal digits, the hash in hexadecimal ones or `-`, the path
    /// and a zero byte, which no path can hold.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = Vec::new();
        for (path, (mode, hash)) in &self.entries {
            let hash = hash.map_or_else(|| "-".to_owned(), |hash| hex(&hash));
            text.extend_from_slice(format!("{mode:o} {hash} ").as_bytes());
            text.extend_from_slice(path);
            text.push(0);
        }
        text
    }

    /// Reads the text of [`Inventory::to_bytes`]; `None` if it is something else.
    #[must_use]
    pub fn from_bytes(text: &[u8]) -> Option<Self> {
        let mut entries = BTreeMap::new();
        let text = match text {
            [] => return Some(Self::default()),
            [text @ .., 0] => text,
            _ => return None,
        };
        for record in text.split(|byte| *byte == 0) {
            let mut parts = record.splitn(3, |byte| *byte == b' ');
            let mode = std::str::from_utf8(parts.next()?).ok()?;
            let mode = u32::from_str_radix(mode, 8).ok()?;
            let hash = match parts.next()? {
                b"-" => None,
                digits => Some(unhex(digits)?),
            };
            entries.insert(parts.next()?.to_owned(), (mode, hash));
        }
        Some(Self { entries })
    }

    /// How `later` differs from this one.
    #[must_use]
    pub fn difference(&self, later: &Self) -> Difference {
        let name = |path: &Vec<u8>| String::from_utf8_lossy(path).into_owned();
        let mut difference = Difference::default();
        for (path, entry) in &self.entries {
            match later.entries.get(path) {
                None => difference.removed.push(name(path)),
                Some(other) if other != entry => difference.changed.push(name(path)),
                Some(_) => {}
            }
        }
        let added = later.entries.keys();
        let added = added.filter(|path| !self.entries.contains_key(*path));
        difference.added = added.map(name).collect();
        difference
    }
}

struct Stock<'h> {
    hashes: &'h Hashes,
    now: i128,
    inventory: Inventory,
}

impl Stock<'_> {
    fn put(&mut self, item: &Item<'_>, hash: Option<[u8; 32]>) {
        let entry = (item.stat.st_mode, hash);
        self.inventory.entries.insert(item.path.to_owned(), entry);
    }
}

impl Visitor for Stock<'_> {
    fn enter(&mut self, folder: &Item<'_>) -> io::Result<()> {
        self.put(folder, None);
        Ok(())
    }

    fn leave(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn file(&mut self, file: &Item<'_>) -> io::Result<()> {
        let look = Look::of(file.stat);
        let hash = match self.hashes.get(&look) {
            Some(hash) => Some(hash),
            None => hash(file)?,
        };
        if let Some(hash) = hash
            && self.now - look.changed.max(look.modified) > SETTLED_NANOS
        {
            self.hashes.put(look, hash);
        }
        self.put(file, hash);
        Ok(())
    }

    fn link(&mut self, link: &Item<'_>) -> io::Result<()> {
        if let Some(target) = link.target()? {
            self.put(link, Some(Sha256::digest(target.to_bytes()).into()));
        }
        Ok(())
    }
}

/// The hash of what a file holds; `None` if it cannot be read.
fn hash(file: &Item<'_>) -> io::Result<Option<[u8; 32]>> {
    let Some(opened) = file.open()? else {
        return Ok(None);
    };
    let mut reader = opened.take(file.size());
    let mut hash = Sha256::new();
    let mut buffer = vec![0; CHUNK];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(Some(hash.finalize().into())),
            Ok(read) => hash.update(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

impl Look {
    fn of(stat: &Stat) -> Self {
        Self {
            device: stat.st_dev,
            inode: stat.st_ino,
            size: stat.st_size,
            modified: nanos(stat.st_mtime, i128::from(stat.st_mtime_nsec)),
            changed: nanos(stat.st_ctime, i128::from(stat.st_ctime_nsec)),
        }
    }
}

fn nanos(seconds: i64, nanos: i128) -> i128 {
    i128::from(seconds) * 1_000_000_000 + nanos
}

fn since_epoch(time: SystemTime) -> i128 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i128::try_from(since.as_nanos()).unwrap_or_default()
}

fn hex(hash: &[u8; 32]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(digits: &[u8]) -> Option<[u8; 32]> {
    let digits = std::str::from_utf8(digits).ok()?;
    if digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut hash = [0; 32];
    for (at, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_inventory_survives_its_text(
            entries: BTreeMap<Vec<u8>, (u32, Option<[u8; 32]>)>,
        ) {
            let entries = entries.into_iter().filter(|(path, _)| !path.contains(&0));
            let inventory = Inventory { entries: entries.collect() };
            prop_assert_eq!(Inventory::from_bytes(&inventory.to_bytes()), Some(inventory));
        }

        #[test]
        fn no_bytes_make_reading_panic(bytes: Vec<u8>) {
            let _ = Inventory::from_bytes(&bytes);
        }
    }
}
