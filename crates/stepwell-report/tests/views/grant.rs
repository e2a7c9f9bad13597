//! What tasks may do, in a plan as text and as JSON.

use crate::plan::{args, job, small, stage, step, task};
use insta::assert_snapshot;
use stepwell_event::{Access, HttpRule, Limits};
use stepwell_plan::{Clock, Grant, Plan, PlannedJob, PlannedStep, PlannedTask, Random};
use stepwell_report::{Forecast, plan, plan_json};

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn rule(host: &str) -> HttpRule {
    HttpRule {
        tls: true,
        host: host.to_owned(),
        port: 443,
        methods: Vec::new(),
        paths: Vec::new(),
        headers: Vec::new(),
    }
}

fn release() -> PlannedTask {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let hosts = vec![
        rule("registry.example.com"),
        HttpRule {
            tls: false,
            port: 8443,
            methods: texts(&["GET", "HEAD"]),
            paths: texts(&["/v1/**"]),
            ..rule("*.example.com")
        },
        HttpRule {
            port: 80,
            headers: vec![
                header("authorization", "Bearer ${secret:token}"),
                header("x-key", "k3y-1n-the-f1le"),
            ],
            ..rule("2001:db8::1")
        },
    ];
    PlannedTask {
        grant: Grant {
            workspace: Access::Read,
            folders: vec![
                ("dist".to_owned(), Access::Write),
                ("a\u{1b}[2J".to_owned(), Access::Write),
            ],
            scratch: Some(64 << 20),
            env: Some(texts(&["CI_*"])),
            secrets: texts(&["signing-key"]),
            http: hosts,
            clock: Clock::FrozenAt(1_767_225_600_000),
            random: Random::Seeded,
            limits: Limits {
                fuel: 10_000_000_000,
                ..Limits::default()
            },
        },
        ..task("release", Access::Read)
    }
}

fn granted() -> Plan {
    let sealed = PlannedTask {
        grant: Grant {
            env: Some(Vec::new()),
            clock: Clock::FrozenAtStart,
            ..Grant::default()
        },
        ..task("lint", Access::None)
    };
    let metered = PlannedStep {
        fuel: Some(20_000),
        ..step("lint", 0, args(&["."]))
    };
    let job = PlannedJob {
        fuel: Some(50_000_000_000),
        ..job("a", 0, vec![metered])
    };
    Plan {
        tasks: vec![sealed, release()],
        stages: vec![stage("__default", "", vec![0])],
        jobs: vec![job],
        ..small()
    }
}

#[test]
fn a_plan_tells_all_that_a_task_may_do() {
    let shown = plan(&granted(), &Forecast::default(), false);
    assert_snapshot!(shown, @r"
    demo: 1 job, 1 step

    Tasks
      lint     a7a7a7a7a7a7  workspace: none, memory: 256 MiB, output: 64 MiB, clock: frozen
        env: none
      release  a7a7a7a7a7a7  workspace: read, scratch: 64 MiB, memory: 256 MiB, output: 64 MiB, fuel: 10G, clock: 2026-01-01T00:00:00Z, random: seeded
        folder dist: write
        folder a␛[2J: write
        host https://registry.example.com
        host http://*.example.com:8443  methods: GET, HEAD; paths: /v1/**
        host https://[2001:db8::1]:80  headers: authorization, x-key; with secrets: token
        secrets: signing-key
        env: CI_*

    job a
    │  fuel 50G
    └─ 1. lint
          args .
          fuel 20k
    ");
    assert!(!shown.contains("k3y-1n"), "{shown}");
}

#[test]
fn a_program_reads_all_that_a_task_may_do() {
    let line = plan_json(&granted(), &Forecast::default()).unwrap();
    assert!(!line.contains("k3y-1n"), "{line}");
    let value: serde_json::Value = serde_json::from_str(&line).unwrap();
    let job = &value["stages"][0]["jobs"][0];
    assert_eq!(job["fuel"], 50_000_000_000_u64);
    assert_eq!(job["steps"][0]["fuel"], 20_000);
    assert_snapshot!(serde_json::to_string_pretty(&value["tasks"][1]).unwrap(), @r#"
    {
      "clock": "2026-01-01T00:00:00Z",
      "digest": "sha256:a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7",
      "env": [
        "CI_*"
      ],
      "folders": {
        "a\u001b[2J": "write",
        "dist": "write"
      },
      "fuel": 10000000000,
      "hosts": [
        {
          "header-secrets": [],
          "headers": [],
          "host": "registry.example.com",
          "methods": [],
          "paths": [],
          "port": 443,
          "scheme": "https"
        },
        {
          "header-secrets": [],
          "headers": [],
          "host": "*.example.com",
          "methods": [
            "GET",
            "HEAD"
          ],
          "paths": [
            "/v1/**"
          ],
          "port": 8443,
          "scheme": "http"
        },
        {
          "header-secrets": [
            "token"
          ],
          "headers": [
            "authorization",
            "x-key"
          ],
          "host": "2001:db8::1",
          "methods": [],
          "paths": [],
          "port": 80,
          "scheme": "https"
        }
      ],
      "memory": 268435456,
      "name": "release",
      "output": 67108864,
      "random": "seeded",
      "scratch": 67108864,
      "secrets": [
        "signing-key"
      ],
      "workspace": "read"
    }
    "#);
}
