//! What a file is, and a streaming check of its shape before it is compiled.
//!
//! Compiling is the one thing that a small file can make take for ever (21 KiB are enough for
//! minutes), and Wasmtime does not count that as a defect. So counts and depths are bounded before
//! Cranelift sees a byte.

use crate::error::{LoadError, LoadErrorKind};
use wasmparser::{Encoding, FunctionBody, Operator, Parser, Payload};

/// Bytes of a component file.
pub(crate) const FILE: usize = 100 << 20;
/// Components and modules inside one another.
const NESTING: usize = 16;
/// Functions, all modules together.
const FUNCTIONS: u32 = 100_000;
/// Bytes of one function's body.
const BODY: usize = 2 << 20;
/// Locals of one function.
const LOCALS: u32 = 10_000;
/// Blocks inside one another in one function.
const BLOCKS: usize = 512;
/// Loops inside one another in one function.
const LOOPS: u32 = 100;
/// Locals times the loops that they are carried through, in one function: Cranelift looks at every
/// local at every loop around it. A million takes two seconds and 130 MiB to compile.
const CARRIED_BY_FUNCTION: u64 = 1_000_000;
/// The same, all functions together.
const CARRIED: u64 = 16_000_000;
/// Data segments, all modules together.
const DATA_SEGMENTS: u32 = 10_000;
/// Bytes of custom sections (names, debug information) together.
const CUSTOM: usize = 64 << 20;

/// What a well-formed file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Component,
    /// A core module that imports WASI preview 1 and has an entry point.
    WasiCommand,
}

/// Says what `bytes` are, or why they cannot run.
pub(crate) fn examine(bytes: &[u8]) -> Result<Shape, LoadError> {
    check_header(bytes)?;
    let mut counts = Counts::default();
    let mut depth = 0_usize;
    let mut encoding = None;
    let mut module = ModuleFacts::default();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(|error| malformed(&error))?;
        match payload {
            Payload::Version {
                encoding: found, ..
            } => {
                encoding.get_or_insert(found);
                depth += 1;
                if depth > NESTING {
                    return Err(too_complex("nested components", NESTING));
                }
            }
            // The parser does not mind where the whole ends if an inner section has just ended.
            Payload::ModuleSection {
                unchecked_range, ..
            }
            | Payload::ComponentSection {
                unchecked_range, ..
            } if unchecked_range.end > bytes.len() => {
                return Err(truncated(bytes.len()));
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CodeSectionEntry(body) => counts.function(&body)?,
            Payload::DataCountSection { count, .. } => counts.data_segments(count)?,
            Payload::DataSection(section) => counts.data_segments(section.count())?,
            Payload::CustomSection(section) => counts.custom(section.data().len())?,
            Payload::ImportSection(section) if encoding == Some(Encoding::Module) => {
                for import in section.into_imports() {
                    let import = import.map_err(|error| malformed(&error))?;
                    module.imports_wasi |= import.module == "wasi_snapshot_preview1";
                }
            }
            Payload::ExportSection(section) if encoding == Some(Encoding::Module) => {
                for export in section {
                    let export = export.map_err(|error| malformed(&error))?;
                    module.has_start |= export.name == "_start";
                }
            }
            _ => {}
        }
    }
    match encoding {
        Some(Encoding::Component) => Ok(Shape::Component),
        _ => module.shape(),
    }
}

#[derive(Debug, Default)]
struct ModuleFacts {
    imports_wasi: bool,
    has_start: bool,
}

impl ModuleFacts {
    fn shape(&self) -> Result<Shape, LoadError> {
        if self.has_start && self.imports_wasi {
            return Ok(Shape::WasiCommand);
        }
        let problem = if self.imports_wasi {
            "a core WebAssembly module without an entry point `_start`"
        } else {
            "a core WebAssembly module that does not use WASI"
        };
        Err(LoadError::new(LoadErrorKind::CoreModule, problem).help(
            "build a component (Rust: `cargo build --release --target wasm32-wasip2`), or a WASI \
             command (`--target wasm32-wasip1` with a `main`)",
        ))
    }
}

#[derive(Debug, Default)]
struct Counts {
    carried: u64,
    functions: u32,
    data_segments: u32,
    custom: usize,
}

impl Counts {
    fn function(&mut self, body: &FunctionBody<'_>) -> Result<(), LoadError> {
        self.functions += 1;
        if self.functions > FUNCTIONS {
            return Err(too_complex("functions", FUNCTIONS as usize));
        }
        if body.range().len() > BODY {
            return Err(too_complex("bytes of one function", BODY));
        }
        let mut locals = 0_u32;
        for local in body
            .get_locals_reader()
            .map_err(|error| malformed(&error))?
        {
            let (count, _) = local.map_err(|error| malformed(&error))?;
            locals = locals.saturating_add(count);
        }
        if locals > LOCALS {
            return Err(too_complex("locals of one function", LOCALS as usize));
        }
        let mut blocks = Vec::new();
        let mut loops = 0_u32;
        let mut in_function = 0_u64;
        let mut operators = body
            .get_operators_reader()
            .map_err(|error| malformed(&error))?;
        while !operators.eof() {
            let is_loop = match operators.read().map_err(|error| malformed(&error))? {
                Operator::Loop { .. } => true,
                Operator::Block { .. } | Operator::If { .. } => false,
                Operator::End => {
                    loops -= u32::from(blocks.pop().unwrap_or(false));
                    continue;
                }
                _ => continue,
            };
            blocks.push(is_loop);
            loops += u32::from(is_loop);
            if blocks.len() > BLOCKS {
                return Err(too_complex("nested blocks of one function", BLOCKS));
            }
            if loops > LOOPS {
                return Err(too_complex("nested loops of one function", LOOPS as usize));
            }
            if is_loop {
                // The compiler looks at every local again at every loop around it.
                let carried = u64::from(loops) * u64::from(locals);
                in_function += carried;
                self.carried += carried;
            }
            if in_function > CARRIED_BY_FUNCTION || self.carried > CARRIED {
                return Err(too_complex(
                    "locals carried by loops, in one function or all together",
                    usize::try_from(CARRIED_BY_FUNCTION).unwrap_or(usize::MAX),
                ));
            }
        }
        Ok(())
    }

    fn data_segments(&mut self, count: u32) -> Result<(), LoadError> {
        self.data_segments = self.data_segments.saturating_add(count);
        if self.data_segments > DATA_SEGMENTS {
            return Err(too_complex("data segments", DATA_SEGMENTS as usize));
        }
        Ok(())
    }

    fn custom(&mut self, len: usize) -> Result<(), LoadError> {
        self.custom = self.custom.saturating_add(len);
        if self.custom > CUSTOM {
            return Err(too_complex("bytes of names and debug information", CUSTOM));
        }
        Ok(())
    }
}

fn check_header(bytes: &[u8]) -> Result<(), LoadError> {
    if bytes.len() > FILE {
        return Err(LoadError::new(
            LoadErrorKind::TooLarge,
            format!(
                "{} MiB large; the limit is {} MiB",
                bytes.len() >> 20,
                FILE >> 20
            ),
        ));
    }
    if bytes.starts_with(b"\0asm") {
        return if bytes.len() < 8 {
            Err(truncated(bytes.len()))
        } else {
            Ok(())
        };
    }
    let looks = match bytes {
        [] => "empty",
        [0x7f, b'E', b'L', b'F', ..] => "a native program (ELF), not WebAssembly",
        [b'(', ..] => "WebAssembly text; only the binary format can run",
        [b'P', b'K', ..] => "a zip archive, not WebAssembly",
        [0x1f, 0x8b, ..] => "compressed with gzip; unpack it first",
        [b'#', b'!', ..] => "a script, not WebAssembly",
        _ => "not WebAssembly",
    };
    Err(LoadError::new(LoadErrorKind::NotWasm, looks)
        .help("a task is a `.wasm` file: a WASI component or a WASI command"))
}

fn malformed(error: &wasmparser::BinaryReaderError) -> LoadError {
    if error.message().contains("unexpected end") {
        return truncated(error.offset());
    }
    LoadError::new(
        LoadErrorKind::Malformed,
        format!("damaged at byte {}: {}", error.offset(), error.message()),
    )
    .help("build or download it again")
}

fn truncated(offset: usize) -> LoadError {
    LoadError::new(
        LoadErrorKind::Truncated,
        format!("cut off at byte {offset}"),
    )
    .help("build or download it again")
}

fn too_complex(what: &str, limit: usize) -> LoadError {
    LoadError::new(
        LoadErrorKind::TooComplex,
        format!("over the limit of {limit} {what}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_no_component_are_named() {
        let check = |bytes: &[u8], kind, text: &str| {
            let error = examine(bytes).unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().contains(text), "{error}");
        };
        check(b"", LoadErrorKind::NotWasm, "empty");
        check(b"\0asm", LoadErrorKind::Truncated, "byte 4");
        check(b"\x7fELF....", LoadErrorKind::NotWasm, "ELF");
        check(b"(component)", LoadErrorKind::NotWasm, "text");
        check(
            b"\0asm\x01\0\0\0",
            LoadErrorKind::CoreModule,
            "does not use WASI",
        );
        check(
            b"\0asm\x0d\0\x01\0\x01\x7f",
            LoadErrorKind::Truncated,
            "cut off",
        );
    }

    #[test]
    fn an_empty_component_is_one() {
        assert_eq!(examine(b"\0asm\x0d\0\x01\0").unwrap(), Shape::Component);
    }
}
