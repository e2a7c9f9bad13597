use super::*;
use proptest::prelude::*;

fn rule(text: &str) -> HttpRule {
    let mut words = text.split(' ');
    let (scheme, rest) = words.next().unwrap().split_once("://").unwrap();
    let (host, port) = rest.rsplit_once(':').unwrap();
    let (paths, methods): (Vec<&str>, Vec<&str>) = words.partition(|word| word.starts_with('/'));
    let owned = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect();
    HttpRule {
        tls: scheme == "https",
        host: host.to_owned(),
        port: port.parse().unwrap(),
        methods: owned(methods),
        paths: owned(paths),
        headers: Vec::new(),
    }
}

fn request(method: &str, url: &str) -> Result<Request, Malformed> {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    Request::new(scheme == "https", authority, method, path)
}

#[test]
fn the_first_rule_that_is_for_a_request_decides() {
    let rules = [
        "https://api.example.com:443 GET /v1/** /health",
        "https://api.example.com:443 GET POST /v1/items/*",
        "https://*.example.org:443",
        "http://mirror.example:8080 GET",
        "https://192.0.2.7:443",
        "https://2001:db8::1:443",
    ]
    .map(rule);
    let check = |asked: &str, expect: Result<usize, Refused>| {
        let (method, url) = asked.split_once(' ').unwrap();
        let request = request(method, url).unwrap();
        let decided = decide(&rules, &request)
            .map(|rule| rules.iter().position(|known| known == rule).unwrap());
        assert_eq!(decided, expect, "{asked}");
    };
    let none = Err(Refused::NotGranted);
    check("GET https://api.example.com/v1/items/7", Ok(0));
    check("GET https://API.EXAMPLE.COM.:443/v1/?q=/../x", Ok(0));
    check("GET https://api.example.com/health?now", Ok(0));
    check("POST https://api.example.com/v1/items/7", Ok(1));
    check("POST https://api.example.com/v1/items/7/8", none);
    check("get https://api.example.com/health", none);
    check("DELETE https://api.example.com/health", none);
    check("GET https://api.example.com/", none);
    check("GET https://api.example.com", none);
    check("GET http://api.example.com/health", none);
    check("GET http://api.example.com:443/health", none);
    check("GET https://api.example.com:8443/health", none);
    check("GET https://api.example.com:22/health", none);
    check("GET https://api.example.com.evil.com/health", none);
    check("GET https://evilapi.example.com/health", none);
    check("GET https://xn--pi-7kc.example.com/health", none);
    check("GET https://a.b.example.org/any/..;/thing", Ok(2));
    check("PATCH https://a.example.org/%2e%2e/x", Ok(2));
    check("GET https://example.org/", none);
    check("GET http://mirror.example:8080/a", Ok(3));
    check("PUT http://mirror.example:8080/a", none);
    check("GET http://mirror.example/a", none);
    check("GET https://192.0.2.7/a", Ok(4));
    check("GET https://[::ffff:192.0.2.7]/a", Ok(4));
    check("GET https://[2001:DB8:0::1]/a", Ok(5));
    let ambiguous = Err(Refused::AmbiguousPath);
    check("GET https://api.example.com/v1/../admin", ambiguous);
    check("GET https://api.example.com/v1/%2e%2E/admin", ambiguous);
    check("GET https://api.example.com/v1/%2Fadmin", ambiguous);
    check("GET https://api.example.com/v1/..;/admin", ambiguous);
    check("CONNECT https://a.example.org/", Err(Refused::Method));
    check("TRACE https://a.example.org/", Err(Refused::Method));
}

#[test]
fn without_rules_nothing_is_allowed() {
    let request = request("GET", "https://example.com/").unwrap();
    assert_eq!(decide(&[], &request), Err(Refused::NotGranted));
    assert!(!may_dial(&Grants::default(), "example.com", 443));
}

#[test]
fn what_is_no_request_is_told() {
    let check = |method: &str, url: &str, expect: Malformed| {
        assert_eq!(request(method, url), Err(expect), "{method} {url}");
    };
    check("GET", "https://a@b/", Malformed::Host(HostError::User));
    check("GET", "https://a:b@c:80/", Malformed::Host(HostError::User));
    check(
        "GET",
        "https://a@[::1]:80/",
        Malformed::Host(HostError::User),
    );
    check("GET", "https:///", Malformed::Host(HostError::Empty));
    check("GET", "https://:443/", Malformed::Host(HostError::Empty));
    check(
        "GET",
        "https://0x7f.1/",
        Malformed::Host(HostError::OddAddress),
    );
    check("GET", "https://a:0/", Malformed::Port);
    check("GET", "https://a:65536/", Malformed::Port);
    check("GET", "https://a:+80/", Malformed::Port);
    check("GET", "https://a:80:80/", Malformed::Port);
    check("", "https://a/", Malformed::Method);
    check("GE T", "https://a/", Malformed::Method);
    check("GET\r\n", "https://a/", Malformed::Method);
    assert_eq!(Request::new(true, "a", "GET", "*"), Err(Malformed::Path));
    assert_eq!(
        Request::new(true, "a", "GET", "http://b/"),
        Err(Malformed::Path)
    );
}

#[test]
fn a_request_is_told_without_its_query_and_with_the_line_that_would_allow_it() {
    let check = |method: &str, url: &str, told: &str, header: &str, grant: &str| {
        let request = request(method, url).unwrap();
        assert_eq!(request.to_string(), told);
        assert_eq!(request.authority(), header);
        assert_eq!(request.grant(), grant);
    };
    check(
        "GET",
        "https://API.example.com/a?token=x",
        "GET https://api.example.com:443/a",
        "api.example.com",
        r#"allow = { hosts = [{ host = "api.example.com", methods = ["GET"] }] }"#,
    );
    check(
        "POST",
        "http://[::1]:8080",
        "POST http://[::1]:8080/",
        "[::1]:8080",
        r#"allow = { hosts = [{ host = "::1", scheme = "http", port = 8080, methods = ["POST"] }] }"#,
    );
}

#[test]
fn connections_need_a_rule_for_their_host_and_port() {
    let grants = Grants {
        http: vec![
            rule("https://*.example.com:443 GET /a"),
            rule("http://db.example:5432"),
        ],
        ..Grants::default()
    };
    let check = |host: &str, port: u16, expect: bool| {
        assert_eq!(may_dial(&grants, host, port), expect, "{host}:{port}");
    };
    check("api.example.com", 443, true);
    check("api.example.com", 80, false);
    check("example.com", 443, false);
    check("DB.example.", 5432, true);
    check("db.example", 22, false);
    check("127.0.0.1", 5432, false);
    check("db.example@evil", 5432, false);
}

proptest! {
    #[test]
    fn nothing_panics_and_only_the_granted_host_is_allowed(
        authority in "[a-z@:.\\[\\]0-9#%/*-]{0,24}|\\PC{0,20}",
        path in "[/a.%2e*?#]{0,16}|\\PC{0,16}",
        method in "GET|POST|[A-Z]{0,9}",
    ) {
        let rules = [rule("https://a.example:443 GET /a/*")];
        let Ok(request) = Request::new(true, &authority, &method, &path) else {
            return Ok(());
        };
        if decide(&rules, &request).is_ok() {
            prop_assert_eq!(request.host().to_string(), "a.example");
            prop_assert_eq!((request.port(), method.as_str()), (443, "GET"));
            prop_assert!(path.starts_with("/a/"));
            let grants = Grants { http: rules.to_vec(), ..Grants::default() };
            let host = request.host().to_string();
            prop_assert!(may_dial(&grants, &host, request.port()));
        }
    }

    #[test]
    fn no_disguise_of_the_granted_host_is_another_host(
        front in "[a-z.@#:/]{0,6}",
        back in "[a-z.@#:/0-9]{0,6}",
    ) {
        let rules = [rule("https://a.example:443")];
        let authority = format!("{front}a.example{back}");
        let Ok(request) = Request::new(true, &authority, "GET", "/") else {
            return Ok(());
        };
        let plain = ["a.example", "a.example.", "a.example:443", "a.example.:443", "a.example:", "a.example.:"];
        let plainly = plain.contains(&authority.as_str())
            || authority.strip_prefix("a.example").is_some_and(|rest| {
                let port = rest.trim_start_matches('.').trim_start_matches(':');
                port.parse::<u16>() == Ok(443)
            });
        prop_assert_eq!(decide(&rules, &request).is_ok(), plainly, "{}", authority);
    }
}
