//! Removing a folder in which a guest has worked.
//!
//! Going down a tree with a call or a descriptor for every level ends at the depth of the tree, and
//! how deep it is was the guest's choice. Here what is in a folder of a folder is moved up until
//! there are no more than two levels, so two descriptors are enough for any tree.

use crate::walk::FOLDER;
use rustix::fs::{AtFlags, Dir, Mode, OFlags, openat, renameat, unlinkat};
use rustix::io::Errno;
use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

/// Removes a folder with all that is in it. Symbolic links are removed, never followed.
///
/// # Errors
///
/// When the system does not let something be removed.
pub fn remove(folder: &Path) -> io::Result<()> {
    let top = rustix::fs::open(folder, FOLDER | OFlags::NOFOLLOW, Mode::empty())?;
    let mut moved = 0u64;
    loop {
        let names = names(top.as_fd())?;
        if names.is_empty() {
            break;
        }
        for name in names {
            if !removed_as_file(top.as_fd(), &name)? {
                flatten(top.as_fd(), &name, &mut moved)?;
            }
        }
    }
    drop(top);
    std::fs::remove_dir(folder)
}

/// Removes a folder of `top`: files in it are removed, folders in it moved to `top`.
fn flatten(top: BorrowedFd<'_>, name: &CStr, moved: &mut u64) -> io::Result<()> {
    let folder = match openat(top, name, FOLDER | OFlags::NOFOLLOW, Mode::empty()) {
        Ok(folder) => folder,
        Err(Errno::NOENT) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    for inner in names(folder.as_fd())? {
        if removed_as_file(folder.as_fd(), &inner)? {
            continue;
        }
        loop {
            *moved += 1;
            match renameat(&folder, &inner, top, format!("{moved}")) {
                Ok(()) | Err(Errno::NOENT) => break,
                // A name of the guest's.
                Err(Errno::EXIST | Errno::NOTEMPTY | Errno::NOTDIR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    match unlinkat(top, name, AtFlags::REMOVEDIR) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Removes what is no folder; `false` for a folder.
fn removed_as_file(at: BorrowedFd<'_>, name: &CStr) -> io::Result<bool> {
    match unlinkat(at, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(true),
        // The second is the word of other systems.
        Err(Errno::ISDIR | Errno::PERM) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn names(folder: BorrowedFd<'_>) -> io::Result<Vec<CString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let name = entry?.file_name().to_owned();
        if !matches!(name.to_bytes(), b"." | b"..") {
            names.push(name);
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::remove;
    use std::fs;

    #[test]
    fn a_tree_is_removed_whatever_its_depth_and_its_links_are_not_followed() {
        let root = tempfile::tempdir().unwrap();
        let outside = root.path().join("outside");
        fs::write(&outside, "kept").unwrap();
        let top = root.path().join("top");
        // Deeper than a path can be long: each level is made from above.
        fs::create_dir(&top).unwrap();
        for level in 0..3_000 {
            let next = root.path().join("next");
            fs::create_dir(&next).unwrap();
            fs::rename(&top, next.join("deep")).unwrap();
            fs::rename(&next, &top).unwrap();
            if level % 500 == 0 {
                fs::write(top.join("file"), "x").unwrap();
                std::os::unix::fs::symlink(&outside, top.join("1")).unwrap();
            }
        }
        remove(&top).unwrap();
        assert!(!top.exists());
        assert_eq!(fs::read_to_string(&outside).unwrap(), "kept");
    }
}
