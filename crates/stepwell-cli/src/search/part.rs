//! The components that take part in a search: found, looked at, and given what they are granted.

use crate::preparation::{Loader, Wanted, kind as kind_of, not_found};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use stepwell_culprit::Part;
use stepwell_diagnostic::Diagnostic;
use stepwell_event::{Limits, Role};
use stepwell_plan::{Ceilings, PlannedPart, plan_part};
use stepwell_runner::now_ms;
use stepwell_sandbox::{Code, Metering};
use stepwell_spec::{Bisect, PartKind, PartSource, did_you_mean};
use stepwell_tasks::{TaskFile, Tasks};

/// A component that is to take part.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish<'a> {
    pub(crate) kind: PartKind,
    /// The name of a declared or built-in one, or a `.wasm` file.
    pub(crate) name: &'a str,
    /// What it is told over what the pipeline tells it.
    pub(crate) inputs: &'a [(String, serde_json::Value)],
}

/// Finds the components that a project's searches use.
pub(crate) struct Parts<'a> {
    pub(crate) declared: &'a [stepwell_spec::Part],
    pub(crate) loader: &'a Loader<'a>,
    pub(crate) project: &'a Path,
    /// What the sources of declared ones are relative to.
    pub(crate) folder: &'a Path,
    pub(crate) ceilings: &'a Ceilings,
    pub(crate) secrets: &'a [(String, String)],
}

/// A component with its code.
pub(crate) struct Ready {
    pub(crate) part: Part,
    pub(crate) codes: Vec<Code>,
    pub(crate) warnings: Vec<Diagnostic>,
}

impl Parts<'_> {
    /// Finds one, and makes it ready to be asked. What is wrong with a declared one has its place in the
    /// pipeline file.
    pub(crate) fn find(&self, wish: Wish<'_>) -> Result<Ready, Vec<Diagnostic>> {
        match self.declared_as(wish) {
            Some(declared) => self.look_for(wish, declared),
            None => self
                .look_for(wish, &undeclared(wish))
                .map_err(|mut problems| {
                    problems
                        .iter_mut()
                        .for_each(|problem| problem.labels.clear());
                    problems
                }),
        }
    }

    /// What is wrong with the declared ones, and with those that are named to judge and to choose.
    pub(crate) fn check(&self, bisect: &Bisect) -> Vec<Diagnostic> {
        let inputs = &[];
        let mut problems = Vec::new();
        for declared in self.declared.iter().filter(|part| part.intact) {
            let (kind, name) = (declared.kind, declared.name.value.as_str());
            match self.find(Wish { kind, name, inputs }) {
                Ok(ready) => problems.extend(ready.warnings),
                Err(told) => problems.extend(told),
            }
        }
        let named = [
            (PartKind::Oracle, &bisect.oracle),
            (PartKind::Strategist, &bisect.strategist),
        ];
        for (kind, named) in named {
            let Some(named) = named else { continue };
            let name = named.value.as_str();
            let wish = Wish { kind, name, inputs };
            if self.declared_as(wish).is_none()
                && let Err(told) = self.find(wish)
            {
                let told = told.into_iter();
                problems.extend(told.map(|problem| problem.at(named.span.clone(), "")));
            }
        }
        problems
    }

    fn look_for(
        &self,
        wish: Wish<'_>,
        own: &stepwell_spec::Part,
    ) -> Result<Ready, Vec<Diagnostic>> {
        let planned = self.planned(own)?;
        let place = own.name.span.clone();
        let file = self.file(own, wish).map_err(|problem| vec![problem])?;
        self.ready(wish, planned, &file, place)
    }

    /// All declared ones of a kind, ready to be asked. One for which a secret is missing or nothing was
    /// found is left out, with a reason: it may never be asked.
    pub(crate) fn all(&self, kind: PartKind) -> (BTreeMap<String, Ready>, Vec<Diagnostic>) {
        let mut found = BTreeMap::new();
        let mut problems = Vec::new();
        for declared in self.declared.iter().filter(|part| part.kind == kind) {
            let name = declared.name.value.as_str();
            let inputs = &[];
            match self.find(Wish { kind, name, inputs }) {
                Ok(ready) => {
                    found.insert(name.to_owned(), ready);
                }
                Err(mut told) => problems.append(&mut told),
            }
        }
        (found, problems)
    }

    fn declared_as(&self, wish: Wish<'_>) -> Option<&stepwell_spec::Part> {
        let mut declared = self.declared.iter();
        declared.find(|part| part.kind == wish.kind && part.name.value == wish.name)
    }

    fn planned(&self, own: &stepwell_spec::Part) -> Result<PlannedPart, Vec<Diagnostic>> {
        let request = stepwell_plan::Request {
            variables: &[],
            secrets: self.secrets,
            capabilities: &stepwell_plan::Capabilities::default(),
            ceilings: self.ceilings,
        };
        let (planned, problems) = plan_part(own, &request);
        planned.ok_or(problems)
    }

    fn file(&self, own: &stepwell_spec::Part, wish: Wish<'_>) -> Result<TaskFile, Diagnostic> {
        let tasks = &self.loader.tasks;
        let place = own
            .source
            .as_ref()
            .map_or(&own.name.span, |source| &source.span);
        let found = match own.source.as_ref().map(|source| &source.value) {
            Some(PartSource::File(_)) if self.declared_as(wish).is_none() => {
                Tasks::any_file(&PathBuf::from(wish.name))
            }
            Some(PartSource::File(path)) => tasks.file(self.project, self.folder, path),
            Some(PartSource::BuiltIn(name)) => return self.built_in(own.kind, name, place.clone()),
            None => return self.built_in(own.kind, &own.name.value, place.clone()),
        };
        found.map_err(|error| not_found(error).at(place.clone(), ""))
    }

    fn built_in(
        &self,
        kind: PartKind,
        name: &str,
        place: Range<usize>,
    ) -> Result<TaskFile, Diagnostic> {
        let tasks = &self.loader.tasks;
        let word = kind.as_str();
        tasks.built_in_for(word, name).map_err(|error| {
            let declared = self.declared.iter().filter(|part| part.kind == kind);
            let declared = declared.map(|part| part.name.value.as_str());
            let interface = match kind {
                PartKind::Oracle => "judge",
                PartKind::Strategist => "strategy",
                PartKind::Notifier => "notify",
                PartKind::Publisher => "publish",
            };
            let built_in = tasks.speaking(word, interface);
            let known = declared.chain(built_in.iter().map(String::as_str));
            let label = did_you_mean(name, known, "");
            let message = format!("there is no {word} `{name}`");
            let problem = Diagnostic::error("unknown-part", message).at(place, label.clone());
            let problem = match label.as_str() {
                "" => problem,
                label => problem.help(label),
            };
            error
                .help
                .filter(|_| built_in.is_empty())
                .into_iter()
                .fold(problem, Diagnostic::help)
                .help(format!(
                    "name one of `[{}.NAME]`, a `.wasm` file, or a built-in one: {}",
                    kind.section(),
                    built_in.join(", ")
                ))
        })
    }

    fn ready(
        &self,
        wish: Wish<'_>,
        planned: PlannedPart,
        file: &TaskFile,
        place: Range<usize>,
    ) -> Result<Ready, Vec<Diagnostic>> {
        let metering = match planned.is_metered() {
            true => Metering::Fuel,
            false => Metering::Off,
        };
        let loaded = self.loader.load(&Wanted {
            file,
            name: wish.name,
            from: wish.name,
            place: place.clone(),
            metering: &[metering],
        });
        let (codes, warnings) = loaded.map_err(|problem| vec![problem])?;
        let role = role(wish, &codes).map_err(|problem| vec![problem.at(place.clone(), "")])?;
        let grants = stepwell_engine::part_grants(&planned, &file.digest, self.secrets, now_ms());
        let grants = grants.map_err(|why| {
            let message = format!("{} `{}`: {why}", wish.kind.as_str(), wish.name);
            vec![Diagnostic::error("no-secret", message).at(place.clone(), "")]
        })?;
        let config = told(&planned.config, wish.inputs);
        let millis =
            |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let part = Part {
            name: planned.name,
            component: file.digest,
            role,
            config,
            workspace: planned.grant.workspace,
            env: Vec::new(),
            grants,
            limits: Limits {
                timeout_ms: planned.timeout.map(millis),
                ..planned.grant.limits
            },
        };
        Ok(Ready {
            part,
            codes,
            warnings,
        })
    }
}

/// A component of which the pipeline says nothing: it may do what one may do that asks for nothing.
fn undeclared(wish: Wish<'_>) -> stepwell_spec::Part {
    let is_file = wish.name.to_ascii_lowercase().ends_with(".wasm") || wish.name.contains('/');
    let file = Path::new(wish.name).file_stem();
    let name = match file.filter(|_| is_file) {
        Some(stem) => stem.to_string_lossy().into_owned(),
        None => wish.name.to_owned(),
    };
    let source = PartSource::File(wish.name.to_owned());
    let nowhere = |value| stepwell_spec::Spanned::new(value, 0..0);
    stepwell_spec::Part {
        kind: wish.kind,
        name: stepwell_spec::Spanned::new(name, 0..0),
        source: is_file.then(|| nowhere(source)),
        config: "{}".to_owned(),
        allow: stepwell_spec::Allow::default(),
        limits: stepwell_spec::Limits::default(),
        timeout: None,
        intact: true,
    }
}

/// What a component is, if it is what it is to be.
fn role(wish: Wish<'_>, codes: &[Code]) -> Result<Role, Diagnostic> {
    let code = codes.first();
    let role = code.and_then(Code::role);
    let kind = role.map(kind_of);
    match role {
        Some(role) if kind == Some(wish.kind) => Ok(role.clone()),
        _ => {
            let is = match (kind, code.and_then(Code::description)) {
                (Some(kind), _) => kind.article(),
                (None, Some(_)) => "a task",
                (None, None) => "a plain command",
            };
            let message = format!("`{}` is {is}, not {}", wish.name, wish.kind.article());
            let problem = Diagnostic::error("wrong-part", message);
            Err(match (wish.kind, kind) {
                (PartKind::Oracle, None) => problem.help(
                    "to judge versions by its exit code, run it: `stepwell bisect run … -- \
                     PROGRAM.wasm`; to judge them by a pipeline that uses it, leave `--oracle` out",
                ),
                _ => problem.help("`stepwell task inspect` says what a component is"),
            })
        }
    }
}

/// What a component is told: the text of a JSON object, with these members over it.
fn told(config: &str, inputs: &[(String, serde_json::Value)]) -> String {
    if inputs.is_empty() {
        return config.to_owned();
    }
    let mut members: serde_json::Map<_, _> = serde_json::from_str(config).unwrap_or_default();
    members.extend(inputs.iter().cloned());
    serde_json::Value::Object(members).to_string()
}
