//! Makes more names, deeper folders and stranger ones than a host likes.

use crate::Attempt;
use crate::files::root;
use crate::tally::{Tally, give_up};
use std::fs;
use stepwell_task::info;
use wasip2::filesystem::types::{DescriptorFlags, OpenFlags, PathFlags};

pub(crate) const ATTEMPTS: &[(&str, Attempt)] = &[
    ("many-files", |count| many_files(count)),
    ("hold-listings", |count| {
        let root = root();
        let mut held = Vec::new();
        let mut refused = 0;
        for _ in 0..count {
            match root.read_directory() {
                Ok(listing) => held.push(listing),
                Err(_) => refused += 1,
            }
        }
        info!("{} listings held, {refused} refused", held.len());
        info!("tried: {count}");
    }),
    ("deep", |depth| deep(depth)),
    ("odd-file-names", |_| odd_names()),
    ("remove-all", |_| remove_all()),
];

fn many_files(count: u64) {
    let root = root();
    let tail = "n".repeat(180);
    let mut refused = 0;
    for index in 0..count {
        let name = format!("{index}-{tail}");
        let opened = root.open_at(
            PathFlags::empty(),
            &name,
            OpenFlags::CREATE,
            DescriptorFlags::WRITE,
        );
        refused += u64::from(opened.is_err());
        if refused == 100 {
            break;
        }
    }
    info!("tried: {count}");
    if refused > 0 {
        give_up(&format!("{refused} files refused"));
    }
}

fn deep(depth: u64) {
    let mut folder = root();
    let mut reached = 0;
    for _ in 0..depth {
        if folder.create_directory_at("d").is_err() {
            break;
        }
        let access = DescriptorFlags::READ | DescriptorFlags::MUTATE_DIRECTORY;
        let Ok(below) = folder.open_at(PathFlags::empty(), "d", OpenFlags::DIRECTORY, access)
        else {
            break;
        };
        folder = below;
        reached += 1;
    }
    info!("tried: {depth}");
    if reached < depth {
        give_up(&format!("{reached} folders deep"));
    }
}

fn odd_names() {
    let mut tally = Tally::default();
    let long = "l".repeat(255);
    for name in [
        "\u{1b}[2J",
        "new\nline",
        "<img src=x onerror=alert(1)>",
        "\u{202e}gnp.exe",
        "-rf",
        &long,
        "   ",
        "*",
        "##vso[task.complete]",
    ] {
        tally.ended(fs::write(name, name));
    }
    for name in ["", ".", "..", "/", "a\u{0}b", &"l".repeat(256)] {
        tally.refused(
            &format!("a file called {:?}", &name[..name.len().min(8)]),
            fs::write(name, ""),
        );
    }
}

/// Pulls the workspace from under its own feet.
fn remove_all() {
    let mut tally = Tally::default();
    let root = root();
    tally.ended(fs::remove_dir_all("folder"));
    tally.ended(fs::remove_file("bait"));
    for name in [".", "./", "/", ".."] {
        tally.refused(
            &format!("moving `{name}`"),
            root.rename_at(name, &root, "moved"),
        );
        tally.refused(
            &format!("removing `{name}`"),
            root.remove_directory_at(name),
        );
    }
    tally.ended(fs::write("after", "after"));
}
