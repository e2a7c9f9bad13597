//! What a search judges with, as it is kept for another process.

use super::workshop::Workshop;
use super::{HowArgs, OracleArgs, RangeArgs, RunArgs, quoted, written};
use crate::commands::run::secrets;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use stepwell_diagnostic::Diagnostic;
use stepwell_event::NoiseModel;
use stepwell_spec::Isolation;

/// The pipeline file of a project that names none.
const PIPELINE: &str = "pipeline.toml";

/// What a search judges with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(in crate::commands) struct Means {
    /// The folder of the project.
    pub(in crate::commands) project: PathBuf,
    /// The pipeline file, if there is one.
    pub(in crate::commands) pipeline: Option<PathBuf>,
    pub(in crate::commands) judge: Judging,
    pub(in crate::commands) variables: Vec<(String, String)>,
    pub(in crate::commands) parameters: Vec<(String, String)>,
    /// As on the command line: names, never values.
    pub(in crate::commands) secrets: Vec<String>,
    /// The level that was asked for.
    pub(in crate::commands) isolation: Option<String>,
    /// What the pipeline and the other oracles were when the search was begun; see
    /// [`Workshop::fingerprint`].
    pub(in crate::commands) fingerprint: Option<String>,
}

/// Who judges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub(in crate::commands) enum Judging {
    /// An oracle.
    Oracle {
        /// The one that was asked for.
        name: Option<String>,
        /// What it is told over what the pipeline tells it.
        inputs: Vec<(String, serde_json::Value)>,
    },
    /// A program, by its exit code.
    Program {
        /// Its file.
        file: PathBuf,
        args: Vec<String>,
    },
    /// A person.
    Hand,
}

impl Default for Judging {
    fn default() -> Self {
        Self::Oracle {
            name: None,
            inputs: Vec::new(),
        }
    }
}

impl Means {
    /// Those of an oracle.
    pub(super) fn of_oracle(
        args: OracleArgs,
        isolation: Option<Isolation>,
    ) -> Result<Self, Diagnostic> {
        let named = args.pipeline.is_some();
        let file = args.pipeline.unwrap_or_else(|| {
            let project = args.project.as_deref().unwrap_or(Path::new(""));
            project.join(PIPELINE)
        });
        let is_there = named || file.exists();
        let project = match args.project {
            Some(project) => project,
            None if is_there => crate::preparation::project_of(&file, None)?,
            None => PathBuf::from("."),
        };
        Ok(Self {
            project: crate::preparation::readable(&project)?,
            pipeline: is_there.then(|| absolute(&file)),
            judge: Judging::Oracle {
                name: args.oracle.map(|name| match is_path(&name) {
                    true => absolute(Path::new(&name)).display().to_string(),
                    false => name,
                }),
                inputs: args.inputs,
            },
            variables: args.variables,
            parameters: args.parameters,
            secrets: args.secrets,
            isolation: isolation.map(|level| level.as_str().to_owned()),
            fingerprint: None,
        })
    }

    /// Those of a program.
    pub(super) fn of_program(args: &RunArgs) -> Result<Self, Diagnostic> {
        let mut words = args.program.iter();
        let file = words.next().map(String::as_str).unwrap_or_default();
        if !file.to_ascii_lowercase().ends_with(".wasm") {
            let message = format!("`{file}` is no `.wasm` file");
            return Err(Diagnostic::error("no-program", message).help(
                "programs run in a sandbox: build it for `wasm32-wasip2`; what needs programs of this \
                 machine can be searched by hand: `stepwell bisect start`",
            ));
        }
        let project = args.project.as_deref().unwrap_or(Path::new("."));
        Ok(Self {
            project: crate::preparation::readable(project)?,
            judge: Judging::Program {
                file: absolute(Path::new(file)),
                args: words.cloned().collect(),
            },
            isolation: args.how.isolation.map(|level| level.as_str().to_owned()),
            ..Self::default()
        })
    }

    /// Those of a person.
    pub(in crate::commands) fn of_hand(project: Option<&Path>) -> Result<Self, Diagnostic> {
        Ok(Self {
            project: crate::preparation::readable(project.unwrap_or(Path::new(".")))?,
            judge: Judging::Hand,
            ..Self::default()
        })
    }

    /// Names and values of the secrets.
    pub(in crate::commands) fn secrets(&self) -> Result<Vec<(String, String)>, Diagnostic> {
        secrets(&self.secrets)
    }

    /// The level of isolation that was asked for.
    pub(in crate::commands) fn isolation(&self) -> Option<Isolation> {
        let word = self.isolation.as_deref()?;
        Isolation::ALL
            .into_iter()
            .find(|level| level.as_str() == word)
    }

    /// What the project is called.
    pub(in crate::commands) fn project_name(&self) -> String {
        let name = self.project.file_name();
        name.map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default()
    }

    /// The pipeline file relative to the project, as an oracle may ask for it in a version.
    pub(in crate::commands) fn path(&self) -> String {
        let file = self.pipeline.as_deref().unwrap_or(Path::new(PIPELINE));
        let full = file.canonicalize().ok();
        let full = full.as_deref().unwrap_or(file);
        let inside = full
            .strip_prefix(&self.project)
            .unwrap_or(Path::new(PIPELINE));
        inside.to_string_lossy().into_owned()
    }

    /// The command that judges one version once more; `{good}` and `{bad}` stand for its parent and for
    /// itself.
    pub(super) fn reproduction(&self, range: &RangeArgs, how: &HowArgs) -> String {
        let mut words = vec!["stepwell".to_owned(), "bisect".to_owned()];
        let mut program = Vec::new();
        let mut flag = |name: &str, value: String| words.extend([name.to_owned(), quoted(&value)]);
        match &self.judge {
            Judging::Hand => return String::new(),
            Judging::Program { file, args } => {
                program.push("--".to_owned());
                program.push(quoted(&self.seen(file)));
                program.extend(args.iter().map(|arg| quoted(arg)));
            }
            Judging::Oracle { name, inputs } => {
                if let Some(name) = name {
                    let name = match is_path(name) {
                        true => self.seen(Path::new(name)),
                        false => name.clone(),
                    };
                    flag("--oracle", name);
                }
                for (name, value) in inputs {
                    flag("--input", written(name, value));
                }
                let file = self.pipeline.as_deref().map(|file| self.seen(file));
                if let Some(file) = file.filter(|file| file != PIPELINE) {
                    flag("--pipeline", file);
                }
            }
        }
        let here = std::env::current_dir().and_then(|here| here.canonicalize());
        if here.ok() != self.project.canonicalize().ok() {
            flag("--project", self.project.display().to_string());
        }
        if let Some(noise) = &how.noise {
            flag("--noise", noise_text(noise));
        }
        if how.trials > 1 {
            flag("--trials", how.trials.to_string());
        }
        if let Some(terms) = &range.terms {
            flag("--terms", format!("{},{}", terms.new, terms.old));
        }
        let named = [("--var", &self.variables), ("--param", &self.parameters)];
        for (name, pairs) in named {
            for (key, value) in pairs {
                flag(name, format!("{key}={value}"));
            }
        }
        for secret in &self.secrets {
            flag("--secret", secret.clone());
        }
        if !program.is_empty() {
            words.insert(2, "run".to_owned());
        }
        if range.first_parent {
            words.push("--first-parent".to_owned());
        }
        words.extend(["--fresh", "--good", "{good}", "--bad", "{bad}"].map(str::to_owned));
        words.extend(program);
        words.join(" ")
    }

    /// A file as it is called in the project's folder.
    fn seen(&self, file: &Path) -> String {
        let inside = file.strip_prefix(&self.project).unwrap_or(file);
        inside.display().to_string()
    }

    /// As it is kept with a search that is judged with what was made from it.
    pub(in crate::commands) fn to_text(&self, made: &Workshop) -> String {
        let means = Self {
            fingerprint: Some(made.fingerprint()),
            ..self.clone()
        };
        means.as_text()
    }

    /// As it is kept with a search that a person judges.
    pub(super) fn as_text(&self) -> String {
        // Plain data with texts as keys: writing it as JSON does not fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A noise model as on the command line.
fn noise_text(noise: &NoiseModel) -> String {
    match noise {
        NoiseModel::Deterministic => "none".to_owned(),
        NoiseModel::Known {
            false_bad,
            false_good,
        } => format!("{},{}", false_bad.get(), false_good.get()),
        NoiseModel::Learned { .. } => "learn".to_owned(),
    }
}

/// Whether an oracle is named by its file.
fn is_path(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with(".wasm") || name.contains('/')
}

/// The same file for a process that is somewhere else.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
