//! Which requests of `wasi:http` are sent, and how many.
//!
//! A request is decided on in the form in which it would be sent, by the hook that would send it. The
//! hook cannot wait, though, and what is refused should wait for the journal like any other event; so
//! the hook leaves its refusal behind, and the function `handle`, which stands before that of Wasmtime,
//! picks it up.

use super::Dial;
use super::exchange::{Exchange, Times};
use super::trust::Trust;
use crate::load::SandboxConfig;
use crate::outcome::shortened;
use crate::state::{Link, StepState};
use http::header::{CONTENT_LENGTH, HOST, HeaderName, HeaderValue};
use http::uri::{PathAndQuery, Scheme};
use std::future::ready;
use std::sync::{Arc, Mutex, PoisonError};
use stepwell_egress::{Refused, Request, decide};
use stepwell_event::{Denial, HttpRule, LimitKind, Limits, Outcome};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi_http::p2::bindings::http::outgoing_handler::Host as _;
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::p2::types::{HostFutureIncomingResponse, HostOutgoingRequest};
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
};

/// Bytes that the header fields of one message may take, in memory.
const FIELDS: usize = 32 << 10;

/// Bytes of a request's body that wait between the guest and the connection.
const CHUNK: usize = 64 << 10;

/// What `wasi:http` needs of a step.
pub(crate) struct Http {
    context: WasiHttpCtx,
    hooks: Hooks,
}

struct Hooks {
    rules: Vec<HttpRule>,
    bounds: Bounds,
    link: Arc<Link>,
    dial: Arc<dyn Dial>,
    trust: Arc<Trust>,
    sent: u64,
    /// Made for the first request that a rule is for.
    traffic: Option<Arc<Traffic>>,
    /// Why the last request was not sent, until `handle` picks it up.
    refusal: Option<Refusal>,
}

/// The limits of a step that are about requests.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    requests: u64,
    in_flight: u64,
    pub(super) request_bytes: u64,
    pub(super) response_bytes: u64,
    pub(super) millis: u64,
}

/// What the requests of a step share.
pub(super) struct Traffic {
    pub(super) bounds: Bounds,
    in_flight: Arc<Semaphore>,
    refused: Mutex<Option<Outcome>>,
}

/// A request that is not sent.
struct Refusal {
    code: ErrorCode,
    denial: Option<Denial>,
}

impl Http {
    pub(crate) fn new(
        rules: Vec<HttpRule>,
        limits: &Limits,
        config: &SandboxConfig,
        link: &Arc<Link>,
    ) -> Self {
        let mut context = WasiHttpCtx::new();
        context.set_field_size_limit(FIELDS);
        Self {
            context,
            hooks: Hooks {
                rules,
                bounds: Bounds {
                    requests: limits.http_requests,
                    in_flight: limits.http_in_flight,
                    request_bytes: limits.http_request_bytes,
                    response_bytes: limits.http_response_bytes,
                    millis: limits.http_millis,
                },
                link: Arc::clone(link),
                dial: Arc::clone(&config.dial),
                trust: Arc::clone(&config.trust),
                sent: 0,
                traffic: None,
                refusal: None,
            },
        }
    }

    /// Requests sent.
    pub(crate) fn sent(&self) -> u64 {
        self.hooks.sent
    }

    /// The limit that the last request reached, if it did.
    pub(crate) fn refused(&self) -> Option<Outcome> {
        self.hooks.traffic.as_ref()?.refused()
    }
}

impl WasiHttpView for StepState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            ctx: &mut self.network.http.context,
            table: &mut self.table,
            hooks: &mut self.network.http.hooks,
        }
    }
}

/// Links `wasi:http/types` and `wasi:http/outgoing-handler`.
pub(super) fn add_to_linker(linker: &mut Linker<StepState>) -> wasmtime::Result<()> {
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(linker)?;
    linker.allow_shadowing(true);
    linker
        .instance("wasi:http/outgoing-handler@0.2.12")?
        .func_wrap_async(
            "handle",
            |store: StoreContextMut<'_, StepState>, given: Given| Box::new(handle(store, given)),
        )?;
    linker.allow_shadowing(false);
    Ok(())
}

type Given = (
    Resource<HostOutgoingRequest>,
    Option<Resource<RequestOptions>>,
);

type Handled = (Result<Resource<HostFutureIncomingResponse>, ErrorCode>,);

async fn handle(
    mut store: StoreContextMut<'_, StepState>,
    (request, options): Given,
) -> wasmtime::Result<Handled> {
    let state = store.data_mut();
    let link = Arc::clone(&state.link);
    let handled = state.http().handle(request, options);
    let refusal = state.network.http.hooks.refusal.take();
    match (handled, refusal) {
        (Ok(response), None) => Ok((Ok(response),)),
        (Err(error), None) => Ok((Err(error.downcast()?),)),
        (handled, Some(refusal)) => {
            if let Ok(response) = handled {
                state.table.delete(response)?;
            }
            if let Some(denial) = refusal.denial {
                link.deny(denial).await;
            }
            Ok((Err(refusal.code),))
        }
    }
}

impl WasiHttpHooks for Hooks {
    /// It is written anew from the host that was decided on.
    fn set_host_header(&mut self) -> bool {
        false
    }

    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _processed: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = super::exchange::Answered> + Send> {
        match self.admit(request, options) {
            Ok(exchange) => Box::new(exchange.run()),
            Err(refusal) => {
                self.refusal = Some(refusal);
                Box::new(ready(Err(Error::HttpRequestDenied)))
            }
        }
    }

    fn p2_outgoing_body_buffer_chunks(&mut self) -> usize {
        1
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        CHUNK
    }

    // Errors are translated where they happen, and nothing of a connection belongs in the host's log.

    fn p2_error_from_hyper(&mut self, _error: &hyper::Error) -> ErrorCode {
        ErrorCode::HttpProtocolError
    }

    fn p2_error_from_connect(&mut self, _error: &std::io::Error) -> ErrorCode {
        ErrorCode::ConnectionRefused
    }

    fn p2_error_from_tls(&mut self, _error: &std::io::Error) -> ErrorCode {
        ErrorCode::TlsProtocolError
    }
}

impl Hooks {
    fn admit(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
    ) -> Result<Exchange, Refusal> {
        let (mut parts, body) = request.into_parts();
        let authority = parts
            .uri
            .authority()
            .map_or("", |authority| authority.as_str());
        let tls = parts.uri.scheme() == Some(&Scheme::HTTPS);
        let method = parts.method.as_str();
        let target = Request::new(tls, authority, method, parts.uri.path())
            .map_err(|malformed| Refusal::malformed(&parts, &malformed.to_string()))?;
        let rule =
            decide(&self.rules, &target).map_err(|refused| Refusal::denied(&target, refused))?;
        set_headers(&mut parts.headers, &target, rule)?;
        parts.uri =
            path_alone(&parts.uri).ok_or(Refusal::from(ErrorCode::HttpRequestUriInvalid))?;
        let (traffic, permit) = self.traffic(declared_length(&parts.headers))?;
        self.sent = self.sent.saturating_add(1);
        Ok(Exchange {
            request: http::Request::from_parts(parts, body),
            target,
            tls: tls.then(|| Arc::clone(&self.trust)),
            link: Arc::clone(&self.link),
            dial: Arc::clone(&self.dial),
            times: Times::new(self.bounds.millis, options),
            traffic,
            permit,
        })
    }

    /// Room for one more request.
    fn traffic(
        &mut self,
        declared: Option<u64>,
    ) -> Result<(Arc<Traffic>, OwnedSemaphorePermit), Refusal> {
        let bounds = self.bounds;
        let traffic = self
            .traffic
            .get_or_insert_with(|| Arc::new(Traffic::new(bounds)));
        let refused = |limit, value: u64, used: u64, code: ErrorCode| {
            traffic.refuse(limit, value, used);
            Err(Refusal::from(code))
        };
        if self.sent >= bounds.requests {
            let used = bounds.requests.saturating_add(1);
            let code = ErrorCode::ConnectionLimitReached;
            return refused(LimitKind::HttpRequests, bounds.requests, used, code);
        }
        if let Some(bytes) = declared.filter(|bytes| *bytes > bounds.request_bytes) {
            let code = ErrorCode::HttpRequestBodySize(Some(bounds.request_bytes));
            return refused(
                LimitKind::HttpRequestBytes,
                bounds.request_bytes,
                bytes,
                code,
            );
        }
        let Ok(permit) = Arc::clone(&traffic.in_flight).try_acquire_owned() else {
            let used = bounds.in_flight.saturating_add(1);
            let code = ErrorCode::ConnectionLimitReached;
            return refused(LimitKind::HttpInFlight, bounds.in_flight, used, code);
        };
        traffic.forget();
        Ok((Arc::clone(traffic), permit))
    }
}

impl Traffic {
    fn new(bounds: Bounds) -> Self {
        let permits = usize::try_from(bounds.in_flight).unwrap_or(usize::MAX);
        Self {
            bounds,
            in_flight: Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS))),
            refused: Mutex::default(),
        }
    }

    pub(super) fn refuse(&self, limit: LimitKind, value: u64, used: u64) {
        *self.lock() = Some(Outcome::LimitExceeded { limit, value, used });
    }

    /// A guest that could go on did not fail because of what was refused before.
    fn forget(&self) {
        *self.lock() = None;
    }

    fn refused(&self) -> Option<Outcome> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Outcome>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Refusal {
    fn malformed(parts: &http::request::Parts, why: &str) -> Self {
        let authority = parts
            .uri
            .authority()
            .map_or("", |authority| authority.as_str());
        // What is before an `@` may be a password.
        let host = authority.rsplit('@').next().unwrap_or(authority);
        let scheme = parts.uri.scheme_str().unwrap_or_default();
        let target = format!(
            "{} {scheme}://{host}{}: {why}",
            parts.method,
            parts.uri.path()
        );
        Self {
            code: ErrorCode::HttpRequestDenied,
            denial: Some(denial(target, None)),
        }
    }

    fn denied(target: &Request, refused: Refused) -> Self {
        let (text, grant) = match refused {
            Refused::NotGranted => (target.to_string(), Some(target.grant())),
            Refused::AmbiguousPath => (
                format!("{target}: servers read this path differently"),
                None,
            ),
            Refused::Method => (format!("{target}: no rule can allow this method"), None),
        };
        Self {
            code: ErrorCode::HttpRequestDenied,
            denial: Some(denial(text, grant)),
        }
    }
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self { code, denial: None }
    }
}

pub(super) fn denial(target: String, grant: Option<String>) -> Denial {
    Denial {
        capability: "http".to_owned(),
        target: shortened(target),
        grant,
    }
}

fn declared_length(headers: &http::HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The form in which a server, other than a proxy, is asked: exactly the path that was decided on.
fn path_alone(uri: &http::Uri) -> Option<http::Uri> {
    let path = uri.path();
    let path = if path.is_empty() { "/" } else { path };
    let path = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let path: PathAndQuery = path.parse().ok()?;
    Some(path.into())
}

/// Writes the host that was decided on, and the headers of the rule over those of the guest.
fn set_headers(
    headers: &mut http::HeaderMap,
    target: &Request,
    rule: &HttpRule,
) -> Result<(), Refusal> {
    let invalid = || Refusal::from(ErrorCode::ConfigurationError);
    let host = HeaderValue::try_from(target.authority()).map_err(|_| invalid())?;
    headers.insert(HOST, host);
    for (name, value) in &rule.headers {
        stepwell_egress::header_name(name).map_err(|_| invalid())?;
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid())?;
        let mut value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| invalid())?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(())
}
