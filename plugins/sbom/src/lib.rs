//! The task `sbom`: a CycloneDX bill of materials from lock files.

pub mod bill;
pub mod cargo;
pub mod cyclonedx;
pub mod npm;
pub mod python;

use crate::bill::Bill;
use crate::cyclonedx::Subject;
use std::path::Path;
use stepwell_selection::{ErrorKind, Kind, Selection, USUALLY_EXCLUDED};
use stepwell_task::{Context, Failure, Issue, Result, WorkspacePath, fail, info};

/// Where the packages of others lie: their lock files are not the project's.
const VENDORED: [&str; 3] = [".venv", "site-packages", "vendor"];

stepwell_task::task! {
    /// Writes a CycloneDX 1.6 bill of materials from Cargo.lock, package-lock.json and
    /// requirements.txt files.
    name: "sbom",
    needs: [workspace(write)],
    inputs: Inputs {
        /// Where to look for lock files.
        path: WorkspacePath = ".",
        /// Names and patterns of directories not to look in, one a line, on top of the usual ones.
        exclude: Vec<String> = [],
        /// Where to write the bill of materials.
        output: WorkspacePath = "sbom.cdx.json",
        /// The name of what the bill is of.
        name: Option<String>,
        /// The version of what the bill is of; it takes a name as well.
        version: Option<String>,
    },
    outputs: Outputs {
        /// How many components there are.
        components: usize,
        /// How many requirements are not in the bill because they name no version.
        unpinned: usize,
    },
    run: sbom,
}

fn sbom(inputs: Inputs) -> Result<Outputs> {
    let subject = subject(&inputs)?;
    let files = lock_files(&inputs)?;
    let mut bill = Bill::default();
    let mut unpinned = 0;
    for (path, parse) in &files {
        let mut found = path.read_to_string().and_then(|text| {
            parse(&text).with_context(|| format!("cannot use `{path}` as a lock file"))
        })?;
        info!("{path}: {} components", found.components.len());
        for problem in found.problems.drain(..) {
            unpinned += usize::from(problem.code == "unpinned");
            let issue = Issue::warning(problem.message).at(path).code(problem.code);
            match problem.line {
                Some(line) => issue.line(line).report(),
                None => issue.report(),
            }
        }
        bill.merge(found);
    }
    inputs
        .output
        .write(cyclonedx::render(&bill, subject.as_ref())?)?;
    info!(
        "wrote {} components to {}",
        bill.components.len(),
        inputs.output
    );
    Ok(Outputs {
        components: bill.components.len(),
        unpinned,
    })
}

fn subject(inputs: &Inputs) -> Result<Option<Subject>> {
    match (&inputs.name, &inputs.version) {
        (Some(name), version) => Ok(Some(Subject {
            name: name.clone(),
            version: version.clone(),
        })),
        (None, None) => Ok(None),
        (None, Some(_)) => fail!("input `version`: it needs the input `name` as well"),
    }
}

type Parse = fn(&str) -> Result<Bill>;

/// What reads a file of this name.
fn parser(name: &str) -> Option<Parse> {
    match name {
        "Cargo.lock" => Some(|text| cargo::parse(text).map_err(Failure::from)),
        "package-lock.json" => Some(|text| npm::parse(text).map_err(Failure::from)),
        "requirements.txt" => Some(|text| Ok(python::parse(text))),
        _ => None,
    }
}

fn lock_files(inputs: &Inputs) -> Result<Vec<(WorkspacePath, Parse)>> {
    let usual = USUALLY_EXCLUDED.into_iter().chain(VENDORED);
    let exclude = usual.chain(inputs.exclude.iter().map(String::as_str));
    let root: &Path = &stepwell_task::workspace();
    let selected = Selection::new([inputs.path.as_str()], exclude)?.entries(root);
    let entries = match selected {
        // A directory without files has no lock file, which is told below.
        Err(error) if matches!(error.kind(), ErrorKind::Empty) => Vec::new(),
        selected => selected?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let name = entry.path.rsplit('/').next().unwrap_or_default();
        if let (Kind::File, Some(parse)) = (entry.kind, parser(name)) {
            let path = stepwell_task::FromInput::from_input(&entry.path).map_err(Failure::new)?;
            files.push((path, parse));
        }
    }
    if files.is_empty() {
        fail!(
            "there is no Cargo.lock, package-lock.json or requirements.txt in `{}`",
            inputs.path
        );
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepwell_task::InputSet;

    fn run(files: &[(&str, &str)], values: &[(&str, &str)]) -> Result<(Outputs, String)> {
        let workspace = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let path = workspace.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        stepwell_task::with_workspace(&workspace, || {
            let inputs = Inputs::from_values(values)?;
            let output = inputs.output.clone();
            let outputs = sbom(inputs)?;
            Ok((outputs, output.read_to_string()?))
        })
    }

    const CARGO: &str = "[[package]]\nname = \"app\"\nversion = \"1.0.0\"\n";

    #[test]
    fn lock_files_are_found_anywhere_but_in_vendored_directories() {
        let files = [
            ("Cargo.lock", CARGO),
            (
                "web/package-lock.json",
                r#"{"lockfileVersion":2,"packages":{}}"#,
            ),
            ("tools/requirements.txt", "a==1\nb\n"),
            ("node_modules/x/requirements.txt", "x==1"),
            ("vendor/y/Cargo.lock", "not a lock file"),
            ("old/requirements.txt", "z==1"),
        ];
        let (outputs, text) = run(&files, &[("exclude", "/old"), ("name", "app")]).unwrap();
        assert_eq!((outputs.components, outputs.unpinned), (2, 1));
        assert!(text.contains("pkg:cargo/app@1.0.0") && text.contains("pkg:pypi/a@1"));
        assert_eq!(
            run(&files, &[("exclude", "/old"), ("name", "app")])
                .unwrap()
                .1,
            text
        );
        let (outputs, _) = run(&files, &[("path", "tools")]).unwrap();
        assert_eq!(outputs.components, 1);
    }

    fn check_failure(files: &[(&str, &str)], values: &[(&str, &str)], message: &str) {
        let failure = run(files, values).unwrap_err();
        assert_eq!(failure.message(), message);
    }

    #[test]
    fn what_cannot_be_done_is_said() {
        let none = "there is no Cargo.lock, package-lock.json or requirements.txt in `.`";
        check_failure(&[], &[], none);
        check_failure(&[("README.md", "")], &[], none);
        check_failure(&[], &[("path", "x")], "`x` is not in the workspace");
        check_failure(
            &[("Cargo.lock", CARGO)],
            &[("version", "1")],
            "input `version`: it needs the input `name` as well",
        );
        check_failure(
            &[("a/package-lock.json", "{")],
            &[],
            "cannot use `a/package-lock.json` as a lock file: EOF while parsing an object at line 1 column 1",
        );
    }
}
