//! Writing the archive.
//!
//! Everything that differs between two runs or two machines is left out: times, owners, the order
//! of directories, the name and time in the gzip header. Permissions too are decided here, since a
//! sandbox does not see them: a file that starts like a program is executable.

use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use stepwell_selection::{Entry, Kind};
use stepwell_task::{Context, Result, fail};
use tar::{Builder, EntryType, Header};

/// The byte of the gzip header that says "unknown operating system".
const UNKNOWN_SYSTEM: u8 = 255;

/// How a file starts that a system can execute: scripts, ELF, Mach-O.
const PROGRAMS: [&[u8]; 4] = [b"#!", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe"];

/// What all entries have in common.
#[derive(Debug, Clone, Copy)]
pub struct Style<'a> {
    /// The directory inside the archive; `.` for none.
    pub prefix: &'a str,
    /// Seconds since 1970.
    pub mtime: u64,
}

/// Writes a tar.gz.
pub struct Packer<'a, W: Write> {
    builder: Builder<GzEncoder<W>>,
    style: Style<'a>,
}

impl<'a, W: Write> Packer<'a, W> {
    /// Writes the archive to `writer`.
    pub fn new(writer: W, style: Style<'a>) -> Self {
        let gzip = GzBuilder::new()
            .operating_system(UNKNOWN_SYSTEM)
            .write(writer, Compression::default());
        Self {
            builder: Builder::new(gzip),
            style,
        }
    }

    /// Adds what lies at `entry` below `base`.
    ///
    /// # Errors
    ///
    /// If it cannot be read, changes meanwhile, or is a link out of the archive.
    pub fn add(&mut self, base: &Path, entry: &Entry) -> Result {
        let source = base.join(&entry.path);
        let cannot_pack = || format!("cannot pack `{}`", entry.path);
        match entry.kind {
            Kind::File => {
                let mut file = File::open(&source).with_context(cannot_pack)?;
                let size = file.metadata().with_context(cannot_pack)?.len();
                let mode = match is_program(&mut file).with_context(cannot_pack)? {
                    true => 0o755,
                    false => 0o644,
                };
                let mut header = self.header(EntryType::Regular, mode);
                header.set_size(size);
                let mut content = file.take(size);
                self.builder
                    .append_data(&mut header, self.name(&entry.path), &mut content)
                    .with_context(cannot_pack)?;
                if content.limit() > 0 {
                    fail!("`{}` became shorter while it was packed", entry.path);
                }
            }
            Kind::Link => {
                // A sandbox refuses to read a link that is absolute.
                let target = fs::read_link(&source).with_context(|| {
                    format!(
                        "cannot read the link `{}`; if it leads out of the workspace, exclude it",
                        entry.path
                    )
                })?;
                if !stays_inside(&entry.path, &target) {
                    fail!(
                        "`{}` links to `{}`, which is not in the archive; exclude it",
                        entry.path,
                        target.display()
                    );
                }
                let mut header = self.header(EntryType::Symlink, 0o777);
                header.set_size(0);
                self.builder
                    .append_link(&mut header, self.name(&entry.path), target)
                    .with_context(cannot_pack)?;
            }
        }
        Ok(())
    }

    /// Ends the archive.
    ///
    /// # Errors
    ///
    /// If the rest of it cannot be written.
    pub fn finish(self) -> io::Result<W> {
        self.builder.into_inner()?.finish()
    }

    fn header(&self, kind: EntryType, mode: u32) -> Header {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(self.style.mtime);
        header
    }

    fn name(&self, path: &str) -> String {
        match self.style.prefix {
            "." => path.to_owned(),
            prefix => format!("{prefix}/{path}"),
        }
    }
}

/// Whether a file starts like a program. It is left at its start.
fn is_program<F: Read + Seek>(file: &mut F) -> io::Result<bool> {
    let mut start = Vec::new();
    file.by_ref().take(4).read_to_end(&mut start)?;
    file.rewind()?;
    Ok(PROGRAMS.iter().any(|program| start.starts_with(program)))
}

/// Whether a link at `path` leads to something below the same base, by its text alone.
fn stays_inside(path: &str, target: &Path) -> bool {
    let mut depth = path.split('/').count() - 1;
    for component in target.components() {
        match component {
            std::path::Component::Normal(_) => depth += 1,
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir if depth > 0 => depth -= 1,
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;

    const STYLE: Style<'_> = Style {
        prefix: "app",
        mtime: 315_532_800,
    };

    fn pack(base: &Path, entries: &[(&str, Kind)]) -> Result<Vec<u8>> {
        let mut packer = Packer::new(Vec::new(), STYLE);
        for (path, kind) in entries {
            let path = (*path).to_owned();
            packer.add(base, &Entry { path, kind: *kind })?;
        }
        Ok(packer.finish().unwrap())
    }

    fn listing(archive: &[u8]) -> Vec<String> {
        let mut archive = tar::Archive::new(GzDecoder::new(archive));
        let entries = archive.entries().unwrap();
        entries
            .map(|entry| {
                let mut entry = entry.unwrap();
                let mut text = String::new();
                entry.read_to_string(&mut text).unwrap();
                let header = entry.header();
                format!(
                    "{:?} {:o} {}:{} {} {} {text}",
                    header.entry_type(),
                    header.mode().unwrap(),
                    header.uid().unwrap(),
                    header.gid().unwrap(),
                    header.mtime().unwrap(),
                    entry.path().unwrap().display(),
                )
            })
            .collect()
    }

    #[test]
    fn nothing_of_the_machine_is_in_the_archive() {
        let base = tempfile::tempdir().unwrap();
        let long = format!("{}/file", "directory/".repeat(20).trim_end_matches('/'));
        fs::create_dir_all(base.path().join(&long).parent().unwrap()).unwrap();
        for (name, text) in [("run", "#!/bin/sh\n"), ("text", "hello"), (&long, "deep")] {
            fs::write(base.path().join(name), text).unwrap();
        }
        let entries = [
            ("run", Kind::File),
            ("text", Kind::File),
            (&long, Kind::File),
        ];
        let archive = pack(base.path(), &entries).unwrap();
        let expected = [
            "Regular 755 0:0 315532800 app/run #!/bin/sh\n".to_owned(),
            "Regular 644 0:0 315532800 app/text hello".to_owned(),
            format!("Regular 644 0:0 315532800 app/{long} deep"),
        ];
        assert_eq!(listing(&archive), expected);
        // No flags, so neither name nor comment; no time; an unknown system.
        assert_eq!(archive[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
        fs::write(base.path().join("text"), "hello").unwrap();
        assert_eq!(archive, pack(base.path(), &entries).unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_stored_as_links_if_they_stay_inside() {
        let base = tempfile::tempdir().unwrap();
        let link = |name: &str, target: &str| {
            std::os::unix::fs::symlink(target, base.path().join(name)).unwrap();
        };
        link("good", "./text");
        link("bad", "../../etc/passwd");
        let archive = pack(base.path(), &[("good", Kind::Link)]).unwrap();
        assert_eq!(listing(&archive), ["Symlink 777 0:0 315532800 app/good "]);
        let failure = pack(base.path(), &[("bad", Kind::Link)]).unwrap_err();
        assert_eq!(
            failure.message(),
            "`bad` links to `../../etc/passwd`, which is not in the archive; exclude it"
        );
    }

    #[test]
    fn a_link_is_judged_by_where_it_lies() {
        for (path, target, inside) in [
            ("a", "b", true),
            ("a", "../b", false),
            ("d/a", "../b", true),
            ("d/a", "../../b", false),
            ("d/a", "x/../../b", true),
            ("a", "/etc", false),
        ] {
            assert_eq!(
                stays_inside(path, Path::new(target)),
                inside,
                "{path} -> {target}"
            );
        }
    }
}
