//! Preview 1 modules as components.

use crate::error::{LoadError, LoadErrorKind};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
};
use wasmparser::{Parser, Payload, Validator, WasmFeatures};
use wit_component::ComponentEncoder;

/// Wraps a preview 1 command into a component.
pub(crate) fn adapt(module: &[u8]) -> Result<Vec<u8>, LoadError> {
    check(module)?;
    ComponentEncoder::default()
        .module(module)
        .and_then(|encoder| {
            encoder.adapter(
                WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME,
                WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
            )
        })
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| cannot_adapt(&format!("{error:#}")))
}

/// The encoder takes for granted what is checked here: that the module is valid and imports
/// nothing else.
fn check(module: &[u8]) -> Result<(), LoadError> {
    Validator::new_with_features(WasmFeatures::default())
        .validate_all(module)
        .map_err(|error| {
            LoadError::new(LoadErrorKind::Malformed, format!("not valid: {error}"))
                .help("build it again, without WebAssembly proposals that Stepwell switches off")
        })?;
    for payload in Parser::new(0).parse_all(module).flatten() {
        if let Payload::ImportSection(section) = payload {
            for import in section.into_imports().flatten() {
                if import.module != WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME {
                    return Err(cannot_adapt(&format!("it imports `{}`", import.module)));
                }
            }
        }
    }
    Ok(())
}

fn cannot_adapt(why: &str) -> LoadError {
    LoadError::new(
        LoadErrorKind::CoreModule,
        format!("a preview 1 module that cannot be adapted: {why}"),
    )
    .help("build it for `wasm32-wasip2` instead")
}
