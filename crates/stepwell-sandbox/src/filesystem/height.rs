//! How deep a tree of folders is.

use rustix::fs::{Dir, FileType, Mode, OFlags};
use rustix::io::Errno;
use std::os::fd::{AsFd, OwnedFd};

/// How deep the first thing is that is more than `room` folders beneath `name`; `None` if all is
/// within. It holds one descriptor for each level, so no more than there is room.
pub(super) fn excess(within: impl AsFd, name: &str, room: usize) -> Result<Option<usize>, Errno> {
    let Some(top) = folder(within, name)? else {
        return Ok(None);
    };
    let mut open = vec![Dir::new(top)?];
    while let Some(last) = open.last_mut() {
        let Some(entry) = last.read() else {
            open.pop();
            continue;
        };
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        if open.len() > room {
            return Ok(Some(open.len()));
        }
        let may_be_a_folder = matches!(entry.file_type(), FileType::Directory | FileType::Unknown);
        if may_be_a_folder
            && let Some(last) = open.last()
            && let Some(inner) = folder(last.fd()?, name)?
        {
            open.push(Dir::new(inner)?);
        }
    }
    Ok(None)
}

fn folder(within: impl AsFd, name: impl rustix::path::Arg) -> Result<Option<OwnedFd>, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match rustix::fs::openat(within, name, flags, Mode::empty()) {
        Ok(folder) => Ok(Some(folder)),
        Err(Errno::NOTDIR | Errno::LOOP | Errno::NOENT) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_first_thing_too_deep_is_found() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/b/c")).unwrap();
        fs::write(folder.path().join("a/b/file"), "").unwrap();
        std::os::unix::fs::symlink("..", folder.path().join("a/up")).unwrap();
        let top = fs::File::open(folder.path()).unwrap();
        let check = |name: &str, room, expect| {
            assert_eq!(excess(&top, name, room), Ok(expect), "{name} {room}");
        };
        check("a", 2, None);
        check("a", 1, Some(2));
        check("a", 0, Some(1));
        check("a/b/c", 0, None);
        check("a/b/file", 0, None);
        check("nothing", 0, None);
    }
}
