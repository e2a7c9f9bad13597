//! Components that take part in searches: what they are granted.

use crate::{pairs, read, render, request};
use std::time::Duration;
use stepwell_event::{Access, LimitKind};
use stepwell_plan::{Ceilings, GRANT_DENIED, MISSING_SECRET, PlannedPart, Request, plan_part};

fn text(section: &str, lines: &str) -> String {
    format!("[{section}.x]\n{lines}\n[[steps]]\ntask = \"t\"\n")
}

fn part(section: &str, lines: &str, request: &Request<'_>) -> Result<PlannedPart, String> {
    let text = text(section, lines);
    let pipeline = read(&text);
    let (planned, problems) = plan_part(&pipeline.parts[0], request);
    planned.ok_or_else(|| render(&text, &problems))
}

#[test]
fn an_oracle_sees_its_candidate_and_nothing_else_unless_that_is_said() {
    let oracle = part("oracles", "", &request()).unwrap();
    assert_eq!(oracle.grant.workspace, Access::Read);
    assert!(oracle.grant.secrets.is_empty() && oracle.grant.http.is_empty());
    assert_eq!(oracle.timeout, Some(Duration::from_secs(3_600)));
    assert!(!oracle.is_metered());
    let blind = part("oracles", "allow = { workspace = \"none\" }", &request()).unwrap();
    assert_eq!(blind.grant.workspace, Access::None);
    let notifier = part("notifiers", "timeout = \"0\"", &request()).unwrap();
    assert_eq!(notifier.grant.workspace, Access::None);
    assert_eq!(notifier.timeout, None);
    let metered = part("oracles", "limits = { fuel = \"1M\" }", &request()).unwrap();
    assert!(metered.is_metered());
}

#[test]
fn ceilings_and_secrets_are_those_of_tasks() {
    let ceilings = Ceilings {
        limits: vec![(LimitKind::Memory, 1 << 20)],
        hosts: false,
        ..Ceilings::default()
    };
    let low = Request {
        ceilings: &ceilings,
        ..request()
    };
    let much = "limits = { memory = \"2MiB\" }\nallow = { hosts = [\"a.example\"] }";
    let told = part("notifiers", much, &low).unwrap_err();
    assert!(told.contains(GRANT_DENIED) && told.contains("notifier `x` asks for `limits.memory`"));
    assert!(told.contains("which this host does not allow"), "{told}");

    let secret = "allow = { secrets = [\"token\"] }";
    let told = part("notifiers", secret, &request()).unwrap_err();
    assert!(
        told.contains(MISSING_SECRET) && told.contains("--secret token"),
        "{told}"
    );
    let given = pairs(&[("Token", "abc")]);
    let given = Request {
        secrets: &given,
        ..request()
    };
    let planned = part("notifiers", secret, &given).unwrap();
    assert_eq!(planned.grant.secrets, ["token"]);
}
