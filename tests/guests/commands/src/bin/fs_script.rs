//! Does what its arguments say, one call of WASI after the other, and prints what came of each.
//!
//! A path is looked up beneath the folder with the longest fitting name, as the C library does, or
//! beneath the folder that is named before a `!`.

use commands::{open, tell};
use wasip2::clocks::wall_clock::Datetime;
use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{
    Descriptor, DescriptorFlags, ErrorCode, NewTimestamp, OpenFlags, PathFlags,
    filesystem_error_code,
};
use wasip2::io::streams::{OutputStream, StreamError};

const READ: DescriptorFlags = DescriptorFlags::READ;
const WRITE: DescriptorFlags = DescriptorFlags::WRITE;

fn main() {
    let folders = get_directories();
    for line in std::env::args().skip(1) {
        let mut words = line.split(' ');
        let mut next = || words.next().unwrap_or_default();
        let (verb, path, value) = (next(), next(), next());
        let number = value.parse().unwrap_or_default();
        match verb {
            "exit" => std::process::exit(path.parse().unwrap_or(1)),
            "panic" => panic!("as asked"),
            _ => {}
        }
        let Some((folder, name)) = find(&folders, path) else {
            println!("{line}: no folder");
            continue;
        };
        let other = find(&folders, value);
        tell(&line, perform(verb, (folder, name), number, other, value));
    }
}

fn find<'a>(folders: &'a [(Descriptor, String)], path: &str) -> Option<(&'a Descriptor, String)> {
    if let Some((name, path)) = path.split_once('!') {
        let (folder, _) = folders.iter().find(|(_, known)| known == name)?;
        return Some((folder, path.to_owned()));
    }
    let absolute = format!("/{}", path.trim_start_matches('/'));
    let fits = |name: &str| {
        absolute
            .strip_prefix(name.trim_end_matches('/'))
            .filter(|rest| rest.is_empty() || rest.starts_with('/'))
            .map(str::len)
    };
    let (folder, name) = folders
        .iter()
        .filter(|(_, name)| fits(name).is_some())
        .max_by_key(|(_, name)| name.len())?;
    let rest = &absolute[absolute.len() - fits(name)?..];
    let rest = rest.trim_start_matches('/');
    Some((folder, if rest.is_empty() { "." } else { rest }.to_owned()))
}

fn perform(
    verb: &str,
    (folder, path): (&Descriptor, String),
    number: u64,
    other: Option<(&Descriptor, String)>,
    value: &str,
) -> Result<(), ErrorCode> {
    let path = path.as_str();
    let now = NewTimestamp::Now;
    let to = || other.as_ref().ok_or(ErrorCode::Invalid);
    match verb {
        "open" => open(folder, path, OpenFlags::empty(), READ).map(drop),
        "cut" => open(folder, path, OpenFlags::TRUNCATE, READ).map(drop),
        "create" => open(folder, path, OpenFlags::CREATE, WRITE).map(drop),
        "write" => stream(
            open(folder, path, OpenFlags::CREATE, WRITE)?.write_via_stream(0)?,
            number,
        ),
        "append" => stream(
            open(folder, path, OpenFlags::CREATE, WRITE)?.append_via_stream()?,
            number,
        ),
        "put" => {
            let file = open(folder, path, OpenFlags::CREATE, WRITE)?;
            file.write(b"x", number).map(drop)
        }
        "resize" => open(folder, path, OpenFlags::CREATE, WRITE)?.set_size(number),
        "touch" => open(folder, path, OpenFlags::empty(), READ)?.set_times(now, now),
        "touch-at" => folder.set_times_at(PathFlags::SYMLINK_FOLLOW, path, now, now),
        "date" => {
            let date = NewTimestamp::Timestamp(Datetime {
                seconds: number,
                nanoseconds: u32::MAX,
            });
            folder.set_times_at(PathFlags::empty(), path, date, date)
        }
        "make" => folder.create_directory_at(path),
        "files" => {
            let create = OpenFlags::CREATE | OpenFlags::EXCLUSIVE;
            (0..number).try_for_each(|index| {
                open(folder, &format!("{path}/{index}"), create, WRITE).map(drop)
            })
        }
        "chain" => chain(folder, path, number),
        "rename" => folder.rename_at(path, to()?.0, &to()?.1),
        "link" => folder.link_at(PathFlags::empty(), path, to()?.0, &to()?.1),
        "symlink" => folder.symlink_at(value, path),
        "remove" => folder.unlink_file_at(path),
        "remove-folder" => folder.remove_directory_at(path),
        "hold" => {
            let folder = open(folder, path, OpenFlags::DIRECTORY, READ)?;
            let mut held = Vec::new();
            for _ in 0..number {
                held.push(folder.read_directory()?);
            }
            Ok(())
        }
        _ => Err(ErrorCode::Unsupported),
    }
}

/// Folders inside one another.
fn chain(folder: &Descriptor, path: &str, levels: u64) -> Result<(), ErrorCode> {
    let access = READ | DescriptorFlags::MUTATE_DIRECTORY;
    let mut folder = open(folder, path, OpenFlags::DIRECTORY, access)?;
    for _ in 0..levels {
        folder.create_directory_at("d")?;
        folder = open(&folder, "d", OpenFlags::DIRECTORY, access)?;
    }
    Ok(())
}

fn stream(stream: OutputStream, bytes: u64) -> Result<(), ErrorCode> {
    let block = [7; 4096];
    let mut left = usize::try_from(bytes).unwrap_or(usize::MAX);
    while left > 0 {
        let part = left.min(block.len());
        stream
            .blocking_write_and_flush(&block[..part])
            .map_err(|error| match error {
                StreamError::LastOperationFailed(error) => {
                    filesystem_error_code(&error).unwrap_or(ErrorCode::Io)
                }
                StreamError::Closed => ErrorCode::Pipe,
            })?;
        left -= part;
    }
    Ok(())
}
