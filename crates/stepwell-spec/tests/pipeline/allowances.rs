//! What a task is allowed, its limits, and fuel.

use crate::{read, render};
use std::slice;
use stepwell_egress::{Request, decide};
use stepwell_event::{Access, LIMITS, LimitKind};
use stepwell_spec::{Allow, Clock, Random, Task, parse};

fn text(allow: &str) -> String {
    format!("[tasks.a]\n{allow}\n[[steps]]\ntask = \"a\"\n")
}

#[track_caller]
fn task(lines: &str) -> Task {
    read(&text(lines)).tasks.remove(0)
}

#[track_caller]
fn allow(line: &str) -> Allow {
    task(&format!("allow = {{ {line} }}")).allow
}

/// `line` of `allow` is refused, and what is told of it holds `message`.
#[track_caller]
fn check(line: &str, message: &str) {
    refused(&format!("allow = {{ {line} }}"), message);
}

#[track_caller]
fn refused(lines: &str, message: &str) {
    let text = text(lines);
    let (pipeline, diagnostics) = parse(&text);
    assert!(pipeline.is_none_or(|pipeline| !pipeline.intact), "{lines}");
    let rendered = render(&text, &diagnostics);
    assert!(rendered.contains(message), "{rendered}");
}

#[test]
fn all_that_can_be_allowed_is_read() {
    let allow = allow(
        "workspace = \"read\", folders = { dist = \"write\", \"a/b\" = \"write\" }, scratch = \"64MiB\", \
         env = [\"CI_*\"], secrets = [\"token\"], \
         clock = \"frozen\", random = \"seeded\", hosts = [\"Api.example.com\", { host = \"*.example.com\", \
         port = 8443, scheme = \"http\", methods = [\"get\"], paths = [\"/v1/**\"], \
         headers = { X-Key = \"k\" } }]",
    );
    let folders: Vec<_> = allow.folders.iter().map(|folder| &folder.value).collect();
    let write = |path: &str| (path.to_owned(), Access::Write);
    assert_eq!(folders, [&write("dist"), &write("a/b")]);
    assert_eq!(allow.scratch.unwrap().value, 64 << 20);
    assert_eq!(allow.env.unwrap()[0].value, "CI_*");
    assert_eq!(allow.secrets[0].value, "token");
    assert_eq!(
        (allow.clock, allow.random),
        (Clock::FrozenAtStart, Random::Seeded)
    );
    let [plain, detailed] = &allow.hosts[..] else {
        panic!("two hosts");
    };
    assert_eq!(plain.value.host, "api.example.com");
    assert_eq!((plain.value.tls, plain.value.port), (true, 443));
    let detailed = &detailed.value;
    assert_eq!((detailed.tls, detailed.port), (false, 8443));
    assert_eq!(detailed.methods, ["GET"]);
    assert_eq!(detailed.headers, [("x-key".to_owned(), "k".to_owned())]);
}

#[test]
fn the_grant_that_a_refused_request_is_told_allows_it() {
    for (tls, authority, method) in [
        (true, "api.example.com", "GET"),
        (true, "api.example.com:8443", "POST"),
        (false, "[2001:db8::1]", "PURGE"),
        (false, "192.0.2.1:8080", "GET"),
    ] {
        let asked = Request::new(tls, authority, method, "/a/b").unwrap();
        let granted = task(&asked.grant()).allow.hosts.remove(0).value;
        assert_eq!(decide(slice::from_ref(&granted), &asked), Ok(&granted));
    }
}

#[test]
fn what_cannot_be_allowed_comes_with_what_to_write() {
    check("folders = { \"../x\" = \"write\" }", "`..` leads out of it");
    check("folders = { \"/x\" = \"write\" }", "an absolute path");
    check(
        "workspace = \"write\", folders = { dist = \"write\" }",
        "the workspace has \"write\" already",
    );
    check(
        "folders = { a = \"write\", \"a/b\" = \"read\" }",
        "the folder `a` has \"write\" already",
    );
    check("scratch = 64", "`scratch` must be a string");
    check("env = [\"\"]", "`[]` is none");
    check("secrets = [\"a\", \"A\"]", "secret `A` is there twice");
    check("hosts = \"a\"", "write it in brackets");
    check("hosts = [\"https://a.b\"]", "write `\"a.b\"`");
    check("hosts = [\"a.b:8443\"]", "{ host = \"a.b\", port = 8443 }");
    check("hosts = [{ port = 1 }]", "`host` is missing");
    check("hosts = [{ host = \"a.b\", port = 0 }]", "from 1 to 65535");
    check(
        "hosts = [{ host = \"a.b\", path = [\"/\"] }]",
        "did you mean `paths`?",
    );
    check(
        "hosts = [{ host = \"a.b\", methods = [] }]",
        "leave it out to allow any",
    );
    check(
        "hosts = [{ host = \"a.b\", headers = { Host = \"x\" } }]",
        "set by the host alone",
    );
    let with = |key: &str| format!("hosts = [{{ host = \"a.b\", {key} }}]");
    check("hosts = [\"*.com\"]", "anybody can register in");
    check(&with("methods = [\"trace\"]"), "cannot be allowed");
    check(&with("paths = [\"/a%2fb\"]"), "no request's path fits it");
    let long = format!("paths = [\"/{}\"]", "a".repeat(256));
    check(&with(&long), "longer than 256 characters");
    let header = "headers = { Proxy-Authorization = \"x\" }";
    check(&with(header), "set by the host alone");
    check("tcp = [\"a.b:1\"]", "help: not supported by this version");
    check("clock = \"forzen\"", "did you mean `frozen`?");
    check("clock = \"2026-02-30T00:00:00Z\"", "2026-01-01T00:00:00Z");
    check("random = \"none\"", "accepted here: \"real\", \"seeded\"");
    check("host = []", "did you mean `hosts`?");
}

#[test]
fn every_limit_of_the_table_is_read_within_its_range() {
    for spec in LIMITS {
        for value in [spec.least, spec.most.min(1 << 40)] {
            let text = match spec.kind.is_bytes() {
                true => format!("\"{value}B\""),
                false => value.to_string(),
            };
            let task = task(&format!("limits = {{ {} = {text} }}", spec.key));
            let read = task.limits.get(spec.kind).map(|limit| limit.value);
            assert_eq!(read, Some(value), "{}", spec.key);
        }
    }
    refused("limits = { files = \"11M\" }", "from 0 to 10M");
    refused("limits = { files = -1 }", "cannot be less than zero");
    refused("limits = { memory = \"1KiB\" }", "from 64KiB to 2GiB");
    refused("limits = { file_size = 1 }", "did you mean `file-size`?");
}

#[test]
fn tasks_jobs_and_steps_have_fuel() {
    let task = task("limits = { fuel = \"10G\" }\n");
    let fuel = task.limits.get(LimitKind::Fuel).unwrap();
    assert_eq!(fuel.value, 10_000_000_000);
    let text = "[jobs.j]\nfuel = \"50G\"\n[[jobs.j.steps]]\ntask = \"a\"\nfuel = 7\n";
    let job = read(text).jobs.remove(0);
    assert_eq!(job.fuel.unwrap().value, 50_000_000_000);
    assert_eq!(job.steps[0].fuel.as_ref().unwrap().value, 7);
}
