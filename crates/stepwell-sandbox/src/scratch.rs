//! A private folder for one step, and its removal whatever is in it.
//!
//! A guest can make folders inside one another faster than anybody can walk them: 20,000 levels take
//! it a second, and a removal that recurses then overflows its stack or runs out of descriptors,
//! which the standard library's does. So a tree is removed by flattening: what a folder holds is
//! moved up next to it under a fresh name, until everything is at the top, where it is removed.
//! That needs four descriptors and no stack, and names are looked up in open folders only, so that
//! no symbolic link leads it astray.

use rustix::fs::{AtFlags, Dir, Mode, OFlags};
use rustix::io::Errno;
use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

/// What the names of scratch folders begin with. No guest may enter one by this name: its own is
/// `/tmp`.
pub(crate) const PREFIX: &str = "stepwell-scratch-";

/// A folder that is removed when it is dropped.
#[derive(Debug)]
pub(crate) struct Scratch {
    /// Without symbolic links.
    path: PathBuf,
}

impl Scratch {
    /// Makes an empty folder that only this user may enter.
    pub(crate) fn new(within: &Path) -> io::Result<Self> {
        let path = within
            .canonicalize()?
            .join(format!("{PREFIX}{:032x}", random()?));
        rustix::fs::mkdir(&path, Mode::RWXU)?;
        Ok(Self { path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = remove_folder(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "a scratch folder stays behind");
        }
    }
}

/// Removes a folder and everything in it, however deep.
///
/// # Errors
///
/// Something in it cannot be removed.
pub fn remove_folder(path: &Path) -> io::Result<()> {
    let top = open(rustix::fs::CWD, path)?;
    let mut fresh = Fresh::new()?;
    while flatten(&top, &mut fresh)? > 0 {}
    rustix::fs::rmdir(path)?;
    Ok(())
}

/// Removes what can be removed from `top` at once, and moves up what is in its folders. Returns how
/// many entries it saw.
fn flatten(top: &OwnedFd, fresh: &mut Fresh) -> Result<u64, Errno> {
    let mut seen = 0;
    for entry in Dir::read_from(top)? {
        let entry = entry?;
        let name = entry.file_name();
        if is_link_to_a_folder(name) {
            continue;
        }
        seen += 1;
        if unlink(top, name)? {
            continue;
        }
        let folder = open(top, name)?;
        for entry in Dir::read_from(&folder)? {
            let entry = entry?;
            let inner = entry.file_name();
            if !is_link_to_a_folder(inner) && !unlink(&folder, inner)? {
                rustix::fs::renameat(&folder, inner, top, fresh.name())?;
            }
        }
        // Not empty if the listing missed something; then the next round finds it again.
        unlink(top, name)?;
    }
    Ok(seen)
}

/// Removes a file or an empty folder. Returns false for a folder that is not empty.
fn unlink(folder: &OwnedFd, name: &CStr) -> Result<bool, Errno> {
    match rustix::fs::unlinkat(folder, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => return Ok(true),
        Err(Errno::ISDIR | Errno::PERM) => {}
        Err(error) => return Err(error),
    }
    match rustix::fs::unlinkat(folder, name, AtFlags::REMOVEDIR) {
        Ok(()) | Err(Errno::NOENT) => Ok(true),
        Err(Errno::NOTEMPTY | Errno::EXIST) => Ok(false),
        Err(error) => Err(error),
    }
}

fn open(within: impl AsFd, name: impl rustix::path::Arg) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(within, name, flags, Mode::empty())
}

fn is_link_to_a_folder(name: &CStr) -> bool {
    matches!(name.to_bytes(), b"." | b"..")
}

/// Names that nothing in the tree has: the guest cannot guess them.
struct Fresh {
    random: u128,
    next: u64,
}

impl Fresh {
    fn new() -> io::Result<Self> {
        Ok(Self {
            random: random()?,
            next: 0,
        })
    }

    fn name(&mut self) -> String {
        self.next += 1;
        format!("{:032x}-{}", self.random, self.next)
    }
}

fn random() -> io::Result<u128> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::from)?;
    Ok(u128::from_ne_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    fn within() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    /// Folders inside one another.
    fn chain(top: &Path, levels: u32) {
        let mut folder = open(rustix::fs::CWD, top).unwrap();
        for _ in 0..levels {
            rustix::fs::mkdirat(&folder, "d", Mode::RWXU).unwrap();
            folder = open(&folder, "d").unwrap();
        }
    }

    #[test]
    fn it_is_empty_private_and_gone_with_its_owner() {
        let within = within();
        let scratch = Scratch::new(within.path()).unwrap();
        let path = scratch.path().to_owned();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
        fs::create_dir_all(path.join("a/b/c")).unwrap();
        fs::write(path.join("a/b/file"), "text").unwrap();
        drop(scratch);
        assert_eq!(fs::read_dir(within.path()).unwrap().count(), 0);
    }

    #[test]
    fn twenty_thousand_levels_are_removed_on_a_small_stack() {
        let within = within();
        let scratch = Scratch::new(within.path()).unwrap();
        chain(scratch.path(), 20_000);
        std::thread::Builder::new()
            .stack_size(64 << 10)
            .spawn(move || drop(scratch))
            .unwrap()
            .join()
            .unwrap();
        assert_eq!(fs::read_dir(within.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_wide_tree_of_deep_ones_is_removed() {
        let within = within();
        let scratch = Scratch::new(within.path()).unwrap();
        for index in 0..40 {
            let folder = scratch.path().join(format!("f{index}"));
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join("file"), "").unwrap();
            chain(&folder, 40);
        }
        drop(scratch);
        assert_eq!(fs::read_dir(within.path()).unwrap().count(), 0);
    }

    #[test]
    fn links_are_removed_and_not_followed() {
        let within = within();
        fs::create_dir(within.path().join("kept")).unwrap();
        fs::write(within.path().join("kept/file"), "text").unwrap();
        let scratch = Scratch::new(within.path()).unwrap();
        fs::create_dir(scratch.path().join("folder")).unwrap();
        for place in ["link", "folder/link"] {
            symlink(within.path().join("kept"), scratch.path().join(place)).unwrap();
        }
        symlink(".", scratch.path().join("folder/round")).unwrap();
        drop(scratch);
        assert_eq!(fs::read_dir(within.path()).unwrap().count(), 1);
        assert_eq!(fs::read(within.path().join("kept/file")).unwrap(), b"text");
    }
}
