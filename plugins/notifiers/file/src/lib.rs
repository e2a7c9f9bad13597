//! The notifier `file`: the report of each culprit, as files.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use stepwell_judging::settings::Settings;
use stepwell_oracle::{Finding, Notifier};

/// Where the host puts the workspace that a component was granted.
const WORKSPACE: &str = "/";

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
    let folder = folder(config)?.join(name(&finding.culprit.id));
    let into = workspace.join(&folder);
    let failed = |error: io::Error| {
        if workspace.exists() {
            format!("cannot write into `{}`: {error}", folder.display())
        } else {
            "it was granted no workspace: give it `allow = { workspace = \"write\" }`".to_owned()
        }
    };
    fs::create_dir_all(&into).map_err(failed)?;
    for (name, content) in [
        ("report.json", &finding.report_json),
        ("report.md", &finding.report_markdown),
    ] {
        // Renamed into place, so that nobody reads half a report.
        let unfinished = into.join(format!("{name}.part"));
        fs::write(&unfinished, content).map_err(failed)?;
        fs::rename(&unfinished, into.join(name)).map_err(failed)?;
    }
    Ok(format!(
        "wrote report.json and report.md into {}",
        folder.display()
    ))
}

/// Relative to the workspace.
fn folder(config: &str) -> Result<PathBuf, String> {
    let mut settings = Settings::new(config)?;
    let folder = settings
        .text("folder")?
        .unwrap_or_else(|| "culprits".to_owned());
    settings.end()?;
    let path = PathBuf::from(&folder);
    let stays = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    if !path.components().all(stays) {
        return Err(format!(
            "input `folder`: `{folder}` leads out of the workspace"
        ));
    }
    Ok(path)
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

    #[test]
    fn a_missing_grant_is_explained() {
        let root = tempfile::tempdir().unwrap();
        let nowhere = root.path().join("none");
        fs::write(&nowhere, "").unwrap();
        let blocked = write(&nowhere, "{}", &finding()).unwrap_err();
        assert!(
            blocked.starts_with("cannot write into `culprits/c0ffee`"),
            "{blocked}"
        );
    }
}
