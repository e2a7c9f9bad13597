//! One request and its response: connecting, TLS, HTTP/1.1, and the time that they may take.

use super::body::{RequestBody, ResponseBody};
use super::http::{Traffic, denial};
use super::trust::Trust;
use super::{Dial, DialError};
use crate::state::Link;
use http_body_util::BodyExt as _;
use hyper::client::conn::http1;
use std::error::Error as _;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;
use stepwell_egress::{Host, Request};
use stepwell_event::LimitKind;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::rustls::{self, pki_types::ServerName};
use wasmtime_wasi_http::io::TokioIo;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

/// How long connecting and the handshake of TLS may take together.
const CONNECT: Duration = Duration::from_secs(10);

/// The head of a response, and what is read ahead of its body.
const BUFFER: usize = 64 << 10;

/// Header lines of a response.
const LINES: usize = 256;

/// A response, and what has to be polled for its body to come.
pub(super) type Answered = Result<
    (
        http::Response<WasiBody>,
        Box<dyn Future<Output = Result<(), Error>> + Send>,
    ),
    Error,
>;

/// A request that may be sent.
pub(super) struct Exchange {
    pub(super) request: http::Request<WasiBody>,
    pub(super) target: Request,
    pub(super) tls: Option<Arc<Trust>>,
    pub(super) link: Arc<Link>,
    pub(super) dial: Arc<dyn Dial>,
    pub(super) times: Times,
    pub(super) traffic: Arc<Traffic>,
    pub(super) permit: OwnedSemaphorePermit,
}

/// When what must have happened. A guest's own timeouts can only make it earlier.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    began: Instant,
    over: Instant,
    connect: Duration,
    first_byte: Duration,
    between_bytes: Duration,
}

impl Times {
    pub(super) fn new(millis: u64, options: Option<RequestOptions>) -> Self {
        let most = Duration::from_millis(millis);
        let options = options.unwrap_or_default();
        // Less than a millisecond is less than the clock tells apart.
        let chosen = |time: Option<Duration>, most: Duration| {
            time.map_or(most, |time| time.max(Duration::from_millis(1)).min(most))
        };
        let began = Instant::now();
        Self {
            began,
            over: after(began, most),
            connect: chosen(options.connect_timeout, most.min(CONNECT)),
            first_byte: chosen(options.first_byte_timeout, most),
            between_bytes: chosen(options.between_bytes_timeout, most),
        }
    }

    /// When the body has been silent for too long, if it is from now on.
    pub(super) fn end_of_silence(&self) -> Instant {
        after(Instant::now(), self.between_bytes).min(self.over)
    }

    pub(super) fn is_over(&self) -> bool {
        Instant::now() >= self.over
    }

    /// Says that the limit was reached.
    pub(super) fn refuse(&self, traffic: &Traffic) {
        let used = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let value = traffic.bounds.millis;
        traffic.refuse(LimitKind::HttpMillis, value, used.max(value));
    }

    /// Waits for `work` no longer than `time`, and not beyond the end.
    async fn bounded<T>(
        &self,
        time: Duration,
        traffic: &Traffic,
        late: Error,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let end = after(Instant::now(), time).min(self.over);
        match timeout_at(end, work).await {
            Ok(result) => result,
            Err(_) => {
                if self.is_over() {
                    self.refuse(traffic);
                }
                Err(late)
            }
        }
    }
}

fn after(instant: Instant, time: Duration) -> Instant {
    // A day is more than any step gets.
    let day = Duration::from_secs(24 * 60 * 60);
    instant.checked_add(time.min(day)).unwrap_or(instant)
}

/// A connection, with or without TLS.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Exchange {
    /// Sends the request and waits for the head of the response. Redirects are not followed: the guest
    /// sees them, and what it asks for then is decided on anew.
    pub(super) async fn run(self) -> Answered {
        let Self {
            request,
            target,
            tls,
            link,
            dial,
            times,
            traffic,
            permit,
        } = self;
        let opening = open(&target, tls.as_deref(), dial.as_ref(), &link);
        let stream = times
            .bounded(times.connect, &traffic, Error::ConnectionTimeout, opening)
            .await?;
        let (mut sender, connection) = http1::Builder::new()
            .max_buf_size(BUFFER)
            .max_headers(LINES)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| translated(&error))?;
        let request = request.map(|body| RequestBody::new(body, Arc::clone(&traffic)));
        let mut connection = Box::pin(connection);
        let mut is_open = true;
        let answering = async {
            let mut sending = pin!(sender.send_request(request));
            let answer = tokio::select! {
                answer = &mut sending => answer,
                ended = &mut connection => {
                    is_open = false;
                    // A server may hang up as soon as it has answered. If it has not, what went
                    // wrong with the connection says more than that it is gone.
                    match (sending.await, ended) {
                        (Err(_), Err(error)) => Err(error),
                        (answer, _) => answer,
                    }
                }
            };
            answer.map_err(|error| translated(&error))
        };
        let response = times
            .bounded(
                times.first_byte,
                &traffic,
                Error::HttpResponseTimeout,
                answering,
            )
            .await?;
        let response =
            response.map(|body| ResponseBody::new(body, permit, times, traffic).boxed_unsync());
        let rest = async move {
            if is_open {
                // How it ends, the body tells. It is closed when the time is over, even if nobody
                // reads the body.
                let _ = timeout_at(times.over, connection).await;
            }
            Ok(())
        };
        Ok((response, Box::new(rest)))
    }
}

async fn open(
    target: &Request,
    tls: Option<&Trust>,
    dial: &dyn Dial,
    link: &Link,
) -> Result<Pin<Box<dyn Stream>>, Error> {
    let host = target.host().to_string();
    let stream = match dial.dial(&host, target.port()).await {
        Ok(stream) => stream,
        Err(DialError::Denied(why)) => {
            link.deny(denial(format!("{target}: {why}"), None)).await;
            return Err(Error::DestinationIpProhibited);
        }
        Err(DialError::NoAddress) => {
            return Err(Error::DnsError {
                rcode: None,
                info_code: None,
            });
        }
        Err(DialError::Failed(_)) => return Err(Error::ConnectionRefused),
    };
    let stream = tokio_stream(stream).map_err(|_| Error::ConnectionTerminated)?;
    let Some(trust) = tls else {
        return Ok(Box::pin(stream));
    };
    let connector = trust.connector().map_err(|_| Error::ConfigurationError)?;
    let name = match target.host() {
        Host::Name(name) => {
            ServerName::try_from(name.clone()).map_err(|_| Error::TlsCertificateError)?
        }
        Host::Address(address) => ServerName::from(*address),
    };
    let stream = connector.connect(name, stream).await.map_err(|error| {
        let cause = error.get_ref().and_then(|cause| cause.downcast_ref());
        match cause {
            Some(rustls::Error::InvalidCertificate(_)) => Error::TlsCertificateError,
            _ => Error::TlsProtocolError,
        }
    })?;
    Ok(Box::pin(stream))
}

fn tokio_stream(stream: std::net::TcpStream) -> std::io::Result<TcpStream> {
    stream.set_nonblocking(true)?;
    stream.set_nodelay(true)?;
    TcpStream::from_std(stream)
}

/// The error of a connection, in the words of `wasi:http`.
pub(super) fn translated(error: &hyper::Error) -> Error {
    if let Some(Error::HttpRequestBodySize(size)) = error.source().and_then(|it| it.downcast_ref())
    {
        return Error::HttpRequestBodySize(*size);
    }
    if error.is_parse_too_large() {
        Error::HttpResponseHeaderSectionSize(None)
    } else if error.is_incomplete_message() {
        Error::HttpResponseIncomplete
    } else if error.is_canceled() || error.is_closed() {
        Error::ConnectionTerminated
    } else {
        Error::HttpProtocolError
    }
}
