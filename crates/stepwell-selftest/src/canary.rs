//! A secret that must not turn up anywhere.

use std::fs::File;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::Read as _;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of one file that are searched.
const OF_A_FILE: u64 = 4 << 20;

/// A secret, and how often it was looked for. Clones are of the same one.
#[derive(Clone)]
pub(crate) struct Canary(Arc<Planted>);

struct Planted {
    secret: String,
    /// Forms in which it would be as useful.
    forms: Vec<Vec<u8>>,
    searched: AtomicU64,
    hits: AtomicU64,
}

impl Canary {
    /// One that is different every time.
    pub(crate) fn new() -> Self {
        let number = RandomState::new().build_hasher().finish();
        let secret = format!("canary-{number:016x}-of-stepwell");
        let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        let reversed: String = secret.chars().rev().collect();
        let forms = [secret.clone(), hex.clone(), hex.to_uppercase(), reversed];
        Self(Arc::new(Planted {
            forms: forms.map(String::into_bytes).to_vec(),
            secret,
            searched: AtomicU64::new(0),
            hits: AtomicU64::new(0),
        }))
    }

    /// Looks for it in one place.
    pub(crate) fn search(&self, bytes: &[u8]) {
        self.count(1);
        self.look(bytes);
    }

    /// Counts places that were looked at piece by piece.
    pub(crate) fn count(&self, places: u64) {
        self.0.searched.fetch_add(places, Ordering::Relaxed);
    }

    /// Looks for it in a piece of a place.
    pub(crate) fn look(&self, bytes: &[u8]) {
        let found = |form: &Vec<u8>| {
            bytes
                .windows(form.len())
                .any(|window| window == form.as_slice())
        };
        if self.0.forms.iter().any(found) {
            self.0.hits.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Looks for it at the beginning of a file.
    pub(crate) fn search_file(&self, path: &Path) {
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| file.take(OF_A_FILE).read_to_end(&mut bytes));
        if read.is_ok() {
            self.search(&bytes);
        }
    }

    /// How many places were searched.
    pub(crate) fn searched(&self) -> u64 {
        self.0.searched.load(Ordering::Relaxed)
    }

    /// In how many of them it was.
    pub(crate) fn hits(&self) -> u64 {
        self.0.hits.load(Ordering::Relaxed)
    }
}

impl Deref for Canary {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0.secret
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_found_in_every_form() {
        let canary = Canary::new();
        canary.search(b"nothing");
        assert_eq!((canary.searched(), canary.hits()), (1, 0));
        let hex: String = canary.bytes().map(|byte| format!("{byte:02x}")).collect();
        canary.search(format!("a{}b", &*canary).as_bytes());
        canary.search(format!("a{hex}b").as_bytes());
        assert_eq!((canary.searched(), canary.hits()), (3, 2));
    }
}
