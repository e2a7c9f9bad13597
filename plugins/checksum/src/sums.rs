//! The text that `sha256sum --check` reads.

/// The sum of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// The file, relative to the workspace.
    pub path: String,
    /// The SHA-256 in hexadecimal digits.
    pub sha256: String,
}

/// The checksum file at `output`: one line a sum, with names relative to its directory, so that
/// `sha256sum --check` finds the files from there.
#[must_use]
pub fn render(sums: &[Sum], output: &str) -> String {
    let directory = output
        .rsplit_once('/')
        .map_or("", |(directory, _)| directory);
    sums.iter()
        .map(|sum| line(&sum.sha256, &relative(&sum.path, directory)))
        .collect()
}

/// A name that would break its line is escaped, and a backslash in front of the line says so.
fn line(sha256: &str, name: &str) -> String {
    if !name.contains(['\\', '\n', '\r']) {
        return format!("{sha256}  {name}\n");
    }
    let escaped = name
        .replace('\\', "\\\\")
        .replace('\n', "\\n")
        .replace('\r', "\\r");
    format!("\\{sha256}  {escaped}\n")
}

/// `path` as seen from `directory`, both relative to the same root.
fn relative(path: &str, directory: &str) -> String {
    let mut path: Vec<&str> = path.split('/').collect();
    let mut directory: Vec<&str> = directory
        .split('/')
        .filter(|part| !part.is_empty())
        .collect();
    let common = path.iter().zip(&directory).take_while(|(a, b)| a == b);
    let common = common.count();
    path.drain(..common);
    directory.drain(..common);
    let mut parts = vec![".."; directory.len()];
    parts.extend(path);
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_relative_to_the_directory_of_the_sums() {
        for (path, directory, expected) in [
            ("a", "", "a"),
            ("dist/a", "", "dist/a"),
            ("dist/a", "dist", "a"),
            ("dist/x/a", "dist", "x/a"),
            ("src/a", "dist/sums", "../../src/a"),
            ("dist/a", "dist/sums", "../a"),
            ("distant/a", "dist", "../distant/a"),
        ] {
            assert_eq!(
                relative(path, directory),
                expected,
                "{path} from {directory}"
            );
        }
    }

    #[test]
    fn names_that_would_break_a_line_are_escaped() {
        for (name, expected) in [
            ("a b", "00  a b\n"),
            (" *a", "00   *a\n"),
            ("a\\b", "\\00  a\\\\b\n"),
            ("a\nb\rc", "\\00  a\\nb\\rc\n"),
            ("a\\n", "\\00  a\\\\n\n"),
        ] {
            assert_eq!(line("00", name), expected, "{name:?}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn coreutils_accepts_the_sums() {
        let root = tempfile::tempdir().unwrap();
        let names = ["plain", "a b", "back\\slash", "new\nline", "*star", "d/x"];
        std::fs::create_dir_all(root.path().join("d")).unwrap();
        let sums: Vec<Sum> = names
            .into_iter()
            .map(|name| {
                std::fs::write(root.path().join(name), name).unwrap();
                Sum {
                    path: name.to_owned(),
                    sha256: stepwell_digest::sha256(name.as_bytes()),
                }
            })
            .collect();
        std::fs::write(root.path().join("d/SUMS"), render(&sums, "d/SUMS")).unwrap();
        let check = std::process::Command::new("sha256sum")
            .args(["--check", "--strict", "--quiet", "SUMS"])
            .current_dir(root.path().join("d"))
            .output()
            .unwrap();
        assert!(
            check.status.success(),
            "{}",
            String::from_utf8_lossy(&check.stdout)
        );
    }
}
