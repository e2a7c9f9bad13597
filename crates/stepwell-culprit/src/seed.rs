//! Seeds of judgements and what judgements are remembered by.

use sha2::{Digest as _, Sha256};
use stepwell_event::{Digest, Version};

/// The seed of a judgement: another for every judgement of a version and for every attempt at it, and
/// the same when a search is gone on with.
pub(crate) fn seed(version: &Version, nth: u32, attempt: u32) -> u32 {
    let mut hash = Sha256::new();
    hash.update(version.tree.as_bytes());
    hash.update(nth.to_le_bytes());
    hash.update(attempt.to_le_bytes());
    let hash: [u8; 32] = hash.finalize().into();
    let [a, b, c, d, ..] = hash;
    u32::from_le_bytes([a, b, c, d])
}

/// The digest of some parts. No two lists of parts look the same to it.
pub(crate) fn digest<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Digest {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    Digest::from_sha256(hash.finalize().into())
}
