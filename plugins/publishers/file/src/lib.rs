//! The publisher `file`: a line for each version that is published, the newest last.

use serde_json::Value;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use stepwell_delivery::folder::{self, WORKSPACE};
use stepwell_delivery::message;
use stepwell_judging::settings::Settings;
use stepwell_oracle::{Publisher, Release};

struct Lines;

impl Publisher for Lines {
    fn publish(config: String, release: Release) -> Result<String, String> {
        write(Path::new(WORKSPACE), &config, &release)
    }
}

stepwell_oracle::publisher!(Lines);

fn write(workspace: &Path, config: &str, release: &Release) -> Result<String, String> {
    let file = configured(config)?;
    let shown = file.display();
    let mut text = match fs::read_to_string(workspace.join(&file)) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::InvalidData => {
            return Err(format!("`{shown}` is no text, and left as it is"));
        }
        // Of what else is wrong, writing tells.
        Err(_) => String::new(),
    };
    if text.lines().last().is_some_and(|line| is_of(line, release)) {
        return Ok(format!("it is in {shown} already"));
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(&format!("{}\n", message::release(release)));
    folder::write(workspace, &file, text.as_bytes())?;
    Ok(format!("wrote a line into {shown}"))
}

/// Whether a line says that this was published: it was asked to before, and nobody knows that it did.
fn is_of(line: &str, release: &Release) -> bool {
    let line: Option<Value> = serde_json::from_str(line).ok();
    let key = line.as_ref().and_then(|line| line.get("key"));
    key.and_then(Value::as_str) == Some(release.key.as_str())
}

/// The file, relative to the workspace.
fn configured(config: &str) -> Result<PathBuf, String> {
    let mut settings = Settings::new(config)?;
    let file = settings.text("file")?.filter(|file| !file.is_empty());
    settings.end()?;
    folder::inside("file", file.as_deref().unwrap_or("releases.jsonl"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepwell_judging::script::release;

    #[test]
    fn each_publication_is_one_line_and_the_newest_is_the_last() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("releases.jsonl");
        let said = write(root.path(), "{}", &release());
        assert_eq!(said.as_deref(), Ok("wrote a line into releases.jsonl"));
        let said = write(root.path(), "{}", &release());
        assert_eq!(said.as_deref(), Ok("it is in releases.jsonl already"));
        let newer = Release {
            key: "4f".repeat(32),
            branch: "next\n".to_owned(),
            ..release()
        };
        write(root.path(), "{}", &newer).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        let lines: Vec<Value> = lines.collect();
        let [first, second] = &lines[..] else {
            panic!("{text}");
        };
        assert_eq!(
            (&first["version"]["id"], &first["previous"]),
            (&"900d".into(), &"600d".into())
        );
        assert_eq!(
            (&second["branch"], &second["v"]),
            (&"next\n".into(), &1.into())
        );

        // What somebody else left there stays.
        fs::write(&path, "mine").unwrap();
        write(root.path(), "{}", &newer).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("mine\n{") && text.ends_with("}\n"),
            "{text}"
        );
        fs::write(&path, b"\xff").unwrap();
        let problem = write(root.path(), "{}", &newer).unwrap_err();
        assert_eq!(problem, "`releases.jsonl` is no text, and left as it is");
    }

    #[test]
    fn the_file_can_be_named_and_is_in_the_workspace() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), r#"{"file": "a/b.jsonl"}"#, &release()).unwrap();
        assert!(root.path().join("a/b.jsonl").is_file());
        let problem = write(root.path(), r#"{"file": "../b"}"#, &release()).unwrap_err();
        assert!(problem.contains("leads out of the workspace"), "{problem}");
        let problem = write(root.path(), r#"{"flie": "b"}"#, &release()).unwrap_err();
        assert!(problem.contains("there is no input `flie`"), "{problem}");
    }
}
