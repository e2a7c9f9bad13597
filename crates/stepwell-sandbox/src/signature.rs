//! The entry of a component, and whether it has the right type.
//!
//! Wasmtime looks at the types of exports only when a step is about to run. Here they are written
//! out as text and compared when the component is loaded, so that the message can show both.

use crate::bisect::role::{self, Kind};
use crate::error::{LoadError, LoadErrorKind};
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
    Bisect(Kind),
}

/// Finds the entry.
pub(crate) fn entry(component: &Component, engine: &Engine) -> Result<Entry, LoadError> {
    let function = |name| match component.get_export(engine, name)?.ty {
        ComponentItem::ComponentFunc(function) => Some(function),
        _ => None,
    };
    let kind = role::kind(component, engine)?;
    if let Some(run) = function("run") {
        if let Some(kind) = kind {
            return Err(role::two_at_once("a task", kind.name()));
        }
        check("run", &run, TASK_RUN, REBUILD)?;
        let describe = function("describe").ok_or_else(|| missing("a task without `describe`"))?;
        check("describe", &describe, TASK_DESCRIBE, REBUILD)?;
        return Ok(Entry::Task);
    }
    // Some languages give every component an entry of a command.
    if let Some(kind) = kind {
        return Ok(Entry::Bisect(kind));
    }
    for (name, export) in component.exports(engine) {
        if let ComponentItem::ComponentInstance(interface) = export.ty
            && name.starts_with("wasi:cli/run@0.2.")
            && let Some(export) = interface.get_export(engine, "run")
            && let ComponentItem::ComponentFunc(run) = export.ty
        {
            check("wasi:cli/run", &run, COMMAND_RUN, REBUILD)?;
            return Ok(Entry::Command);
        }
    }
    Err(missing(
        "neither a task nor a command: it exports neither `run` nor `wasi:cli/run`",
    ))
}

fn missing(what: &str) -> LoadError {
    LoadError::new(LoadErrorKind::MissingExport, what)
        .help(
            "build it for world `stepwell:task/task`, for one of `stepwell:bisect`, or as a program with a `main`",
        )
}

const REBUILD: &str = "rebuild it with this version's `wit/task` or SDK";

/// Compares a function's type with the one that it has to have; `help` says what to do.
pub(crate) fn check(
    name: &str,
    function: &ComponentFunc,
    expected: &str,
    help: &str,
) -> Result<(), LoadError> {
    let found = signature(function);
    if found == expected {
        return Ok(());
    }
    Err(LoadError::new(
        LoadErrorKind::WrongType,
        format!("does not fit its world: `{name}` is `{found}` instead of `{expected}`"),
    )
    .help(help))
}

/// The function's type in the words of WIT, with all names of types spelled out.
fn signature(function: &ComponentFunc) -> String {
    let mut text = Text::default();
    if function.async_() {
        text.push("async ");
    }
    text.push("func(");
    let fields = function.params();
    text.list(fields, |text, (name, ty)| text.field(name, Some(&ty)));
    text.push(")");
    for result in function.results() {
        text.push(" -> ");
        text.ty(&result);
    }
    text.0
}

/// Bytes of a signature that are written out. A type can name others any number of times, so that a
/// few kilobytes of a component would be gigabytes of text.
const SIGNATURE: usize = 2 << 10;

#[derive(Default)]
struct Text(String);

impl Text {
    fn is_full(&self) -> bool {
        self.0.len() > SIGNATURE
    }

    fn push(&mut self, text: &str) {
        if !self.is_full() {
            let room = text.floor_char_boundary(SIGNATURE);
            self.0.push_str(text.get(..room).unwrap_or_default());
            if self.is_full() {
                self.0.push('…');
            }
        }
    }

    fn list<T>(&mut self, items: impl Iterator<Item = T>, mut write: impl FnMut(&mut Self, T)) {
        for (index, item) in items.enumerate() {
            if self.is_full() {
                return;
            }
            if index > 0 {
                self.push(", ");
            }
            write(self, item);
        }
    }

    fn field(&mut self, name: &str, ty: Option<&Type>) {
        self.push(name);
        if let Some(ty) = ty {
            self.push(": ");
            self.ty(ty);
        }
    }

    fn of(&mut self, word: &str, ty: &Type) {
        self.push(word);
        self.push("<");
        self.ty(ty);
        self.push(">");
    }

    fn ty(&mut self, ty: &Type) {
        if self.is_full() {
            return;
        }
        match ty {
            Type::List(list) => self.of("list", &list.ty()),
            Type::Option(option) => self.of("option", &option.ty()),
            Type::Result(result) => self.result(result.ok().as_ref(), result.err().as_ref()),
            Type::Record(record) => {
                self.push("record{");
                self.list(record.fields(), |text, field| {
                    text.field(field.name, Some(&field.ty));
                });
                self.push("}");
            }
            Type::Variant(variant) => {
                self.push("variant{");
                self.list(variant.cases(), |text, case| {
                    text.push(case.name);
                    if let Some(ty) = &case.ty {
                        text.push("(");
                        text.ty(ty);
                        text.push(")");
                    }
                });
                self.push("}");
            }
            Type::Enum(names) => {
                self.push("enum{");
                self.list(names.names(), |text, name| text.push(name));
                self.push("}");
            }
            Type::Flags(names) => {
                self.push("flags{");
                self.list(names.names(), |text, name| text.push(name));
                self.push("}");
            }
            Type::Tuple(tuple) => {
                self.push("tuple<");
                self.list(tuple.types(), |text, ty| text.ty(&ty));
                self.push(">");
            }
            simple => self.push(word(simple)),
        }
    }

    fn result(&mut self, ok: Option<&Type>, err: Option<&Type>) {
        self.push("result");
        if ok.is_none() && err.is_none() {
            return;
        }
        self.push("<");
        match ok {
            Some(ok) => self.ty(ok),
            None => self.push("_"),
        }
        if let Some(err) = err {
            self.push(", ");
            self.ty(err);
        }
        self.push(">");
    }
}

fn word(ty: &Type) -> &'static str {
    match ty {
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
        // No entry has one, and any word does for the message.
        Type::Own(_) | Type::Borrow(_) => "resource",
        _ => "type",
    }
}
