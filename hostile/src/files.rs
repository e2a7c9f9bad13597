//! Fills, breaks and confuses the files of the workspace.

use crate::Attempt;
use crate::tally::{Tally, give_up};
use std::fs;
use std::io::Write as _;
use stepwell_task::info;
use wasip2::clocks::wall_clock::Datetime;
use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{
    Advice, Descriptor, DescriptorFlags, NewTimestamp, OpenFlags, PathFlags,
};
use wasip2::io::streams::StreamError;

pub(crate) const ATTEMPTS: &[(&str, Attempt)] = &[
    ("change", |_| change()),
    ("open-files", |_| {
        let root = root();
        let mut held = Vec::new();
        while let Ok(file) = open(&root, "bait", OpenFlags::empty(), DescriptorFlags::READ) {
            held.push(file);
        }
        info!("{} files", held.len());
    }),
    ("huge-file", |_| huge_file()),
    ("fill-disk", |_| fill_disk("large")),
    ("fill-scratch", |_| fill_disk("/tmp/large")),
    ("offsets", |_| offsets()),
    ("pending-writes", |count| pending_writes(count)),
    ("unfinished", |_| {
        let mut file = fs::File::create("unfinished").expect("a file can be made");
        loop {
            let _ = file.write_all(&[1; 4096]);
            let _ = file.set_len(1);
        }
    }),
    ("pipe", |_| {
        let mut tally = Tally::default();
        tally.refused("a pipe", fs::read("pipe"));
        tally.refused("a pipe to write", fs::write("pipe", "x"));
    }),
    ("debug-text", |_| debug_text()),
];

/// The workspace.
pub(crate) fn root() -> Descriptor {
    let mut folders = get_directories();
    let place = folders.iter().position(|(_, path)| path == "/");
    let (root, _) = folders.swap_remove(place.expect("there is no workspace"));
    root
}

fn open(
    folder: &Descriptor,
    path: &str,
    how: OpenFlags,
    access: DescriptorFlags,
) -> Result<Descriptor, wasip2::filesystem::types::ErrorCode> {
    folder.open_at(PathFlags::SYMLINK_FOLLOW, path, how, access)
}

/// A file of its own to read and write.
fn own(name: &str) -> Descriptor {
    let access = DescriptorFlags::READ | DescriptorFlags::WRITE;
    open(&root(), name, OpenFlags::CREATE, access).expect("a file can be made")
}

/// Every way to change what it may only read.
fn change() {
    let mut tally = Tally::default();
    let root = root();
    let read = DescriptorFlags::READ;
    let write = DescriptorFlags::WRITE;
    tally.refused("creating", open(&root, "created", OpenFlags::CREATE, write));
    tally.refused(
        "creating to read",
        open(&root, "empty", OpenFlags::CREATE, read),
    );
    tally.refused("truncating", open(&root, "bait", OpenFlags::TRUNCATE, read));
    tally.refused(
        "truncating to write",
        open(&root, "bait", OpenFlags::TRUNCATE, write),
    );
    tally.refused(
        "opening to write",
        open(&root, "bait", OpenFlags::empty(), write),
    );
    if let Ok(file) = open(&root, "bait", OpenFlags::empty(), read) {
        tally.refused("writing", file.write(b"written", 0));
        let streamed = file.write_via_stream(0).map_err(|_| ());
        tally.refused("a stream", streamed.and_then(blocking));
        let appended = file.append_via_stream().map_err(|_| ());
        tally.refused("appending", appended.and_then(blocking));
        tally.refused("sizing", file.set_size(1));
        tally.refused(
            "dating",
            file.set_times(NewTimestamp::Now, NewTimestamp::Now),
        );
    }
    let now = NewTimestamp::Now;
    tally.refused(
        "dating by path",
        root.set_times_at(PathFlags::empty(), "bait", now, now),
    );
    tally.refused("a folder", root.create_directory_at("made"));
    tally.refused(
        "a hard link",
        root.link_at(PathFlags::empty(), "bait", &root, "linked"),
    );
    tally.refused("a link", root.symlink_at("bait", "symbolic"));
    tally.refused("renaming", root.rename_at("bait", &root, "renamed"));
    tally.refused("removing", root.unlink_file_at("bait"));
    tally.refused("removing a folder", root.remove_directory_at("folder"));
    let mutable = read | DescriptorFlags::MUTATE_DIRECTORY;
    if let Ok(folder) = open(&root, "folder", OpenFlags::DIRECTORY, mutable) {
        tally.refused("a folder below", folder.create_directory_at("below"));
        tally.refused("moving", root.rename_at("bait", &folder, "moved"));
    }
}

fn blocking(stream: wasip2::io::streams::OutputStream) -> Result<(), ()> {
    stream.blocking_write_and_flush(b"more").map_err(|_| ())
}

fn huge_file() {
    let mut tally = Tally::default();
    for index in 0..16 {
        let file = own(&format!("huge{index}"));
        tally.refused("a file of a tebibyte", file.set_size(1 << 40));
        tally.refused("a byte at a tebibyte", file.write(b"x", 1 << 40));
    }
    drop(tally);
    give_up("no room");
}

/// Writes until it is told no, and then some.
fn fill_disk(name: &str) {
    let block = vec![1_u8; 64 << 10];
    let mut refused = 0;
    for index in 0_u64.. {
        let done = fs::File::create(format!("{name}{}", index % 8))
            .and_then(|mut file| (0..64).try_for_each(|_| file.write_all(&block)));
        refused += u32::from(done.is_err());
        if refused == 100 {
            break;
        }
    }
    info!("tried: {refused}");
    give_up("no room");
}

fn offsets() {
    let mut tally = Tally::default();
    let file = own("offsets");
    tally.ended(file.read(u64::MAX, u64::MAX));
    tally.refused("a write at the end of numbers", file.write(b"x", u64::MAX));
    tally.refused(
        "a write at the end of offsets",
        file.write(b"xx", i64::MAX.unsigned_abs()),
    );
    tally.ended(file.advise(u64::MAX, u64::MAX, Advice::WillNeed));
    tally.refused("a size without end", file.set_size(u64::MAX));
    let never = |nanoseconds| {
        NewTimestamp::Timestamp(Datetime {
            seconds: u64::MAX,
            nanoseconds,
        })
    };
    tally.ended(file.set_times(never(u32::MAX), never(0)));
    tally.ended(file.set_times(never(0), never(999_999_999)));
}

/// Starts a write on each of many streams and waits for none; then spins.
fn pending_writes(count: u64) {
    let block = vec![7_u8; 128 << 10];
    let mut pending = Vec::new();
    for index in 0..count {
        let file = own(&format!("f{index}"));
        let stream = file.write_via_stream(0).expect("a stream can be made");
        let _ = stream.write(&block);
        pending.push((file, stream));
    }
    loop {
        std::hint::black_box(&pending);
    }
}

/// Makes the host describe an error, hoping for words about the host.
fn debug_text() {
    let mut tally = Tally::default();
    let stream = own("debug").write_via_stream(u64::MAX);
    let failed = stream.map(|stream| stream.blocking_write_and_flush(b"x"));
    if let Ok(Err(StreamError::LastOperationFailed(error))) = failed {
        info!("debug text: {}", error.to_debug_string());
    }
    tally.ended(());
}
