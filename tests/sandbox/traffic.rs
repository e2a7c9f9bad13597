//! Requests by `wasi:http`: how many, how large and for how long.

use crate::harness::{Ran, run};
use crate::http::send;
use crate::server::{self, Line, NAME, Server, allow, hello, is_left_alone, listen, online, pour};
use stepwell_event::{HttpRule, LimitKind, Outcome};

#[test]
fn timeouts_of_any_length_are_taken() {
    let server = Server::new(listen);
    for nanos in ["0", "1"] {
        let timeout = format!("timeout={nanos}");
        let ran = send(
            server.granted(),
            &["GET", "http", &server.authority(), "/", &timeout],
        );
        let said = ran.stdout();
        assert!(
            said == "HttpResponseTimeout\n" || said == "ConnectionTimeout\n",
            "{said}"
        );
        assert_eq!(ran.outcome(), &Outcome::ExitCode { code: 1 });
    }
    let server = Server::new(hello);
    let longest = format!("timeout={}", u64::MAX);
    let ran = send(
        server.granted(),
        &["GET", "http", &server.authority(), "/", &longest],
    );
    assert_eq!(ran.succeeded(), "200 hello\n");
}

/// A guest that fails after it was refused more.
fn limited(server: &Server, kind: LimitKind, value: u64, words: &[&str]) -> Ran {
    let (sandbox, _) = online();
    run("http_send")
        .args(["mind"])
        .args(words)
        .grants(server.granted())
        .limit(kind, value)
        .go_in(&sandbox)
}

fn over_time(ran: &Ran) {
    match ran.stopped_soon().outcome() {
        Outcome::LimitExceeded {
            limit: LimitKind::HttpMillis,
            value: 300,
            used,
        } => {
            assert!(*used >= 300, "{used}");
        }
        other => panic!("{other:?}: {}", ran.stdout()),
    }
}

#[test]
fn whatever_a_server_does_the_time_of_a_request_is_bounded() {
    let drips: server::Serve = |line, _| {
        pour(
            line,
            b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n",
            b"x",
            50,
        );
    };
    let endless: server::Serve = |line, _| pour(line, b"HTTP/1.1 200 OK\r\n", b"a: b\r\n", 5);
    let continues: server::Serve = |line, _| pour(line, b"", b"HTTP/1.1 100 Continue\r\n\r\n", 5);
    for serve in [drips, endless, continues, listen] {
        let server = Server::new(serve);
        let words = ["1", "GET", "http", &server.authority(), "/"];
        over_time(&limited(&server, LimitKind::HttpMillis, 300, &words));
        assert!(is_left_alone(&server));
    }
    let (port, _listener) = server::mute();
    let (sandbox, _) = online();
    let rule = HttpRule {
        tls: true,
        port,
        ..Server::new(hello).rule()
    };
    let ran = run("http_send")
        .args(["mind", "1", "GET", "https", &format!("{NAME}:{port}"), "/"])
        .grants(allow([rule]))
        .limit(LimitKind::HttpMillis, 300)
        .go_in(&sandbox);
    over_time(&ran);
}

#[test]
fn heads_that_are_too_large_are_an_error() {
    let server = Server::new(|line, _| {
        let long = format!("a: {}\r\n", "b".repeat(1 << 20));
        let _ = line.write_all(format!("HTTP/1.1 200 OK\r\n{long}\r\n").as_bytes());
    });
    let ran = send(server.granted(), &["GET", "http", &server.authority(), "/"]);
    assert!(
        ran.stdout().starts_with("HttpResponseHeaderSectionSize"),
        "{}",
        ran.stdout()
    );
}

#[test]
fn a_guest_that_goes_on_after_a_refusal_succeeds() {
    let server = Server::new(hello);
    let (sandbox, _) = online();
    let ran = run("http_send")
        .args(["anyway", "3", "GET", "http", &server.authority(), "/"])
        .grants(server.granted())
        .limit(LimitKind::HttpRequests, 2)
        .go_in(&sandbox);
    assert_eq!(
        ran.succeeded(),
        "200 hello\n200 hello\nConnectionLimitReached\n"
    );
    assert_eq!(ran.report.usage.http_requests, 2);
    assert_eq!(server.heads().len(), 2);
}

#[test]
fn requests_that_nobody_awaits_are_few_and_end_with_their_handles() {
    let server = Server::new(listen);
    let (sandbox, _) = online();
    let ran = run("http_flood")
        .args(["10000", "GET", "http", &server.authority(), "/"])
        .grants(server.granted())
        .go_in(&sandbox);
    assert_eq!(
        ran.stdout(),
        "8 started, 9992 refused\nConnectionLimitReached\n"
    );
    let expected = Outcome::LimitExceeded {
        limit: LimitKind::HttpInFlight,
        value: 8,
        used: 9,
    };
    assert_eq!(ran.outcome(), &expected);
    assert!(server.connections().1 <= 8, "{:?}", server.connections());
    assert!(is_left_alone(&server));
}

/// Steps that run into the limits of requests.
pub(crate) fn provoke(kind: LimitKind) -> (u64, Ran) {
    let (serve, guest, value, words): (server::Serve, _, _, &[&str]) = match kind {
        LimitKind::HttpRequests => (hello, "http_send", 2, &["3", "GET"]),
        LimitKind::HttpInFlight => (listen, "http_flood", 2, &["3", "GET"]),
        LimitKind::HttpRequestBytes => (listen, "http_send", 10_000, &["1", "POST"]),
        LimitKind::HttpResponseBytes => (endless, "http_send", 10_000, &["1", "GET"]),
        _ => (listen, "http_send", 300, &["1", "GET"]),
    };
    let server = Server::new(serve);
    let (sandbox, _) = online();
    let mut step = run(guest);
    if guest == "http_send" {
        step = step.args(["mind"]);
    }
    let ran = step
        .args(words)
        .args(["http", &server.authority(), "/"])
        .args((kind == LimitKind::HttpRequestBytes).then_some("body=20000"))
        .grants(server.granted())
        .limit(kind, value)
        .go_in(&sandbox);
    (value, ran)
}

fn endless(line: &mut dyn Line, _head: &str) {
    pour(line, b"HTTP/1.1 200 OK\r\n\r\n", &[b'x'; 1024], 0);
}
