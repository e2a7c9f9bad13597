//! What a step was denied, and the line of the pipeline file that would grant it.

use super::Dir;
use super::area::{Area, Place, SCRATCH};
use super::place::{Wish, is_closed};
use crate::outcome::shortened;
use crate::state::StepState;
use std::path::{Component, Path};
use stepwell_event::Denial;
use wasmtime_wasi::filesystem::WasiFilesystemView as _;
use wasmtime_wasi::p2::FsError;
use wasmtime_wasi::p2::bindings::filesystem::types::{ErrorCode, HostDescriptor as _, PathFlags};

const WRITE: &str = "allow = { workspace = \"write\" }";
const TEMPORARY: &str = "allow = { scratch = \"64MiB\" }";

impl StepState {
    /// Denies something that no line of the pipeline file would grant.
    pub(super) async fn denied(&mut self, verb: &str, dir: &Dir, path: &str) -> FsError {
        let place = self.place(dir, "").ok();
        let target = named(place.as_ref(), path);
        self.record(format!("{verb} {target}"), None).await;
        ErrorCode::NotPermitted.into()
    }

    /// Denies a change at a place that the step may only read.
    pub(super) async fn denied_change(&mut self, dir: &Dir, path: &str) -> FsError {
        let place = self.place(dir, "").ok();
        let target = named(place.as_ref(), path);
        let grant = match &place {
            Some(place) if place.is_grantable && !is_closed(Path::new(path), Wish::Change) => {
                if self.is_for_scratch(place, dir, path).await {
                    Some(TEMPORARY.to_owned())
                } else {
                    Some(grant(&place.path, path))
                }
            }
            _ => None,
        };
        self.record(format!("changing {target}"), grant).await;
        ErrorCode::NotPermitted.into()
    }

    /// Tells of a program that looks for `/tmp` to write there, if that is what it does.
    pub(super) async fn miss_scratch(&mut self, dir: &Dir, path: &str) {
        if let Ok(place) = self.place(dir, "")
            && self.is_for_scratch(&place, dir, path).await
        {
            let target = named(Some(&place), path);
            let grant = Some(TEMPORARY.to_owned());
            self.record(format!("changing {target}"), grant).await;
        }
    }

    /// Whether a path is in `/tmp`, and there is none.
    async fn is_for_scratch(&mut self, place: &Place, dir: &Dir, path: &str) -> bool {
        if self.files.has_scratch()
            || place.area != Area::Workspace
            || !place.path.as_os_str().is_empty()
        {
            return false;
        }
        let temporary = SCRATCH.trim_start_matches('/');
        let mut names = Path::new(path).components();
        if names.next() != Some(Component::Normal(temporary.as_ref())) || names.next().is_none() {
            return false;
        }
        let dir = super::borrow(dir);
        self.filesystem()
            .stat_at(dir, PathFlags::empty(), temporary.to_owned())
            .await
            .is_err()
    }

    async fn record(&mut self, target: String, grant: Option<String>) {
        let denial = Denial {
            capability: "workspace".to_owned(),
            target: shortened(target),
            grant,
        };
        self.link.deny(denial).await;
    }
}

/// A path as the guest's program has it.
fn named(place: Option<&Place>, path: &str) -> String {
    let mut text = String::from("`");
    if let Some(place) = place {
        if place.area == Area::Scratch {
            text.push_str(SCRATCH);
            text.push('/');
        }
        if !place.path.as_os_str().is_empty() {
            text.push_str(&place.path.to_string_lossy());
            text.push('/');
        }
    }
    text.push_str(path);
    text.push('`');
    text
}

/// The line that would grant a change of `path` in the folder `place` of the workspace, and as little
/// else as a line can.
fn grant(place: &Path, path: &str) -> String {
    let mut names = Vec::new();
    for part in place.components().chain(Path::new(path).components()) {
        match part {
            Component::Normal(name) => names.push(name.to_str()),
            Component::CurDir => {}
            // Where this leads is not for a text to say.
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                return WRITE.to_owned();
            }
        }
    }
    names.pop();
    let names: Option<Vec<&str>> = names.into_iter().collect();
    match names.map(|names| names.join("/")).as_deref().map(key) {
        Some(Some(folder)) => format!("allow = {{ folders = {{ {folder} = \"write\" }} }}"),
        _ => WRITE.to_owned(),
    }
}

/// A key of a TOML table, if the text is one that a person would write.
fn key(text: &str) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let is_odd = |c: char| c.is_control() || c == '"' || c == '\\';
    if text.is_empty() || text.len() > 200 || text.contains(is_odd) {
        None
    } else if text.chars().all(is_plain) {
        Some(text.to_owned())
    } else {
        Some(format!("\"{text}\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_grants_the_folder_that_would_change() {
        let check = |place: &str, path: &str, line: &str| {
            assert_eq!(grant(Path::new(place), path), line, "{place} {path}");
        };
        check("", "file", WRITE);
        check("", "./file", WRITE);
        check("", "../file", WRITE);
        check("", "dist/x", "allow = { folders = { dist = \"write\" } }");
        check("dist", "x", "allow = { folders = { dist = \"write\" } }");
        check(
            "a",
            "b c/x/",
            "allow = { folders = { \"a/b c\" = \"write\" } }",
        );
        check("", "a\"b/x", WRITE);
        check("", "a\nb/x", WRITE);
        check("", &format!("{}/x", "n".repeat(300)), WRITE);
    }
}
