//! The bodies of a request and of its response, counted.

use super::exchange::{Times, translated};
use super::http::Traffic;
use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use stepwell_event::LimitKind;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Sleep, sleep_until};
use wasmtime_wasi_http::Error;

/// What a guest sends.
pub(super) struct RequestBody {
    inner: UnsyncBoxBody<Bytes, Error>,
    sent: u64,
    traffic: Arc<Traffic>,
}

impl RequestBody {
    pub(super) fn new(inner: UnsyncBoxBody<Bytes, Error>, traffic: Arc<Traffic>) -> Self {
        Self {
            inner,
            sent: 0,
            traffic,
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        loop {
            let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
            if let Some(Ok(frame)) = &frame
                && let Some(data) = frame.data_ref()
            {
                if data.is_empty() {
                    continue;
                }
                self.sent = self.sent.saturating_add(data.len() as u64);
                let limit = self.traffic.bounds.request_bytes;
                if self.sent > limit {
                    self.traffic
                        .refuse(LimitKind::HttpRequestBytes, limit, self.sent);
                    return Poll::Ready(Some(Err(Error::HttpRequestBodySize(Some(limit)))));
                }
            }
            return Poll::Ready(frame);
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// What a server answers. The request is in flight until it ends, or nobody wants it any more.
pub(super) struct ResponseBody {
    /// `None` once it has ended.
    inner: Option<(Incoming, OwnedSemaphorePermit)>,
    received: u64,
    times: Times,
    alarm: Pin<Box<Sleep>>,
    traffic: Arc<Traffic>,
}

impl ResponseBody {
    pub(super) fn new(
        inner: Incoming,
        permit: OwnedSemaphorePermit,
        times: Times,
        traffic: Arc<Traffic>,
    ) -> Self {
        let inner = (!inner.is_end_stream()).then_some((inner, permit));
        Self {
            inner,
            received: 0,
            times,
            alarm: Box::pin(sleep_until(times.end_of_silence())),
            traffic,
        }
    }

    fn fail(&mut self, error: Error) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.inner = None;
        Poll::Ready(Some(Err(error)))
    }

    /// The error after a silence: that of the limit, or that of the guest's own timeout.
    fn too_late(&self) -> Error {
        if self.times.is_over() {
            self.times.refuse(&self.traffic);
            Error::HttpResponseTimeout
        } else {
            Error::ConnectionReadTimeout
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Some((inner, _)) = &mut self.inner else {
            return Poll::Ready(None);
        };
        match Pin::new(inner).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                let len = frame.data_ref().map_or(0, Bytes::len) as u64;
                self.received = self.received.saturating_add(len);
                let limit = self.traffic.bounds.response_bytes;
                if self.received > limit {
                    let received = self.received;
                    self.traffic
                        .refuse(LimitKind::HttpResponseBytes, limit, received);
                    return self.fail(Error::HttpResponseBodySize(Some(limit)));
                }
                if self.times.is_over() {
                    let error = self.too_late();
                    return self.fail(error);
                }
                let end = self.times.end_of_silence();
                self.alarm.as_mut().reset(end);
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                // The connection is closed when the time is over.
                let error = if self.times.is_over() {
                    self.too_late()
                } else {
                    translated(&error)
                };
                self.fail(error)
            }
            Poll::Ready(None) => {
                self.inner = None;
                Poll::Ready(None)
            }
            Poll::Pending => {
                ready!(self.alarm.as_mut().poll(context));
                let error = self.too_late();
                self.fail(error)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_none()
    }
}
