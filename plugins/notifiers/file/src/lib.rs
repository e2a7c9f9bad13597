//! The notifier `file`: the report of each culprit, as files.

use std::path::{Path, PathBuf};
use stepwell_delivery::folder::{self, WORKSPACE};
use stepwell_judging::settings::Settings;
use stepwell_oracle::{Finding, Notifier};

/// The most characters of a folder's name.
const LONGEST_NAME: usize = 64;

struct Files;

impl Notifier for Files {
    fn notify(config: String, finding: Finding) -> Result<String, String> {
        write(Path::new(WORKSPACE), &config, &finding)
    }
}

stepwell_oracle::notifier!(Files);

fn write(workspace: &Path, config: &str, finding: &Finding) -> Result<String, String> {
    let folder = configured(config)?.join(name(&finding.culprit.id));
    for (name, content) in [
        ("report.json", &finding.report_json),
        ("report.md", &finding.report_markdown),
    ] {
        folder::write(workspace, &folder.join(name), content.as_bytes())?;
    }
    Ok(format!(
        "wrote report.json and report.md into {}",
        folder.display()
    ))
}

/// The folder of all culprits, relative to the workspace.
fn configured(config: &str) -> Result<PathBuf, String> {
    let mut settings = Settings::new(config)?;
    let folder = settings.text("folder")?;
    settings.end()?;
    folder::inside("folder", folder.as_deref().unwrap_or("culprits"))
}

/// What a version is called, where that may be a file's name.
fn name(id: &str) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let name: String = id.chars().filter(is_plain).take(LONGEST_NAME).collect();
    if name.is_empty() {
        return "culprit".to_owned();
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use stepwell_judging::script::finding;

    #[test]
    fn the_report_is_in_a_folder_of_the_culprit_s_name() {
        let root = tempfile::tempdir().unwrap();
        let read = |path: &str| fs::read_to_string(root.path().join(path)).unwrap();
        let said = write(root.path(), "{}", &finding());
        assert_eq!(
            said.as_deref(),
            Ok("wrote report.json and report.md into culprits/c0ffee")
        );
        assert_eq!(read("culprits/c0ffee/report.json"), r#"{"format":1}"#);
        assert_eq!(read("culprits/c0ffee/report.md"), "# The report\n");
        write(root.path(), r#"{"folder": "a/b"}"#, &finding()).unwrap();
        write(root.path(), r#"{"folder": "a/b"}"#, &finding()).unwrap();
        let files = fs::read_dir(root.path().join("a/b/c0ffee"))
            .unwrap()
            .count();
        assert_eq!(files, 2);
    }

    #[test]
    fn no_name_leads_out_of_the_workspace() {
        for (id, expected) in [
            ("../../etc/passwd", "etcpasswd"),
            ("..", "culprit"),
            ("a/b\\c:d\u{0}", "abcd"),
            ("C0FFEE-1_2", "C0FFEE-1_2"),
        ] {
            assert_eq!(name(id), expected);
        }
        assert_eq!(name(&"x".repeat(500)).len(), LONGEST_NAME);
        for folder in ["../x", "/x", "a/../../x"] {
            let config = format!(r#"{{"folder": "{folder}"}}"#);
            let problem = write(Path::new("/nowhere"), &config, &finding()).unwrap_err();
            assert!(problem.contains("leads out of the workspace"), "{problem}");
        }
    }
}
