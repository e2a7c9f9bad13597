//! What a tree consists of, looked through before any of it is written.

use super::{ExportLimits, GitError, ObjectId, Repository};
use crate::MAX_TREE_DEPTH;
use std::sync::atomic::{AtomicBool, Ordering};

/// The most bytes of a path, and of a name in it: what systems allow.
const MAX_PATH: usize = 4095;
const MAX_NAME: usize = 255;

/// The most bytes of what is said of an entry before its path.
const MAX_HEAD: usize = 256;

/// Kept by Git to itself, and by Stepwell.
const GIT: &[u8] = b".git";
const JOURNAL: &[u8] = b".stepwell";

/// Something in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its path from the tree, with `/`.
    pub(super) path: Vec<u8>,
    pub(super) kind: EntryKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum EntryKind {
    Folder,
    File {
        id: ObjectId,
        executable: bool,
    },
    Link {
        id: ObjectId,
    },
    /// A commit of another repository.
    Submodule,
}

/// Everything in a tree, folders before what is in them.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) entries: Vec<Entry>,
    /// Of all files and links.
    pub(super) bytes: u64,
    /// Paths that no guest may see, and that are therefore left out.
    pub(super) closed: Vec<Vec<u8>>,
}

impl Repository {
    /// Lists a tree. Nothing in it that is listed can lead out of a folder in which it is made.
    pub(super) fn contents(
        &self,
        tree: ObjectId,
        limits: &ExportLimits,
        stop: &AtomicBool,
    ) -> Result<Contents, GitError> {
        let tree = tree.to_string();
        // With folders, since those of a hostile tree can be without end and without a file.
        let args = ["ls-tree", "-r", "-t", "-z", "-l", "--full-tree", &tree];
        let mut stream = self.git.stream(&args, Vec::new())?;
        let mut contents = Contents::default();
        while let Some(record) = stream.record(0, MAX_HEAD + MAX_PATH + 1)? {
            if stop.load(Ordering::Relaxed) {
                return Err(GitError::Stopped);
            }
            let (entry, size) = match parse(&record).ok_or_else(|| stream.garbled())? {
                Parsed::Entry(entry, size) => (entry, size),
                Parsed::Missing(id) => return Err(self.git.missing(&id)),
            };
            match look(&entry.path) {
                Place::Open => {}
                Place::Closed { outermost } => {
                    if outermost {
                        contents.closed.push(entry.path);
                    }
                    continue;
                }
                Place::Odd(why) => return Err(odd(&entry.path, why)),
            }
            contents.bytes = contents.bytes.saturating_add(size);
            contents.entries.push(entry);
            if contents.entries.len() + contents.closed.len() > limits.entries {
                let limit = limits.entries;
                return Err(GitError::TooManyEntries { limit });
            }
        }
        stream.finish()?;
        if contents.bytes > limits.bytes {
            return Err(GitError::TooLarge {
                bytes: contents.bytes,
                limit: limits.bytes,
            });
        }
        Ok(contents)
    }
}

pub(super) fn odd(path: &[u8], why: &'static str) -> GitError {
    let path = String::from_utf8_lossy(path).into_owned();
    GitError::Entry { path, why }
}

enum Parsed {
    /// With its size.
    Entry(Entry, u64),
    /// The object is not there, so it has no size.
    Missing(String),
}

/// Reads `MODE TYPE ID SIZE<tab>PATH`, where spaces may come before the size.
fn parse(record: &[u8]) -> Option<Parsed> {
    let tab = record.iter().position(|byte| *byte == b'\t')?;
    let (head, path) = record.split_at(tab);
    let path = path.get(1..)?.to_owned();
    let mut words = std::str::from_utf8(head).ok()?.split_ascii_whitespace();
    let (mode, _, id, size) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let mode = u32::from_str_radix(mode, 8).ok()?;
    let object = ObjectId::parse(id.as_bytes())?;
    // As Git does, only the kind and the right to be run are looked at.
    let kind = match mode & 0o170_000 {
        0o040_000 => EntryKind::Folder,
        0o160_000 => EntryKind::Submodule,
        0o120_000 => EntryKind::Link { id: object },
        0o100_000 => EntryKind::File {
            id: object,
            executable: mode & 0o100 != 0,
        },
        _ => return None,
    };
    let size = match (kind, size) {
        (EntryKind::Folder | EntryKind::Submodule, _) => 0,
        (_, size) => match size.parse() {
            Ok(size) => size,
            Err(_) => return Some(Parsed::Missing(id.to_owned())),
        },
    };
    Some(Parsed::Entry(Entry { path, kind }, size))
}

#[derive(Debug, PartialEq, Eq)]
enum Place {
    Open,
    /// In a folder of Stepwell's own, or that folder itself.
    Closed {
        outermost: bool,
    },
    Odd(&'static str),
}

fn look(path: &[u8]) -> Place {
    if path.len() > MAX_PATH {
        return Place::Odd("is a path that is too long");
    }
    let mut closed = None;
    let mut count = 0;
    for name in path.split(|byte| *byte == b'/') {
        match name {
            b"" | b"." | b".." => return Place::Odd("is no path that a file can have"),
            name if name.eq_ignore_ascii_case(GIT) => {
                return Place::Odd("is a name that Git keeps to itself");
            }
            name if name.len() > MAX_NAME => return Place::Odd("has a name that is too long"),
            name if name.eq_ignore_ascii_case(JOURNAL) && closed.is_none() => closed = Some(count),
            _ => {}
        }
        count += 1;
    }
    match closed {
        _ if count > MAX_TREE_DEPTH => Place::Odd("is nested too deeply"),
        Some(at) => Place::Closed {
            outermost: at + 1 == count,
        },
        None => Place::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_lead_elsewhere_are_odd_and_stepwells_own_are_closed() {
        for path in [
            "",
            "/a",
            "a//b",
            "../a",
            "a/..",
            "./a",
            ".git",
            "a/.GIT/hooks",
        ] {
            assert!(matches!(look(path.as_bytes()), Place::Odd(_)), "{path}");
        }
        let long = "a/".repeat(MAX_TREE_DEPTH) + "a";
        assert!(matches!(look(long.as_bytes()), Place::Odd(_)));
        assert!(matches!(look(&[b'a'; 256]), Place::Odd(_)));
        for path in [".gitignore", "a/..b", "a/b\nc", ".stepwell.toml"] {
            assert_eq!(look(path.as_bytes()), Place::Open, "{path}");
        }
        let closed = |outermost| Place::Closed { outermost };
        assert_eq!(look(b"a/.Stepwell"), closed(true));
        assert_eq!(look(b"a/.stepwell/b/.stepwell"), closed(false));
    }

    #[test]
    fn a_record_is_read_up_to_its_tab() {
        let id = "ab".repeat(20);
        let record = format!("100755 blob {id}      12\ta\tb");
        let Some(Parsed::Entry(entry, 12)) = parse(record.as_bytes()) else {
            panic!("{record}");
        };
        assert_eq!(entry.path, b"a\tb");
        let executable = true;
        let id = id.parse().unwrap();
        assert_eq!(entry.kind, EntryKind::File { id, executable });
        assert!(matches!(
            parse(format!("100644 blob {id}     BAD\ta").as_bytes()),
            Some(Parsed::Missing(_))
        ));
        assert!(parse(b"100644 blob").is_none());
    }
}
