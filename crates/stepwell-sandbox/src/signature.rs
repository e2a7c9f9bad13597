//! The entry of a component, and whether it has the right type.
//!
//! Wasmtime looks at the types of exports only when a step is about to run. Here they are written
//! out as text and compared when the component is loaded, so that the message can show both.

use crate::load::{LoadError, LoadErrorKind};
use wasmtime::Engine;
use wasmtime::component::types::{Component, ComponentFunc, ComponentItem, Type};

const COMMAND_RUN: &str = "func() -> result";
const TASK_RUN: &str =
    "func() -> result<_, record{message: string, exit-code: u32, details: option<string>}>";
const TASK_DESCRIBE: &str = "func() -> record{\
    name: string, version: string, summary: string, \
    inputs: list<record{name: string, kind: enum{text, boolean, number, path, lines}, \
    required: bool, default-value: option<string>, allowed-values: list<string>, help: string}>, \
    outputs: list<record{name: string, help: string}>, \
    capabilities: list<variant{workspace(enum{read, write}), host(string), \
    environment(string), secret(string)}>}";

/// How a component is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    Task,
    Command,
}

/// Finds the entry.
pub(crate) fn entry(component: &Component, engine: &Engine) -> Result<Entry, LoadError> {
    let function = |name| match component.get_export(engine, name)?.ty {
        ComponentItem::ComponentFunc(function) => Some(function),
        _ => None,
    };
    if let Some(run) = function("run") {
        check("run", &run, TASK_RUN)?;
        let describe = function("describe").ok_or_else(|| missing("a task without `describe`"))?;
        check("describe", &describe, TASK_DESCRIBE)?;
        return Ok(Entry::Task);
    }
    for (name, export) in component.exports(engine) {
        if let ComponentItem::ComponentInstance(interface) = export.ty
            && name.starts_with("wasi:cli/run@0.2.")
            && let Some(export) = interface.get_export(engine, "run")
            && let ComponentItem::ComponentFunc(run) = export.ty
        {
            check("wasi:cli/run", &run, COMMAND_RUN)?;
            return Ok(Entry::Command);
        }
    }
    Err(missing(
        "neither a task nor a command: it exports neither `run` nor `wasi:cli/run`",
    ))
}

fn missing(what: &str) -> LoadError {
    LoadError::new(LoadErrorKind::MissingExport, what)
        .help("build it for world `stepwell:task/task`, or as a program with a `main`")
}

fn check(name: &str, function: &ComponentFunc, expected: &str) -> Result<(), LoadError> {
    let found = signature(function);
    if found == expected {
        return Ok(());
    }
    Err(LoadError::new(
        LoadErrorKind::WrongType,
        format!("does not fit its world: `{name}` is `{found}` instead of `{expected}`"),
    )
    .help("rebuild it with this version's `wit/task` or SDK"))
}

/// The function's type in the words of WIT, with all names of types spelled out.
fn signature(function: &ComponentFunc) -> String {
    let parameters = function
        .params()
        .map(|(name, ty)| format!("{name}: {}", text(&ty)));
    let mut signature = format!("func({})", join(parameters));
    for result in function.results() {
        signature += " -> ";
        signature += &text(&result);
    }
    if function.async_() {
        format!("async {signature}")
    } else {
        signature
    }
}

fn text(ty: &Type) -> String {
    let with = |name: &str, ty: Option<Type>| match ty {
        Some(ty) => format!("{name}({})", text(&ty)),
        None => name.to_owned(),
    };
    let word = match ty {
        Type::Bool => "bool",
        Type::S8 => "s8",
        Type::U8 => "u8",
        Type::S16 => "s16",
        Type::U16 => "u16",
        Type::S32 => "s32",
        Type::U32 => "u32",
        Type::S64 => "s64",
        Type::U64 => "u64",
        Type::Float32 => "f32",
        Type::Float64 => "f64",
        Type::Char => "char",
        Type::String => "string",
        Type::List(list) => return format!("list<{}>", text(&list.ty())),
        Type::Option(option) => return format!("option<{}>", text(&option.ty())),
        Type::Result(result) => {
            return match (result.ok(), result.err()) {
                (None, None) => "result".to_owned(),
                (Some(ok), None) => format!("result<{}>", text(&ok)),
                (None, Some(err)) => format!("result<_, {}>", text(&err)),
                (Some(ok), Some(err)) => format!("result<{}, {}>", text(&ok), text(&err)),
            };
        }
        Type::Record(record) => {
            let fields = record
                .fields()
                .map(|field| format!("{}: {}", field.name, text(&field.ty)));
            return format!("record{{{}}}", join(fields));
        }
        Type::Variant(variant) => {
            return format!(
                "variant{{{}}}",
                join(variant.cases().map(|case| with(case.name, case.ty)))
            );
        }
        Type::Enum(names) => return format!("enum{{{}}}", join(names.names().map(str::to_owned))),
        Type::Flags(names) => {
            return format!("flags{{{}}}", join(names.names().map(str::to_owned)));
        }
        Type::Tuple(tuple) => return format!("tuple<{}>", join(tuple.types().map(|ty| text(&ty)))),
        // No entry has one, and any word does for the message.
        Type::Own(_) | Type::Borrow(_) => "resource",
        _ => "type",
    };
    word.to_owned()
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
