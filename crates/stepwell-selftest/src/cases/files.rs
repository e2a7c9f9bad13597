//! C: the workspace, its bounds, and what is beside it.

use crate::case::{Case, Must, Order, Program};
use crate::judge::Ran;
use crate::place::Place;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::fs;
use std::io;
use stepwell_event::LimitKind;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

pub(super) const CASES: &[Case] = &[
    Case::new(
        "C-01",
        "leaves the workspace by path and link",
        "open beneath the root",
        Must::Succeed,
        &[Program::Guest("escape", 0)],
    )
    .writes(|place| {
        place.bait()?;
        place.links()
    })
    .refused()
    .denied("workspace"),
    Case::new(
        "C-02",
        "changes what it may only read",
        "grant of the workspace",
        Must::Succeed,
        &[Program::Guest("change", 0), Program::Guest("escape", 0)],
    )
    .reads(|place| {
        place.bait()?;
        place.links()
    })
    .refused()
    .denied("workspace"),
    Case::new(
        "C-03",
        "swaps a folder for a link while in use",
        "open beneath the root",
        Must::TimeOut,
        &[Program::Guest("swap", 0), Program::Guest("enter", 0)],
    )
    .order(Order::Together)
    .timeout(1_000)
    .writes(Place::bait),
    Case::new(
        "C-04",
        "opens files until it cannot",
        "limit of resources",
        Must::Reach(LimitKind::Resources),
        &[Program::Guest("open-files", 0)],
    )
    .reads(Place::bait),
    Case::new(
        "C-05",
        "makes files with long names",
        "limit of files",
        Must::Reach(LimitKind::Files),
        &[Program::Guest("many-files", 100_000)],
    )
    .limits(&[(LimitKind::Files, 2_000)])
    .writes(Place::bait),
    Case::new(
        "C-06",
        "holds the listings of a large folder",
        "limit of entries",
        Must::Any(&[Must::Succeed, Must::Reach(LimitKind::ListedEntries)]),
        &[Program::Guest("hold-listings", 100)],
    )
    .limits(&[(LimitKind::ListedEntries, 20_000)])
    .bounded()
    .memory(48 * MIB)
    .reads(|place| {
        (0..5_000).try_for_each(|index| place.write(&format!("{index}-{}", "n".repeat(180)), b""))
    }),
    Case::new(
        "C-07",
        "makes folders 20,000 deep",
        "limit of depth",
        Must::Reach(LimitKind::Depth),
        &[Program::Guest("deep", 20_000)],
    )
    .writes(Place::bait),
    Case::new(
        "C-08",
        "makes files of a tebibyte",
        "limit of a file",
        Must::Reach(LimitKind::FileSize),
        &[Program::Guest("huge-file", 0)],
    )
    .writes(Place::bait),
    Case::new(
        "C-09",
        "fills the disk",
        "limit of bytes written",
        Must::Reach(LimitKind::Written),
        &[Program::Guest("fill-disk", 0)],
    )
    .limits(&[
        (LimitKind::Written, 8 * MIB),
        (LimitKind::FileSize, 64 * MIB),
    ])
    .writes(Place::bait)
    .check(is_small),
    Case::new(
        "C-10",
        "uses offsets that no file has",
        "check of each value",
        Must::Any(&[Must::Succeed, Must::Reach(LimitKind::FileSize)]),
        &[Program::Guest("offsets", 0)],
    )
    .refused()
    .writes(Place::bait),
    Case::new(
        "C-11",
        "gives files names that lie",
        "names are only shown",
        Must::Succeed,
        &[Program::Guest("odd-file-names", 0)],
    )
    .writes(Place::bait),
    Case::new(
        "C-12",
        "begins 200 writes and waits for none",
        "limits of calls, time",
        Must::TimeOut,
        &[Program::Guest("pending-writes", 200)],
    )
    .timeout(1_500)
    .writes(Place::bait)
    .memory(96 * MIB),
    Case::new(
        "C-13",
        "is killed in the middle of a write",
        "folders are removed",
        Must::Any(&[Must::TimeOut, Must::Reach(LimitKind::Written)]),
        &[Program::Guest("unfinished", 0)],
    )
    .timeout(300)
    .bounded()
    .writes(Place::bait),
    Case::new(
        "C-14",
        "removes its workspace under its feet",
        "root is not a name",
        Must::Succeed,
        &[Program::Guest("remove-all", 0)],
    )
    .writes(Place::bait),
    Case::new(
        "C-15",
        "opens a pipe that nobody answers",
        "only files are opened",
        Must::Succeed,
        &[Program::Guest("pipe", 0)],
    )
    .refused()
    .writes(|place| {
        let mode = Mode::RUSR | Mode::WUSR;
        let path = place.workspace().join("pipe");
        Ok(mknodat(CWD, path, FileType::Fifo, mode, 0)?)
    }),
    Case::new(
        "C-16",
        "has the host describe an error",
        "words without paths",
        Must::Succeed,
        &[Program::Guest("debug-text", 0)],
    )
    .writes(Place::bait)
    .check(says_nothing_of_the_host),
    Case::new(
        "C-17",
        "plants a Git hook, forges the journal",
        "closed folders",
        Must::Succeed,
        &[Program::Guest("closed-folders", 0)],
    )
    .writes(|place| {
        place.bait()?;
        place.write(".git/config", b"[core]\n")?;
        place.write(".git/hooks/post-checkout", b"#!/bin/sh\n")?;
        place.hide(".stepwell/journal")
    })
    .check(trusted_folders_are_as_they_were)
    .refused(),
    Case::new(
        "C-18",
        "fills its scratch folder",
        "size of the scratch",
        Must::Any(&[Must::Succeed, Must::Reach(LimitKind::Written)]),
        &[Program::Guest("fill-scratch", 0)],
    )
    .grants(|| stepwell_event::Grants {
        scratch: Some(256 * KIB),
        ..stepwell_event::Grants::default()
    })
    .bounded(),
];

/// What was written is within the limit, with some room for what is under way.
fn is_small(_ran: &Ran, place: &Place) -> Result<(), String> {
    let mut bytes = 0;
    for entry in fs::read_dir(place.workspace()).map_err(|error| error.to_string())? {
        bytes += entry
            .and_then(|entry| entry.metadata())
            .map_or(0, |metadata| metadata.len());
    }
    if bytes > 9 * MIB {
        return Err(format!("{} MiB are on the disk", bytes >> 20));
    }
    Ok(())
}

fn says_nothing_of_the_host(ran: &Ran, place: &Place) -> Result<(), String> {
    let log = &ran.heard.log;
    let words = [place.text(), "backtrace".to_owned(), ".rs:".to_owned()];
    match words.iter().find(|word| log.contains(word.as_str())) {
        Some(word) => Err(format!("an error's text holds `{word}`")),
        None => Ok(()),
    }
}

fn trusted_folders_are_as_they_were(_ran: &Ran, place: &Place) -> Result<(), String> {
    let is = |path: &str, contents: &[u8]| {
        let found: io::Result<Vec<u8>> = fs::read(place.workspace().join(path));
        found.is_ok_and(|found| found == contents)
    };
    let hooks = fs::read_dir(place.workspace().join(".git/hooks")).map_or(0, Iterator::count);
    if is(".git/config", b"[core]\n")
        && is(".git/hooks/post-checkout", b"#!/bin/sh\n")
        && hooks == 1
    {
        return Ok(());
    }
    Err("a folder that others trust was changed".to_owned())
}
