//! Blobs on a real disk.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use stepwell_event::Digest;
use stepwell_store::{Blob, BlobErrorKind, Blobs};

const HELLO: &str = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

fn content(blobs: &Blobs, digest: &Digest) -> Vec<u8> {
    let mut bytes = Vec::new();
    blobs.get(digest).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found
}

#[test]
fn a_content_is_kept_once_under_its_digest() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(folder.path()).unwrap();
    let again = Blobs::open(folder.path()).unwrap();
    let expect = Blob {
        digest: HELLO.parse().unwrap(),
        bytes: 5,
    };
    assert_eq!(blobs.put(&mut &b"hello"[..], 5).unwrap(), expect);
    assert_eq!(again.put(&mut &b"hello"[..], u64::MAX).unwrap(), expect);
    assert_eq!(content(&blobs, &expect.digest), b"hello");
    let hex = expect.digest.hex();
    let (shard, name) = hex.split_at(2);
    let path = folder.path().join("blobs/sha256").join(shard).join(name);
    assert_eq!(files(folder.path()), [path]);
}

#[test]
fn contents_of_any_size_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(folder.path()).unwrap();
    for size in [0usize, 1, 65_535, 65_536, 65_537, 1 << 20] {
        let bytes: Vec<u8> = (0..size).map(|index| (index % 251) as u8).collect();
        let blob = blobs.put(&mut &bytes[..], size as u64).unwrap();
        assert_eq!(blob.bytes, size as u64);
        assert!(content(&blobs, &blob.digest) == bytes, "{size} bytes");
    }
}

#[test]
fn what_is_too_large_or_breaks_off_leaves_nothing() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the other side went away"))
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(folder.path()).unwrap();
    let error = blobs.put(&mut io::repeat(b'x'), 100_000).unwrap_err();
    let limit = 100_000;
    assert_eq!(*error.kind(), BlobErrorKind::TooLarge { limit });
    assert_eq!(
        error.to_string(),
        "more than the 100000 bytes that may be kept"
    );
    let error = blobs.put(&mut b"hello".chain(Broken), 100).unwrap_err();
    assert_eq!(*error.kind(), BlobErrorKind::Source);
    assert_eq!(files(folder.path()), [""; 0].map(PathBuf::from));
    let error = blobs.get(&HELLO.parse().unwrap()).unwrap_err();
    assert_eq!(*error.kind(), BlobErrorKind::NotFound);
}

#[test]
fn a_torn_blob_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(folder.path()).unwrap();
    let blob = blobs.put(&mut &b"hello"[..], 5).unwrap();
    fs::write(&files(folder.path())[0], "he").unwrap();
    assert_eq!(blobs.put(&mut &b"hello"[..], 5).unwrap(), blob);
    assert_eq!(content(&blobs, &blob.digest), b"hello");
}

#[test]
fn only_what_was_left_behind_long_ago_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    Blobs::open(folder.path()).unwrap();
    let temporary = folder.path().join("blobs/temporary");
    let hour = Duration::from_secs(3600);
    let now = SystemTime::now();
    for (name, modified) in [
        ("old", now - 25 * hour),
        ("young", now - 23 * hour),
        ("ahead", now + hour),
    ] {
        let file = File::create(temporary.join(name)).unwrap();
        file.set_modified(modified).unwrap();
    }
    Blobs::open(folder.path()).unwrap();
    let mut left = files(folder.path());
    left.sort();
    assert_eq!(left, ["ahead", "young"].map(|name| temporary.join(name)));
}

#[test]
fn a_name_that_a_crash_left_behind_is_no_obstacle() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(folder.path()).unwrap();
    let temporary = folder.path().join("blobs/temporary");
    // More than all tests of this process take from the same sequence.
    for number in 0..1000 {
        let name = format!("{}-{number}", std::process::id());
        File::create(temporary.join(name)).unwrap();
    }
    for number in 0..20 {
        let bytes = [number; 10];
        let blob = blobs.put(&mut &bytes[..], 10).unwrap();
        assert_eq!(content(&blobs, &blob.digest), bytes);
    }
}

#[test]
fn many_at_once_agree() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let blobs = Blobs::open(folder.path()).unwrap();
                for number in 0..40u8 {
                    let bytes = vec![number; 1000];
                    let blob = blobs.put(&mut &bytes[..], 1000).unwrap();
                    assert_eq!(content(&blobs, &blob.digest), bytes);
                }
            });
        }
    });
    assert_eq!(files(folder.path()).len(), 40);
}

#[test]
fn a_folder_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Blobs::open(&file).unwrap_err();
    assert_eq!(*error.kind(), BlobErrorKind::Inaccessible);
    assert!(error.to_string().contains("file/blobs"), "{error}");
    assert!(
        error
            .help()
            .unwrap()
            .starts_with("check that you may write")
    );
}

#[cfg(unix)]
#[test]
fn blobs_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(folder.path()).unwrap();
    blobs.put(&mut &b"hello"[..], 5).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&files(folder.path())[0]), 0o600);
    assert_eq!(mode(&folder.path().join("blobs/sha256/2c")), 0o700);
}
