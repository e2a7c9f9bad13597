//! `task.prependpath`: where later steps find commands first.
//!
//! A component finds nothing on a search path by itself. Plain commands get it in their environment
//! as `PATH`, which is what a shell looks at.

/// Bytes of one directory's name.
const MAX_BYTES: usize = 4 << 10;

/// Directories of a job.
const MAX_ENTRIES: usize = 100;

/// The directories that steps of a job put in front, the newest first.
#[derive(Default)]
pub(crate) struct SearchPath {
    entries: Vec<String>,
}

impl SearchPath {
    /// Puts a directory in front; if it is there already it moves.
    pub(crate) fn prepend(&mut self, path: String) -> Result<(), String> {
        if path.trim().is_empty() {
            return Err("it needs a directory as its data".to_owned());
        }
        if path.len() > MAX_BYTES || path.contains(char::is_control) {
            return Err(format!(
                "a directory has at most {} KiB and no control character",
                MAX_BYTES >> 10
            ));
        }
        self.entries.retain(|known| *known != path);
        if self.entries.len() >= MAX_ENTRIES {
            return Err(format!(
                "the search path of a job has at most {MAX_ENTRIES} directories"
            ));
        }
        self.entries.insert(0, path);
        Ok(())
    }

    /// The value of `PATH` for a step that otherwise has `own`; `None` if nothing was put in front.
    pub(crate) fn before(&self, own: Option<&str>) -> Option<String> {
        if self.entries.is_empty() {
            return None;
        }
        let own = own.filter(|own| !own.is_empty());
        let all: Vec<&str> = self.entries.iter().map(String::as_str).chain(own).collect();
        Some(all.join(":"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_is_first_and_an_old_one_moves() {
        let mut path = SearchPath::default();
        assert_eq!(path.before(Some("/bin")), None);
        for entry in ["/a", "/b", "/a"] {
            path.prepend(entry.to_owned()).unwrap();
        }
        assert_eq!(path.before(None).as_deref(), Some("/a:/b"));
        assert_eq!(path.before(Some("/bin")).as_deref(), Some("/a:/b:/bin"));
    }

    #[test]
    fn blank_and_endless_paths_are_refused() {
        let mut path = SearchPath::default();
        assert!(path.prepend(" ".to_owned()).is_err());
        assert!(path.prepend("/a\n/b".to_owned()).is_err());
        for number in 0..MAX_ENTRIES {
            path.prepend(format!("/{number}")).unwrap();
        }
        assert!(path.prepend("/more".to_owned()).is_err());
    }
}
