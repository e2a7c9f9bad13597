//! Parts of a task's work, each with a line of its own in the run's timeline.

use crate::bindings::stepwell::task::logging::{DetailState, DetailUpdate};
use crate::publish::refused;
use crate::{Result, host};
use std::hash::{BuildHasher as _, RandomState};

pub use crate::bindings::stepwell::task::logging::DetailResult;

/// A part of the task's work, shown below the step in the run's timeline.
///
/// ```
/// use stepwell_task::{Detail, DetailResult};
///
/// let build = Detail::begin("Build", "the whole site")?;
/// let page = build.begin_part("Page", "index.md")?;
/// page.progress(50, "highlighting")?;
/// page.complete(DetailResult::Succeeded, "")?;
/// build.complete(DetailResult::SucceededWithIssues, "2 links are redirects")?;
/// # Ok::<(), stepwell_task::Failure>(())
/// ```
#[derive(Debug)]
pub struct Detail {
    id: String,
    name: String,
}

impl Detail {
    /// Begins a part, of a kind that the task chooses a word for.
    ///
    /// # Errors
    ///
    /// If the host refuses it.
    pub fn begin(kind: &str, name: &str) -> Result<Self> {
        Self::begin_below(None, kind, name)
    }

    /// Begins a part of this part.
    ///
    /// # Errors
    ///
    /// If the host refuses it.
    pub fn begin_part(&self, kind: &str, name: &str) -> Result<Self> {
        Self::begin_below(Some(self.id.clone()), kind, name)
    }

    fn begin_below(parent: Option<String>, kind: &str, name: &str) -> Result<Self> {
        let detail = Self {
            id: new_guid(),
            name: name.to_owned(),
        };
        detail.tell(DetailUpdate {
            parent,
            kind: Some(kind.to_owned()),
            name: Some(name.to_owned()),
            ..detail.update("")
        })?;
        Ok(detail)
    }

    /// Tells how far it is, from 0 to 100, and what is being done.
    ///
    /// # Errors
    ///
    /// If the host refuses it.
    pub fn progress(&self, percent: u32, operation: &str) -> Result {
        self.tell(DetailUpdate {
            progress: Some(percent.min(100)),
            ..self.update(operation)
        })
    }

    /// Ends it. How it ended changes nothing about the step's own result.
    ///
    /// # Errors
    ///
    /// If the host refuses it.
    pub fn complete(self, result: DetailResult, operation: &str) -> Result {
        self.tell(DetailUpdate {
            state: Some(DetailState::Completed),
            result: Some(result),
            ..self.update(operation)
        })
    }

    fn update(&self, operation: &str) -> DetailUpdate {
        DetailUpdate {
            id: self.id.clone(),
            parent: None,
            kind: None,
            name: None,
            order: None,
            start_time: None,
            finish_time: None,
            progress: None,
            state: None,
            result: None,
            operation: operation.to_owned(),
        }
    }

    fn tell(&self, update: DetailUpdate) -> Result {
        host::detail(&update).map_err(|error| refused("tell of", &self.name, error))
    }
}

/// A random GUID. Other steps have records of their own, and the seeds of hash tables are the
/// random numbers that the standard library gives.
fn new_guid() -> String {
    let word = || u128::from(RandomState::new().hash_one(0));
    let random = word() << 64 | word();
    // Version 4, variant 1.
    let guid = random & !(0xf << 76) & !(0b11 << 62) | 4 << 76 | 0b10 << 62;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        guid >> 96,
        guid >> 80 & 0xffff,
        guid >> 64 & 0xffff,
        guid >> 48 & 0xffff,
        guid & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_id_is_a_random_guid_of_its_own() {
        let ids: Vec<String> = (0..100).map(|_| new_guid()).collect();
        for id in &ids {
            let lengths: Vec<usize> = id.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
            assert_eq!(id.get(14..15), Some("4"), "{id}");
            assert!("89ab".contains(&id[19..20]), "{id}");
            assert_eq!(ids.iter().filter(|other| *other == id).count(), 1);
        }
    }
}
