//! What files of a repository hold.

use super::{GitError, ObjectId, Repository};
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};

/// The most characters of what is said of an object before its content.
const MAX_HEAD: usize = 256;

impl Repository {
    /// Hands over the content of each object, in order. All are asked for at once, so none waits for
    /// the one before to be looked at.
    pub(super) fn blobs(
        &self,
        ids: &[ObjectId],
        stop: &AtomicBool,
        mut each: impl FnMut(usize, &mut dyn Read) -> Result<(), GitError>,
    ) -> Result<(), GitError> {
        let lines = ids.iter().flat_map(|id| format!("{id}\n").into_bytes());
        let args = ["cat-file", "--batch", "--buffer"];
        let mut stream = self.git.stream(&args, lines.collect())?;
        for (at, id) in ids.iter().enumerate() {
            if stop.load(Ordering::Relaxed) {
                return Err(GitError::Stopped);
            }
            let Some(head) = stream.record(b'\n', MAX_HEAD)? else {
                let garbled = stream.garbled();
                return Err(stream.finish().err().unwrap_or(garbled));
            };
            let head = String::from_utf8_lossy(&head).into_owned();
            if head.ends_with(" missing") {
                return Err(self.git.missing(&id.to_string()));
            }
            let size = head
                .rsplit_once(" blob ")
                .and_then(|(_, size)| size.parse().ok());
            let size: u64 = size.ok_or_else(|| stream.garbled())?;
            let mut content = stream.output().take(size);
            each(at, &mut content)?;
            let rest = io::copy(&mut content, &mut io::sink());
            rest.map_err(|error| stream.failed(error))?;
            if stream.record(b'\n', 0)?.is_none() {
                return Err(stream.garbled());
            }
        }
        stream.finish()
    }
}
