//! Which functions of `wasi:filesystem` are replaced.

use super::Dir;
use super::opening::Opening;
use crate::state::StepState;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, LinkerInstance};
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, NewTimestamp, OpenFlags, PathFlags,
};

const INTERFACE: &str = "wasi:filesystem/types@0.2.12";

type Store<'a> = StoreContextMut<'a, StepState>;

/// Replaces the functions of `wasi:filesystem` that open a path or change what it names.
pub(crate) fn guard(linker: &mut Linker<StepState>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    let mut types = linker.instance(INTERFACE)?;
    types.func_wrap_async(
        "[method]descriptor.open-at",
        |mut store: Store<'_>,
         (dir, follow, path, how, flags): (Dir, PathFlags, String, OpenFlags, DescriptorFlags)| {
            Box::new(async move {
                let state = store.data_mut();
                let opened = Opening { dir, follow, path, how, flags }.run(state).await;
                state.answer(opened)
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.create-directory-at",
        |mut store: Store<'_>, (dir, path): (Dir, String)| {
            Box::new(async move {
                let state = store.data_mut();
                let done = state.create_directory(dir, path).await;
                state.answer(done)
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.remove-directory-at",
        |mut store: Store<'_>, (dir, path): (Dir, String)| {
            Box::new(async move {
                let state = store.data_mut();
                let done = state.remove_directory(dir, path).await;
                state.answer(done)
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.unlink-file-at",
        |mut store: Store<'_>, (dir, path): (Dir, String)| {
            Box::new(async move {
                let state = store.data_mut();
                let done = state.unlink_file(dir, path).await;
                state.answer(done)
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.symlink-at",
        |mut store: Store<'_>, (dir, target, path): (Dir, String, String)| {
            Box::new(async move {
                let state = store.data_mut();
                let done = state.symlink(dir, target, path).await;
                state.answer(done)
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.rename-at",
        |mut store: Store<'_>, (from, old, to, new): (Dir, String, Dir, String)| {
            Box::new(async move {
                let state = store.data_mut();
                let done = state.rename(from, old, to, new).await;
                state.answer(done)
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.link-at",
        |mut store: Store<'_>,
         (from, follow, old, to, new): (Dir, PathFlags, String, Dir, String)| {
            Box::new(async move {
                let state = store.data_mut();
                let done = state.link(from, follow, old, to, new).await;
                state.answer(done)
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.set-times-at",
        |mut store: Store<'_>,
         (dir, follow, path, accessed, modified): (
            Dir,
            PathFlags,
            String,
            NewTimestamp,
            NewTimestamp,
        )| {
            Box::new(async move {
                let state = store.data_mut();
                let done = state.set_times(dir, follow, path, accessed, modified).await;
                state.answer(done)
            })
        },
    )?;
    guard_writing(&mut types)?;
    types.func_wrap_async(
        "[method]descriptor.read-directory",
        |mut store: Store<'_>, (dir,): (Dir,)| {
            Box::new(async move {
                let state = store.data_mut();
                let listing = state.read_directory(dir).await;
                state.answer(listing)
            })
        },
    )?;
    linker.allow_shadowing(false);
    Ok(())
}

/// Replaces the functions that change what is in a file.
fn guard_writing(types: &mut LinkerInstance<'_, StepState>) -> wasmtime::Result<()> {
    types.func_wrap_async(
        "[method]descriptor.write",
        |mut store: Store<'_>, (file, bytes, offset): (Dir, Vec<u8>, u64)| {
            Box::new(async move {
                let state = store.data_mut();
                let done = state.write(&file, bytes, offset).await;
                state.answer(done)
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.set-size",
        |mut store: Store<'_>, (file, size): (Dir, u64)| {
            Box::new(async move {
                let state = store.data_mut();
                let done = state.set_size(file, size).await;
                state.answer(done)
            })
        },
    )?;
    types.func_wrap(
        "[method]descriptor.write-via-stream",
        |mut store: Store<'_>, (file, offset): (Dir, u64)| {
            let state = store.data_mut();
            let stream = state.stream(&file, Some(offset));
            state.answer(stream)
        },
    )?;
    types.func_wrap(
        "[method]descriptor.append-via-stream",
        |mut store: Store<'_>, (file,): (Dir,)| {
            let state = store.data_mut();
            let stream = state.stream(&file, None);
            state.answer(stream)
        },
    )
}
