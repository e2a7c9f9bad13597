//! The network: linked, because every language's runtime imports it, and closed but for what the step
//! is granted.
//!
//! What a step may reach is decided by `stepwell-egress`. A refusal is the ordinary error of the call
//! for the guest, and a line on the step's record. No name is looked up and no connection made in here:
//! whoever may connect does that, behind [`Dial`], and looks at the address before it connects to it.
//!
//! - `http`: which requests are sent, and how many.
//! - `exchange`, `body`: one request and its response, and their bounds.
//! - `trust`: whose certificates are accepted.
//! - `direct`: connecting, in a process that may.

mod body;
mod direct;
mod exchange;
mod http;
mod trust;

use crate::load::SandboxConfig;
use crate::state::{Link, StepState};
use serde::{Deserialize, Serialize};
use std::pin::Pin;
use std::sync::Arc;
use stepwell_event::{Denial, Grants, Limits, Outcome, StepRequest};
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::p2::bindings::sockets::ip_name_lookup::ResolveAddressStream;
use wasmtime_wasi::p2::bindings::sockets::network::{
    ErrorCode, IpAddressFamily, Network as SocketNetwork,
};
use wasmtime_wasi::p2::{TcpSocket, UdpSocket};

pub use direct::DirectDial;
pub use trust::{Trust, TrustError};

/// Connects to other machines for guests. What a step may reach is decided where the connection is
/// made, so a worker process, which cannot connect at all, asks the process that started it.
pub trait Dial: Send + Sync {
    /// Connects to `host`, a name or an address without brackets, on `port`.
    fn dial<'a>(&'a self, host: &'a str, port: u16) -> Dialed<'a>;
}

/// A connection on its way.
pub type Dialed<'a> =
    Pin<Box<dyn Future<Output = Result<std::net::TcpStream, DialError>> + Send + 'a>>;

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum DialError {
    /// The step may not connect there: the address is private, or no rule is for it.
    #[error("{0}")]
    Denied(String),
    /// It has no address.
    #[error("the name has no address")]
    NoAddress,
    /// Nobody answered, or in time.
    #[error("{0}")]
    Failed(String),
}

/// Connects to nothing.
#[derive(Debug, Clone, Copy)]
pub struct NoNetwork;

impl Dial for NoNetwork {
    fn dial<'a>(&'a self, _host: &'a str, _port: u16) -> Dialed<'a> {
        Box::pin(async { Err(DialError::Denied("this sandbox has no network".to_owned())) })
    }
}

/// What one step has of the network.
pub(crate) struct Network {
    pub(crate) http: http::Http,
}

impl Network {
    /// What `request` grants.
    pub(crate) fn granted(request: &StepRequest, config: &SandboxConfig, link: &Arc<Link>) -> Self {
        Self::new(&request.grants, &request.limits, config, link)
    }

    /// Nothing.
    pub(crate) fn closed(config: &SandboxConfig, link: &Arc<Link>) -> Self {
        Self::new(&Grants::default(), &Limits::default(), config, link)
    }

    fn new(grants: &Grants, limits: &Limits, config: &SandboxConfig, link: &Arc<Link>) -> Self {
        Self {
            http: http::Http::new(grants.http.clone(), limits, config, link),
        }
    }

    /// Requests sent.
    pub(crate) fn requests(&self) -> u64 {
        self.http.sent()
    }

    /// The limit behind a failure, if the last thing that the guest wanted of the network was too much.
    pub(crate) fn blame(&self, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::ExitCode { .. } | Outcome::Failed { .. } | Outcome::Trapped { .. } => {
                self.http.refused().unwrap_or(outcome)
            }
            _ => outcome,
        }
    }
}

/// Links `wasi:http`, and replaces the three functions by which a guest gets at sockets.
pub(crate) fn add_to_linker(linker: &mut Linker<StepState>) -> wasmtime::Result<()> {
    http::add_to_linker(linker)?;
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
             (_network, name): (Resource<SocketNetwork>, String)| {
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
