//! A client of `wasi:http`, told by words what to send.

use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, IncomingResponse, Method, OutgoingBody,
    OutgoingRequest, RequestOptions, Scheme,
};

/// What to send.
#[derive(Default)]
pub struct Call {
    method: String,
    scheme: String,
    authority: String,
    path: String,
    headers: Vec<(String, String)>,
    /// Bytes of a body.
    body: Option<usize>,
    /// Writes of nothing before it.
    empty: usize,
    /// Nanoseconds.
    timeout: Option<u64>,
}

impl Call {
    /// From `METHOD scheme authority path` and words such as `header=name:value`.
    pub fn new(words: impl IntoIterator<Item = String>) -> Self {
        let mut words = words.into_iter();
        let mut next = || words.next().expect("too few words");
        let mut call = Self {
            method: next(),
            scheme: next(),
            authority: next(),
            path: next(),
            ..Self::default()
        };
        for word in words {
            let (key, value) = word.split_once('=').expect("a word has a `=`");
            match key {
                "header" => {
                    let (name, value) = value.split_once(':').expect("a header has a `:`");
                    call.headers.push((name.to_owned(), value.to_owned()));
                }
                "body" => call.body = value.parse().ok(),
                "empty" => call.empty = value.parse().expect("a number"),
                "timeout" => call.timeout = value.parse().ok(),
                _ => panic!("unknown word {key}"),
            }
        }
        call
    }

    /// The request, or what is wrong with it.
    pub fn request(&self) -> Result<OutgoingRequest, String> {
        let fields = Fields::new();
        for (name, value) in &self.headers {
            fields
                .append(name, value.as_bytes())
                .map_err(|error| format!("{name}: {error:?}"))?;
        }
        let request = OutgoingRequest::new(fields);
        let method = match self.method.as_str() {
            "GET" => Method::Get,
            "POST" => Method::Post,
            "CONNECT" => Method::Connect,
            "TRACE" => Method::Trace,
            other => Method::Other(other.to_owned()),
        };
        let scheme = match self.scheme.as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            other => Scheme::Other(other.to_owned()),
        };
        request.set_method(&method).map_err(|()| "bad method")?;
        request
            .set_scheme(Some(&scheme))
            .map_err(|()| "bad scheme")?;
        request
            .set_authority(Some(&self.authority))
            .map_err(|()| "bad authority")?;
        request
            .set_path_with_query(Some(&self.path))
            .map_err(|()| "bad path")?;
        Ok(request)
    }

    /// Sends it, without waiting for the response.
    pub fn start(&self) -> Result<FutureIncomingResponse, String> {
        self.start_with(self.request()?)
    }

    /// Sends a request that was made by [`Self::request`].
    pub fn start_with(&self, request: OutgoingRequest) -> Result<FutureIncomingResponse, String> {
        let body = self
            .body
            .map(|_| request.body().map_err(|()| "bad body"))
            .transpose()?;
        let options = self.timeout.map(|nanos| {
            let options = RequestOptions::new();
            let set = [
                options.set_connect_timeout(Some(nanos)),
                options.set_first_byte_timeout(Some(nanos)),
                options.set_between_bytes_timeout(Some(nanos)),
            ];
            assert_eq!(set, [Ok(()); 3]);
            options
        });
        let response = handle(request, options).map_err(name)?;
        if let (Some(body), Some(len)) = (body, self.body) {
            let stream = body.write().expect("a stream");
            let mut written = Ok(());
            for _ in 0..self.empty {
                written = written.and_then(|()| stream.check_write().map(drop));
                written = written.and_then(|()| stream.write(&[]));
            }
            let mut left = len;
            while left > 0 && written.is_ok() {
                let part = left.min(4096);
                written = stream.blocking_write_and_flush(&vec![b'x'; part]);
                left -= part;
            }
            drop(stream);
            if written.is_ok() {
                OutgoingBody::finish(body, None).map_err(name)?;
            }
        }
        Ok(response)
    }

    /// Sends it and waits for all of the response: its status and its body.
    pub fn send(&self) -> Result<(u16, String), String> {
        receive(self.start()?)
    }
}

/// Waits for a response: its status and its body.
pub fn receive(future: FutureIncomingResponse) -> Result<(u16, String), String> {
    read(head(future)?)
}

/// Waits for the head of a response.
pub fn head(future: FutureIncomingResponse) -> Result<IncomingResponse, String> {
    let pollable = future.subscribe();
    pollable.block();
    drop(pollable);
    let answer = future.get().expect("it is ready").expect("it is the first");
    answer.map_err(name)
}

/// Reads the body of a response.
pub fn read(response: IncomingResponse) -> Result<(u16, String), String> {
    let status = response.status();
    let body = response.consume().expect("a body");
    let stream = body.stream().expect("a stream");
    let mut text = Vec::new();
    loop {
        match stream.blocking_read(1 << 16) {
            Ok(bytes) => text.extend(bytes),
            Err(wasip2::io::streams::StreamError::Closed) => break,
            Err(error) => return Err(format!("{status}, then {error:?}")),
        }
    }
    Ok((status, String::from_utf8_lossy(&text).into_owned()))
}

fn name(code: ErrorCode) -> String {
    format!("{code:?}").replace("ErrorCode::", "")
}
