//! Requests by `wasi:http`: what is sent, what is refused and told, and what is too much.

use crate::harness::{Ran, run};
use crate::server::{self, Line, NAME, Server, allow, hello, online};
use std::io::Write as _;
use stepwell_event::{Denial, Grants, HttpRule, Outcome};

/// One request by a guest that fails if the request does.
pub(crate) fn send(grants: Grants, words: &[&str]) -> Ran {
    let (sandbox, _) = online();
    run("http_send")
        .args(["mind", "1"])
        .args(words)
        .grants(grants)
        .go_in(&sandbox)
}

fn denied(target: &str, grant: Option<&str>) -> Denial {
    Denial {
        capability: "http".to_owned(),
        target: target.to_owned(),
        grant: grant.map(str::to_owned),
    }
}

#[test]
fn a_granted_request_is_sent_and_answered() {
    let server = Server::new(hello);
    let (sandbox, spy) = online();
    let ran = run("http_send")
        .args([
            "mind",
            "3",
            "GET",
            "http",
            &server.authority(),
            "/a?b=c",
            "header=x-y:z",
        ])
        .grants(server.granted())
        .go_in(&sandbox);
    assert_eq!(ran.succeeded(), "200 hello\n200 hello\n200 hello\n");
    assert_eq!(ran.report.usage.http_requests, 3);
    assert_eq!(ran.denials(), []);
    let head = format!(
        "GET /a?b=c HTTP/1.1\r\nx-y: z\r\nhost: {}\r\n\r\n",
        server.authority()
    );
    assert_eq!(server.heads(), [head.clone(), head.clone(), head]);
    assert_eq!(
        spy.asked(),
        [server.authority(), server.authority(), server.authority()]
    );
}

#[test]
fn tls_is_spoken_with_whoever_shows_a_certificate_that_is_trusted_and_for_the_name() {
    let server = Server::with_tls(hello);
    let rule = |host: &str| HttpRule {
        tls: true,
        host: host.to_owned(),
        ..server.rule()
    };
    let to = |host: &str| format!("{host}:{}", server.port);
    let grants = allow([rule(NAME), rule("other.example")]);
    let ran = send(grants.clone(), &["GET", "https", &to(NAME), "/"]);
    assert_eq!(ran.succeeded(), "200 hello\n");
    let ran = send(grants.clone(), &["GET", "https", &to("other.example"), "/"]);
    assert_eq!(ran.stdout(), "TlsCertificateError\n");
    let (port, listener) = server::mute();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    let grants = allow([HttpRule { port, ..rule(NAME) }]);
    let ran = send(grants, &["GET", "https", &format!("{NAME}:{port}"), "/"]);
    assert_eq!(ran.stdout(), "TlsProtocolError\n");
}

#[test]
fn without_a_rule_nothing_is_looked_up_and_the_denial_says_what_would_grant_it() {
    let (sandbox, spy) = online();
    let ran = run("http_send")
        .args([
            "mind",
            "1",
            "GET",
            "https",
            "api.example.com",
            "/v1?token=secret",
        ])
        .go_in(&sandbox);
    assert_eq!(ran.stdout(), "HttpRequestDenied\n");
    assert_eq!(ran.outcome(), &Outcome::ExitCode { code: 1 });
    let grant = r#"allow = { hosts = [{ host = "api.example.com", methods = ["GET"] }] }"#;
    let expected = denied("GET https://api.example.com:443/v1", Some(grant));
    assert_eq!(ran.denials(), [expected]);
    assert_eq!(ran.report.usage.http_requests, 0);
    assert_eq!(spy.asked(), Vec::<String>::new());
}

#[test]
fn other_spellings_of_this_machine_and_its_networks_are_denied() {
    let server = Server::new(hello);
    let (sandbox, spy) = online();
    let port = server.port;
    for host in [
        "127.0.0.1",
        "[::1]",
        "0.0.0.0",
        "169.254.169.254",
        "10.0.0.1",
        "[fc00::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "2130706433",
        "0x7f.1",
        "0177.1",
        "localhost",
        "localhost.",
        "api.example.evil.com",
        "evil.com",
    ] {
        let ran = run("http_send")
            .args(["mind", "1", "GET", "http", &format!("{host}:{port}"), "/"])
            .grants(server.granted())
            .go_in(&sandbox);
        assert_eq!(ran.stdout(), "HttpRequestDenied\n", "{host}");
        assert_eq!(ran.denials().len(), 1, "{host}");
    }
    for authority in [NAME, "api.example:22", "api.example:25", "user@api.example"] {
        let ran = run("http_send")
            .args(["mind", "1", "GET", "http", authority, "/"])
            .grants(server.granted())
            .go_in(&sandbox);
        assert_eq!(ran.stdout(), "HttpRequestDenied\n", "{authority}");
    }
    assert_eq!(spy.asked(), Vec::<String>::new());
    let spelled = format!("API.Example.:{port}");
    let ran = send(server.granted(), &["GET", "http", &spelled, "/"]);
    assert_eq!(ran.succeeded(), "200 hello\n");
    assert!(server.heads()[0].contains(&format!("host: {}\r\n", server.authority())));
}

#[test]
fn a_password_in_an_authority_is_not_told() {
    let ran = send(
        Grants::default(),
        &["GET", "http", "me:geheim@evil.com", "/"],
    );
    let expected = denied(
        "GET http://evil.com/: there is a user before the host",
        None,
    );
    assert_eq!(ran.denials(), [expected]);
}

#[test]
fn a_granted_name_that_leads_to_a_private_address_is_denied() {
    let rule = HttpRule {
        host: "private.example".to_owned(),
        port: 80,
        ..Server::new(hello).rule()
    };
    let ran = send(allow([rule]), &["GET", "http", "private.example", "/"]);
    assert_eq!(ran.stdout(), "DestinationIpProhibited\n");
    let target =
        "GET http://private.example:80/: 10.0.0.1 is not an address of the public internet";
    assert_eq!(ran.denials(), [denied(target, None)]);
}

#[test]
fn names_without_an_address_and_closed_ports_are_ordinary_errors() {
    let (port, listener) = server::mute();
    assert!(server::reaches(port));
    drop(listener);
    let rule = |host: &str| HttpRule {
        host: host.to_owned(),
        port,
        ..Server::new(hello).rule()
    };
    let grants = allow([rule("nowhere.example"), rule(NAME)]);
    let ran = send(
        grants.clone(),
        &["GET", "http", &format!("nowhere.example:{port}"), "/"],
    );
    assert!(ran.stdout().starts_with("DnsError"), "{}", ran.stdout());
    let ran = send(grants, &["GET", "http", &format!("{NAME}:{port}"), "/"]);
    assert_eq!(ran.stdout(), "ConnectionRefused\n");
    assert_eq!(ran.denials(), []);
}

#[test]
fn a_redirect_is_the_guests_to_follow_and_is_decided_on_anew() {
    let server = Server::new(|line, _| {
        let _ = line.write_all(
            b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/latest\r\ncontent-length: 0\r\n\r\n",
        );
    });
    let (sandbox, spy) = online();
    let ran = run("http_follow")
        .args(["GET", "http", &server.authority(), "/"])
        .grants(server.granted())
        .go_in(&sandbox);
    assert_eq!(
        ran.succeeded(),
        "302 http://169.254.169.254/latest\nHttpRequestDenied\n"
    );
    let grant =
        r#"allow = { hosts = [{ host = "169.254.169.254", scheme = "http", methods = ["GET"] }] }"#;
    let expected = denied("GET http://169.254.169.254:80/latest", Some(grant));
    assert_eq!(ran.denials(), [expected]);
    assert_eq!(spy.asked(), [server.authority()]);
}

#[test]
fn methods_and_paths_are_part_of_a_rule() {
    let server = Server::new(hello);
    let rule = HttpRule {
        methods: vec!["GET".to_owned()],
        paths: vec!["/v1/**".to_owned()],
        ..server.rule()
    };
    let check = |method: &str, path: &str, expect: &str| {
        let ran = send(
            allow([rule.clone()]),
            &[method, "http", &server.authority(), path],
        );
        assert_eq!(ran.stdout(), format!("{expect}\n"), "{method} {path}");
    };
    check("GET", "/v1/a", "200 hello");
    check("POST", "/v1/a", "HttpRequestDenied");
    check("get", "/v1/a", "HttpRequestDenied");
    check("GET", "/v2", "HttpRequestDenied");
    check("GET", "/v1/../v2", "HttpRequestDenied");
    check("GET", "/v1/%2e%2e/v2", "HttpRequestDenied");
    let ran = send(
        server.granted(),
        &["TRACE", "http", &server.authority(), "/"],
    );
    assert_eq!(ran.stdout(), "HttpRequestDenied\n");
    let ran = send(
        server.granted(),
        &["CONNECT", "http", &server.authority(), "/"],
    );
    assert_eq!(ran.stdout(), "HttpRequestDenied\n");
    assert_eq!(server.heads().len(), 1);
}

#[test]
fn what_is_no_request_is_never_on_the_wire() {
    let server = Server::new(hello);
    let check = |words: &[&str], expect: &str| {
        let authority = server.authority();
        let mut all = vec!["GET", "http", &authority];
        all.extend(words);
        let ran = send(server.granted(), &all);
        assert_eq!(ran.stdout(), format!("{expect}\n"), "{words:?}");
    };
    check(&["http://evil/"], "bad path");
    check(&["*"], "bad path");
    check(&["/ HTTP/1.1\r\nx: y"], "bad path");
    check(&["/a b"], "bad path");
    check(&["/", "header=host:evil"], "host: HeaderError::Forbidden");
    check(
        &["/", "header=Transfer-Encoding:chunked"],
        "Transfer-Encoding: HeaderError::Forbidden",
    );
    check(
        &["/", "header=connection:upgrade"],
        "connection: HeaderError::Forbidden",
    );
    check(&["/", "header=a:b\r\nc"], "a: HeaderError::InvalidSyntax");
    check(&["/", "header=a b:c"], "a b: HeaderError::InvalidSyntax");
    assert_eq!(server.heads(), Vec::<String>::new());
    // Two slashes are a path to this server, not another one.
    check(&["//evil"], "200 hello");
    assert!(server.heads()[0].starts_with("GET //evil HTTP/1.1\r\n"));
}

#[test]
fn too_many_header_fields_end_the_step() {
    let server = Server::new(hello);
    let (sandbox, _) = online();
    let long = format!("header=x:{}", "y".repeat(4 << 10));
    let ran = run("http_send")
        .args(["mind", "1", "GET", "http", &server.authority(), "/"])
        .args(std::iter::repeat_n(long, 9))
        .grants(server.granted())
        .go_in(&sandbox);
    assert!(
        matches!(ran.outcome(), Outcome::Trapped { .. }),
        "{:?}",
        ran.outcome()
    );
    assert_eq!(server.heads(), Vec::<String>::new());
}

fn takes_the_body(line: &mut dyn Line, head: &str) {
    let mut text = Vec::new();
    let mut part = [0; 4096];
    while !text.ends_with(b"0\r\n\r\n") {
        match line.read(&mut part) {
            Ok(len) if len > 0 => text.extend(&part[..len]),
            _ => return,
        }
    }
    let chunks = text.iter().filter(|byte| **byte == b'x').count();
    assert!(head.contains("transfer-encoding: chunked"));
    let body = chunks.to_string();
    let _ = write!(
        line,
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
}

#[test]
fn a_body_is_sent_and_writes_of_nothing_are_nothing() {
    let server = Server::new(takes_the_body);
    let words = [
        "POST",
        "http",
        &server.authority(),
        "/",
        "body=70000",
        "empty=1",
    ];
    let ran = send(server.granted(), &words);
    assert_eq!(ran.succeeded(), "200 70000\n");
}

#[test]
fn a_header_of_a_rule_reaches_the_server_and_nobody_else() {
    const CANARY: &str = "kanarienvogel-7f3a9c";
    let server = Server::with_tls(hello);
    let rule = HttpRule {
        tls: true,
        headers: vec![("authorization".to_owned(), format!("Bearer {CANARY}"))],
        ..server.rule()
    };
    let other = HttpRule {
        port: 1,
        ..rule.clone()
    };
    let backwards: String = CANARY.chars().rev().collect();
    let (sandbox, _) = online();
    let ran = run("http_reveal")
        .args([&backwards, "GET", "https", &server.authority(), "/"])
        .args(["header=authorization:Bearer mine"])
        .grants(allow([rule, other]))
        .go_in(&sandbox);
    let said = ran.succeeded();
    assert!(
        said.contains("authorization\n") && said.contains("200\n"),
        "{said}"
    );
    assert!(said.contains("\n0 in what it can ask for\n0 in "), "{said}");
    assert!(said.contains("decoy found: true"), "{said}");
    assert!(!format!("{:?} {:?}", ran.report, ran.events).contains(CANARY));
    let head = server.heads().concat();
    assert!(
        head.contains(&format!("authorization: Bearer {CANARY}\r\n")),
        "{head}"
    );
    assert!(!head.contains("mine"), "{head}");
}
