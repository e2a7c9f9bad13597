//! Tries every way to change something in the workspace.

use commands::{open, root, tell};
use wasip2::filesystem::types::{
    Descriptor, DescriptorFlags, ErrorCode, NewTimestamp, OpenFlags, PathFlags,
};
use wasip2::io::streams::OutputStream;

fn main() {
    let root = root();
    through_open(&root);
    through_a_file(&root);
    through_the_folder(&root);
}

fn through_open(root: &Descriptor) {
    let read = DescriptorFlags::READ;
    tell(
        "create",
        open(root, "created", OpenFlags::CREATE, DescriptorFlags::WRITE),
    );
    tell(
        "create to read",
        open(root, "empty", OpenFlags::CREATE, read),
    );
    tell(
        "create anew",
        open(
            root,
            "fresh",
            OpenFlags::CREATE | OpenFlags::EXCLUSIVE,
            read,
        ),
    );
    tell("truncate", open(root, "cut", OpenFlags::TRUNCATE, read));
    tell(
        "truncate to write",
        open(root, "cut", OpenFlags::TRUNCATE, DescriptorFlags::WRITE),
    );
    tell(
        "open to write",
        open(root, "file", OpenFlags::empty(), DescriptorFlags::WRITE),
    );
    let mutable = read | DescriptorFlags::MUTATE_DIRECTORY;
    let folder = open(root, "folder", OpenFlags::DIRECTORY, mutable);
    tell(
        "create below",
        folder.and_then(|folder| folder.create_directory_at("below")),
    );
}

fn through_a_file(root: &Descriptor) {
    let file = open(
        root,
        "file",
        OpenFlags::empty(),
        DescriptorFlags::READ | DescriptorFlags::WRITE,
    )
    .or_else(|_| open(root, "file", OpenFlags::empty(), DescriptorFlags::READ))
    .expect("the file can be read");
    tell("write", file.write(b"written", 0));
    let write = |stream: OutputStream| {
        stream
            .blocking_write_and_flush(b"more")
            .map_err(|_| ErrorCode::Io)
    };
    tell("stream", file.write_via_stream(0).and_then(write));
    tell("append", file.append_via_stream().and_then(write));
    tell("resize", file.set_size(3));
    tell(
        "set times",
        file.set_times(NewTimestamp::Now, NewTimestamp::Now),
    );
}

fn through_the_folder(root: &Descriptor) {
    let now = NewTimestamp::Now;
    tell(
        "set times at",
        root.set_times_at(PathFlags::empty(), "file", now, now),
    );
    tell(
        "set times through",
        root.set_times_at(PathFlags::SYMLINK_FOLLOW, "link", now, now),
    );
    tell("make folder", root.create_directory_at("made"));
    tell(
        "hard link",
        root.link_at(PathFlags::empty(), "file", root, "linked"),
    );
    tell("symbolic link", root.symlink_at("file", "symbolic"));
    tell("rename", root.rename_at("moved", root, "renamed"));
    tell("remove file", root.unlink_file_at("doomed"));
    tell("remove folder", root.remove_directory_at("doomed-folder"));
}
