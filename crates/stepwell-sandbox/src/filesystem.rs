//! Opening files: WASI's own function with a look before it.
//!
//! Opening a named pipe waits for its other end, on a thread that nothing can interrupt: it would
//! outlive the step, and enough of them would take every thread that files are read on. A guest
//! cannot make a pipe, but a checkout or an earlier program can have left one. So what is neither
//! file nor folder is refused before it is opened.

use crate::state::StepState;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::filesystem::WasiFilesystemView;
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorType, ErrorCode, HostDescriptor, OpenFlags, PathFlags,
};

type Opening = (Resource<Descriptor>, PathFlags, String, OpenFlags, DescriptorFlags);

/// Replaces the one function that opens.
pub(crate) fn guard(linker: &mut Linker<StepState>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    linker.instance("wasi:filesystem/types@0.2.12")?.func_wrap_async(
        "[method]descriptor.open-at",
        |mut store: wasmtime::StoreContextMut<'_, StepState>, opening: Opening| {
            Box::new(async move {
                Ok((match open(store.data_mut(), opening).await {
                    Ok(file) => Ok(file),
                    Err(error) => Err(error.downcast()?),
                },))
            })
        },
    )?;
    linker.allow_shadowing(false);
    Ok(())
}

async fn open(
    state: &mut StepState,
    (folder, follow, path, how, access): Opening,
) -> FsResult<Resource<Descriptor>> {
    let mut files = state.filesystem();
    let looked_at = Resource::new_borrow(folder.rep());
    // A path that cannot be looked at is left to `open_at`, which knows the right error.
    if let Ok(stat) = files.stat_at(looked_at, follow, path.clone()).await {
        match stat.type_ {
            DescriptorType::RegularFile
            | DescriptorType::Directory
            | DescriptorType::SymbolicLink => {}
            _ => return Err(ErrorCode::Unsupported.into()),
        }
    }
    files.open_at(folder, follow, path, how, access).await
}
