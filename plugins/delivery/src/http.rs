//! The request itself, by `wasi:http`.

use crate::target::{MOST_ANSWER, Target};
use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{
    ErrorCode, Fields, IncomingResponse, Method, OutgoingBody, OutgoingRequest, RequestOptions,
    Scheme,
};

/// Nanoseconds for each part of the exchange.
const PATIENCE: u64 = 30_000_000_000;

/// The most bytes that a stream takes at once.
const CHUNK: usize = 4096;

/// Sends the JSON text `body`, which is known by `key`, to where the user configured, and says in one
/// line what came of it.
///
/// # Errors
///
/// The configuration does not fit, or the target did not take it.
pub fn tell(config: &str, key: &str, body: &str) -> Result<String, String> {
    let target = Target::new(config)?;
    let (status, answer) = post(&target, key, body.as_bytes())
        .map_err(|problem| format!("cannot tell {}: {problem}", target.authority))?;
    target.told(status, &answer)
}

fn post(target: &Target, key: &str, body: &[u8]) -> Result<(u16, Vec<u8>), String> {
    let request = request(target, key, body.len())?;
    let outgoing = request.body().map_err(|()| "the body was taken")?;
    let options = RequestOptions::new();
    let timeouts = [
        options.set_connect_timeout(Some(PATIENCE)),
        options.set_first_byte_timeout(Some(PATIENCE)),
        options.set_between_bytes_timeout(Some(PATIENCE)),
    ];
    if timeouts.contains(&Err(())) {
        return Err("this host knows no timeouts".to_owned());
    }
    let response = handle(request, Some(options)).map_err(told)?;
    // The server may answer before it has read all, so what it says counts, not that writing ended.
    let written = write(outgoing, body);
    let ready = response.subscribe();
    ready.block();
    drop(ready);
    let answer = response
        .get()
        .and_then(Result::ok)
        .ok_or("there is no answer")?;
    match (answer, written) {
        (Ok(answer), _) => read(&answer),
        (Err(code), _) => Err(told(code)),
    }
}

fn request(target: &Target, key: &str, length: usize) -> Result<OutgoingRequest, String> {
    let fields = Fields::new();
    for (name, value) in &target.fields(key, length) {
        fields
            .append(name, value.as_bytes())
            .map_err(|error| format!("header `{name}` cannot be sent: {error:?}"))?;
    }
    let request = OutgoingRequest::new(fields);
    let scheme = if target.is_https {
        Scheme::Https
    } else {
        Scheme::Http
    };
    let set = request
        .set_method(&Method::Post)
        .and_then(|()| request.set_scheme(Some(&scheme)))
        .and_then(|()| request.set_authority(Some(&target.authority)))
        .and_then(|()| request.set_path_with_query(Some(&target.path)));
    set.map_err(|()| "input `url` is no address of the web")?;
    Ok(request)
}

fn write(outgoing: OutgoingBody, body: &[u8]) -> Result<(), String> {
    let stream = outgoing.write().map_err(|()| "the body was taken")?;
    for chunk in body.chunks(CHUNK) {
        stream
            .blocking_write_and_flush(chunk)
            .map_err(|error| format!("{error:?}"))?;
    }
    drop(stream);
    OutgoingBody::finish(outgoing, None).map_err(told)
}

/// The status and the begin of the answer, whatever becomes of the rest.
fn read(answer: &IncomingResponse) -> Result<(u16, Vec<u8>), String> {
    let mut bytes = Vec::new();
    if let Ok(incoming) = answer.consume()
        && let Ok(stream) = incoming.stream()
    {
        while bytes.len() < MOST_ANSWER
            && let Ok(more) = stream.blocking_read((MOST_ANSWER - bytes.len()) as u64)
        {
            bytes.extend(more);
        }
    }
    Ok((answer.status(), bytes))
}

fn told(code: ErrorCode) -> String {
    match code {
        ErrorCode::HttpRequestDenied => {
            "the request was denied; grant its host with `allow.hosts`".to_owned()
        }
        code => format!("{code:?}"),
    }
}
