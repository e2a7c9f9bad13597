//! What tasks ask for and what they are granted.

use crate::{command, pairs, planned, read, refused, render, request, task};
use std::collections::HashSet;
use std::time::Duration;
use stepwell_event::{Access, Capability, LimitKind, Limits};
use stepwell_plan::{Ceilings, GRANT_DENIED, Request, plan, references};

const STEP: &str = "[[steps]]\ntask = \"scan\"\n";

fn asked(capability: Capability) -> [stepwell_plan::ResolvedTask; 1] {
    [task("scan", Vec::new(), vec![capability])]
}

fn declared(line: &str) -> String {
    format!("[tasks.scan]\n{line}\n{STEP}")
}

#[test]
fn what_is_not_granted_is_denied_with_the_lines_that_grant_it() {
    let read = asked(Capability::Workspace(Access::Read));
    insta::assert_snapshot!(refused(STEP, &read), @r#"
    grant-denied: task `scan` asks to read the workspace
      line 2 "\"scan\"" is not granted that
      help: to grant it, add:

        [tasks.scan]
        allow = { workspace = "read" }
    "#);
    insta::assert_snapshot!(refused(&declared(""), &read), @r#"
    grant-denied: task `scan` asks to read the workspace
      line 4 "\"scan\"" is not granted that
      line 1 "scan" no grant here
      help: to grant it, make this say:

        [tasks.scan]
        allow = { workspace = "read" }
    "#);
}

#[test]
fn less_than_what_is_asked_is_denied() {
    let text = declared("allow = { workspace = \"read\" }");
    insta::assert_snapshot!(refused(&text, &asked(Capability::Workspace(Access::Write))), @r#"
    grant-denied: task `scan` asks to write the workspace
      line 4 "\"scan\"" is not granted that
      line 2 "\"read\"" is granted "read"
      help: to grant it, make this say:

        [tasks.scan]
        allow = { workspace = "write" }
    "#);
}

#[test]
fn a_task_is_granted_what_the_file_says_and_not_what_it_asks() {
    for (granted, access) in [("write", Access::Write), ("read", Access::Read)] {
        let text = declared(&format!("allow = {{ workspace = \"{granted}\" }}"));
        let plan = planned(&text, &asked(Capability::Workspace(Access::Read)));
        assert_eq!(plan.tasks[0].grant.workspace, access);
    }
}

#[test]
fn hosts_variables_and_secrets_are_denied_with_the_lines_that_grant_them() {
    let host = Capability::Host("example.com".to_owned());
    insta::assert_snapshot!(refused(STEP, &asked(host)), @r#"
    grant-denied: task `scan` asks for requests to "example.com"
      line 2 "\"scan\"" is not granted that
      help: to grant it, add:

        [tasks.scan]
        allow = { hosts = ["example.com"] }
    "#);
    let secret = Capability::Secret("k\"\n".to_owned());
    insta::assert_snapshot!(refused(&declared("allow = { env = [] }"), &asked(secret)), @r#"
    grant-denied: task `scan` asks for the secret "k\"\n"
      line 4 "\"scan\"" is not granted that
      line 1 "scan" not among its grants
      help: to grant it, let `allow` of `[tasks.scan]` have among the rest:

        secrets = ["k\"\u000A"]
    "#);
}

#[test]
fn what_is_granted_is_not_denied() {
    let given = pairs(&[("Token", "x")]);
    let request = Request {
        secrets: &given,
        ..request()
    };
    let check = |allow: &str, capability: Capability, granted: bool| {
        let text = declared(&format!("allow = {{ {allow} }}"));
        let (plan, diagnostics) = plan(&read(&text), &request, &asked(capability.clone()));
        let codes: Vec<_> = diagnostics.iter().map(|problem| problem.code).collect();
        let expect: &[_] = if granted { &[] } else { &[GRANT_DENIED] };
        assert_eq!(codes, expect, "{allow} for {capability:?}");
        assert_eq!(plan.is_some(), granted);
    };
    let host = |name: &str| Capability::Host(name.to_owned());
    let env = |name: &str| Capability::Env(name.to_owned());
    let secret = |name: &str| Capability::Secret(name.to_owned());
    let wild = "hosts = [\"*.example.com\"]";
    check("hosts = [\"a.b\"]", host("A.B."), true);
    check("hosts = [\"a.b\"]", host("x.a.b"), false);
    check(wild, host("api.example.com"), true);
    check(wild, host("*.example.com"), true);
    check(wild, host("example.com"), false);
    check(wild, host("notexample.com"), false);
    check("workspace = \"read\"", env("ANY"), true);
    check("env = [\"CI_*\", \"Build.Id\"]", env("CI_JOB"), true);
    check("env = [\"CI_*\", \"Build.Id\"]", env("BUILD_ID"), true);
    check("env = [\"CI_*\", \"Build.Id\"]", env("HOME"), false);
    check("secrets = [\"token\"]", secret("TOKEN"), true);
    check("secrets = [\"token\"]", secret("key"), false);
    let write = Capability::Workspace(Access::Write);
    let folder = "workspace = \"read\", folders = { dist = \"write\" }";
    check(folder, write, true);
}

#[test]
fn a_secret_that_the_run_does_not_have_is_an_error() {
    let text = declared(
        "allow = { secrets = [\"a\"], hosts = [{ host = \"h.x\", headers = { X = \"${secret:A} ${secret:b}\" } }] }",
    );
    insta::assert_snapshot!(refused(&text, &asked(Capability::Secret("a".to_owned()))), @r#"
    missing-secret: task `scan` is granted the secret `a`, which this run does not have
      line 2 "\"a\"" not given
      help: give it on the command line: `--secret a` takes the value of the environment variable of this name, `--secret a=NAME` that of another
    missing-secret: task `scan` is granted the secret `b`, which this run does not have
      line 2 "{ host = \"h.x\", headers = { X = \"${secret:A} ${secret:b}\" } }" not given
      help: give it on the command line: `--secret b` takes the value of the environment variable of this name, `--secret b=NAME` that of another
    "#);
}

fn ceilings() -> Ceilings {
    Ceilings {
        limits: vec![(LimitKind::Memory, 128 << 20), (LimitKind::Fuel, 5_000)],
        timeout: Some(Duration::from_secs(600)),
        scratch: Some(1 << 20),
        hosts: false,
        origin: "/etc/stepwell.toml".to_owned(),
    }
}

#[test]
fn what_is_over_a_ceiling_of_the_host_is_refused() {
    let text = "[tasks.scan]\nallow = { scratch = \"2MiB\", hosts = [\"a.b\"] }\n\
                limits = { memory = \"1GiB\", files = 7 }\n\
                [jobs.j]\ntimeout = 0\n[[jobs.j.steps]]\ntask = \"scan\"\nfuel = \"6k\"\ntimeout = \"11m\"\n";
    let ceilings = ceilings();
    let request = Request {
        ceilings: &ceilings,
        ..request()
    };
    let (plan, diagnostics) = plan(&read(text), &request, &[command("scan")]);
    assert_eq!(plan, None);
    let codes: HashSet<_> = diagnostics.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, HashSet::from([GRANT_DENIED]));
    let shown = render(text, &stepwell_spec::in_reading_order(diagnostics));
    insta::assert_snapshot!(shown, @r#"
    grant-denied: task `scan` asks for `scratch` of 2MiB, and this host allows 1MiB
      line 2 "\"2MiB\"" more than 1MiB
      help: ask for 1MiB at most, or raise the ceiling `scratch` in /etc/stepwell.toml
    grant-denied: task `scan` asks for `allow.hosts`, which this host does not allow
      line 2 "\"a.b\"" not allowed here
      help: `hosts` is off in /etc/stepwell.toml
    grant-denied: task `scan` asks for `limits.memory` of 1GiB, and this host allows 128MiB
      line 3 "\"1GiB\"" more than 128MiB
      help: ask for 128MiB at most, or raise the ceiling `limits.memory` in /etc/stepwell.toml
    grant-denied: job `j` asks for `timeout` of no limit, and this host allows 10m
      line 5 "0" more than 10m
      help: ask for 10m at most, or raise the ceiling `timeout` in /etc/stepwell.toml
    grant-denied: step `scan` asks for `limits.fuel` of 6k, and this host allows 5k
      line 8 "\"6k\"" more than 5k
      help: ask for 5k at most, or raise the ceiling `limits.fuel` in /etc/stepwell.toml
    grant-denied: step `scan` asks for `timeout` of 11m, and this host allows 10m
      line 9 "\"11m\"" more than 10m
      help: ask for 10m at most, or raise the ceiling `timeout` in /etc/stepwell.toml
    "#);
}

#[test]
fn defaults_over_a_ceiling_are_lowered_without_a_word() {
    let ceilings = ceilings();
    let request = Request {
        ceilings: &ceilings,
        ..request()
    };
    let (plan, diagnostics) = plan(&read(STEP), &request, &[command("scan")]);
    assert_eq!(diagnostics, []);
    let plan = plan.unwrap();
    let limits = plan.tasks[0].grant.limits;
    assert_eq!((limits.memory, limits.fuel), (128 << 20, 5_000));
    assert_eq!(limits.output, Limits::default().output);
    assert_eq!(plan.jobs[0].timeout, ceilings.timeout);
    assert_eq!(plan.jobs[0].steps[0].timeout, ceilings.timeout);
    let references = references(&read(STEP), &ceilings);
    assert!(references[0].metered && !references[0].unmetered);
}

#[test]
fn a_step_has_no_more_fuel_than_its_task() {
    let text = |fuel: &str| {
        format!("[tasks.scan]\nlimits = {{ fuel = \"10k\" }}\n{STEP}fuel = \"{fuel}\"\n")
    };
    let plan = planned(&text("9k"), &[command("scan")]);
    assert_eq!(plan.jobs[0].steps[0].fuel, Some(9_000));
    insta::assert_snapshot!(refused(&text("11k"), &[command("scan")]), @r#"
    out-of-range: step `scan` asks for more fuel than its task `scan` may use
      line 5 "\"11k\"" more than 10k
      help: raise `limits.fuel` of `[tasks.scan]` first
    "#);
}

#[test]
fn a_task_is_loaded_with_and_without_a_meter_as_its_steps_need() {
    let text = "[jobs.a]\nfuel = 7\n[[jobs.a.steps]]\ntask = \"x\"\n\
                [jobs.b]\n[[jobs.b.steps]]\ntask = \"x\"\n[[jobs.b.steps]]\ntask = \"y\"\n";
    let references = references(&read(text), &Ceilings::default());
    let found: Vec<_> = references
        .iter()
        .map(|task| (task.name.as_str(), task.metered, task.unmetered))
        .collect();
    assert_eq!(found, [("x", true, true), ("y", false, true)]);
}

#[test]
fn a_task_that_several_steps_use_is_denied_once() {
    let text = STEP.repeat(3);
    let (_, diagnostics) = plan(
        &read(&text),
        &request(),
        &asked(Capability::Workspace(Access::Read)),
    );
    assert_eq!(diagnostics.len(), 1);
}
