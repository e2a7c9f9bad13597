//! Sockets: linked, because every language's runtime imports them, and denied.
//!
//! A denial is the ordinary error of the call for the guest, and a line on the step's record. The
//! context denies sockets as well; these functions stand before it to say so.

use crate::state::StepState;
use std::sync::Arc;
use stepwell_event::Denial;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::p2::bindings::sockets::ip_name_lookup::ResolveAddressStream;
use wasmtime_wasi::p2::bindings::sockets::network::{ErrorCode, IpAddressFamily, Network};
use wasmtime_wasi::p2::{TcpSocket, UdpSocket};

/// Replaces the three functions by which a guest gets at the network.
pub(crate) fn deny(linker: &mut Linker<StepState>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    linker
        .instance("wasi:sockets/tcp-create-socket@0.2.12")?
        .func_wrap_async(
            "create-tcp-socket",
            |store: StoreContextMut<'_, StepState>, (_family,): (IpAddressFamily,)| {
                denied::<TcpSocket>(&store, "a TCP socket".to_owned())
            },
        )?;
    linker
        .instance("wasi:sockets/udp-create-socket@0.2.12")?
        .func_wrap_async(
            "create-udp-socket",
            |store: StoreContextMut<'_, StepState>, (_family,): (IpAddressFamily,)| {
                denied::<UdpSocket>(&store, "a UDP socket".to_owned())
            },
        )?;
    linker
        .instance("wasi:sockets/ip-name-lookup@0.2.12")?
        .func_wrap_async(
            "resolve-addresses",
            |store: StoreContextMut<'_, StepState>,
             (_network, name): (Resource<Network>, String)| {
                denied::<ResolveAddressStream>(&store, format!("the address of `{name}`"))
            },
        )?;
    linker.allow_shadowing(false);
    Ok(())
}

/// What a call for a `T` returns.
type Refused<T> = (Result<Resource<T>, ErrorCode>,);

fn denied<T: 'static>(
    store: &StoreContextMut<'_, StepState>,
    target: String,
) -> Box<dyn Future<Output = wasmtime::Result<Refused<T>>> + Send> {
    let link = Arc::clone(&store.data().link);
    Box::new(async move {
        link.deny(Denial {
            capability: "network".to_owned(),
            target,
            grant: None,
        })
        .await;
        Ok((Err(ErrorCode::AccessDenied),))
    })
}
