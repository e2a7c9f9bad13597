//! What a component is, by its exports.
//!
//! Exports are looked up by name, and what is not known is left alone. Their types are compared with
//! those of `wit/bisect` when the component is loaded, so that no search ends in the middle because of
//! them.

use crate::error::{LoadError, LoadErrorKind};
use crate::signature::check;
use wasmtime::Engine;
use wasmtime::component::types::{Component, ComponentInstance, ComponentItem};

/// What all interfaces of the package are called.
const PACKAGE: &str = "stepwell:bisect/";
const VERSION: &str = "0.1.0";

/// What a component of `stepwell:bisect` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Oracle { advises: bool },
    Strategist,
    Notifier,
    Publisher,
}

impl Kind {
    /// With its article.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Oracle { advises: true } => "an oracle that advises",
            Self::Oracle { advises: false } => "an oracle",
            Self::Strategist => "a strategist",
            Self::Notifier => "a notifier",
            Self::Publisher => "a publisher",
        }
    }
}

/// Finds out what `component` is; `None` if it takes no part in a search.
pub(crate) fn kind(component: &Component, engine: &Engine) -> Result<Option<Kind>, LoadError> {
    let mut kinds = Vec::new();
    let mut advises = false;
    for (name, export) in component.exports(engine) {
        let ComponentItem::ComponentInstance(interface) = export.ty else {
            continue;
        };
        let Some((word, version)) = name
            .strip_prefix(PACKAGE)
            .and_then(|name| name.split_once('@'))
        else {
            continue;
        };
        let Some(functions) = functions(word) else {
            continue;
        };
        if version != VERSION {
            return Err(LoadError::new(
                LoadErrorKind::MissingExport,
                format!("exports `{name}`; this Stepwell knows {VERSION} of it"),
            )
            .help("rebuild it with this version's `wit/bisect` or SDK"));
        }
        compare(word, functions, &interface, engine)?;
        match word {
            "judge" => kinds.push(Kind::Oracle { advises: false }),
            "strategy" => kinds.push(Kind::Strategist),
            "notify" => kinds.push(Kind::Notifier),
            "publish" => kinds.push(Kind::Publisher),
            _ => advises = true,
        }
    }
    kinds.sort_unstable();
    match (kinds.as_slice(), advises) {
        ([], false) => Ok(None),
        ([Kind::Oracle { .. }], advises) => Ok(Some(Kind::Oracle { advises })),
        ([kind], false) => Ok(Some(*kind)),
        ([one, other, ..], _) => Err(two_at_once(one.name(), other.name())),
        ([] | [_], true) => Err(LoadError::new(
            LoadErrorKind::MissingExport,
            "it advises and is no oracle: it exports `advice` without `judge`",
        )
        .help("build it for world `advising-oracle` of `stepwell:bisect`")),
    }
}

/// A component is one thing: what it may do and who calls it depend on which.
pub(crate) fn two_at_once(one: &str, other: &str) -> LoadError {
    LoadError::new(
        LoadErrorKind::TwoRoles,
        format!("it is {one} and {other} at once"),
    )
    .help("make two components of it")
}

fn compare(
    interface: &str,
    functions: &[(&str, &str)],
    found: &ComponentInstance,
    engine: &Engine,
) -> Result<(), LoadError> {
    for (name, expected) in functions {
        let called = format!("{interface}.{name}");
        let export = found.get_export(engine, name);
        let Some(ComponentItem::ComponentFunc(function)) = export.map(|export| export.ty) else {
            return Err(LoadError::new(
                LoadErrorKind::MissingExport,
                format!("it has no function `{called}`"),
            )
            .help(REBUILD));
        };
        check(&called, &function, expected, REBUILD)?;
    }
    Ok(())
}

pub(crate) const REBUILD: &str = "rebuild it with this version's `wit/bisect` or SDK";

macro_rules! person {
    () => {
        "record{name: string, email: string}"
    };
}

macro_rules! version {
    () => {
        concat!(
            "record{id: string, parents: list<string>, subject: string, author: ",
            person!(),
            ", authored-at: string, tree: string}"
        )
    };
}

macro_rules! verdict {
    () => {
        "variant{good, bad, skip(enum{build-broken, test-absent, dependency-missing, \
         unrelated-failure, timeout, infrastructure, other})}"
    };
}

macro_rules! observation {
    () => {
        concat!(
            "record{verdict: ",
            verdict!(),
            ", reason: string, good-trials: u32, bad-trials: u32, \
             signature: option<string>, measurements: list<record{name: string, unit: string, \
             samples: list<f64>, lower-is-better: bool}>, evidence: list<record{name: string, \
             media-type: string, digest: string, size: u32}>, cacheable: bool}"
        )
    };
}

/// The functions of an interface and their types, as [`check`] writes them.
fn functions(interface: &str) -> Option<&'static [(&'static str, &'static str)]> {
    Some(match interface {
        "judge" => &[("describe", DESCRIBE), ("judge", JUDGE)],
        "advice" => &[("believe", BELIEVE), ("same-failure", SAME_FAILURE)],
        "strategy" => &[("propose", PROPOSE)],
        "notify" => &[("notify", NOTIFY)],
        "publish" => &[("publish", PUBLISH)],
        _ => return None,
    })
}

const DESCRIBE: &str = "func() -> record{name: string, version: string, summary: string, \
    noise: variant{deterministic, known(record{false-bad: f64, false-good: f64}), \
    learned(record{false-bad-a: f64, false-bad-b: f64, false-good-a: f64, false-good-b: f64})}, \
    terms: record{old: string, new: string}, max-trials: u32}";
const JUDGE: &str = concat!(
    "func(question: record{config: string, candidate: ",
    version!(),
    ", workspace: option<string>, trials: u32, seed: u32}) -> result<",
    observation!(),
    ", variant{abort(string), transient(string), misconfigured(string)}>"
);
const BELIEVE: &str = concat!(
    "func(config: string, suspects: list<record{version: ",
    version!(),
    ", changed-paths: list<string>}>) -> result<record{weights: list<f64>, no-culprit: f64, \
     costs: list<f64>}, string>"
);
const SAME_FAILURE: &str = concat!(
    "func(config: string, a: ",
    observation!(),
    ", b: ",
    observation!(),
    ") -> bool"
);
const PROPOSE: &str = concat!(
    "func(suspects: list<",
    version!(),
    ">, history: list<record{id: string, verdict: ",
    verdict!(),
    "}>, in-flight: list<string>, slots: u32) -> variant{test(list<string>), \
     culprits(list<string>), ambiguous(list<string>), no-culprit}"
);
const NOTIFY: &str = concat!(
    "func(config: string, finding: record{key: string, project: string, culprit: ",
    version!(),
    ", recipient: ",
    person!(),
    ", newest-good: option<",
    version!(),
    ">, reason: string, signature: option<string>, confidence: f64, reproduce: string, \
     report-json: string, report-markdown: string}) -> result<string, string>"
);
const PUBLISH: &str = concat!(
    "func(config: string, release: record{key: string, project: string, branch: string, \
     version: ",
    version!(),
    ", workspace: option<string>, previous: option<string>}) -> result<string, string>"
);
