//! What tasks ask for and what they are granted.

use crate::{planned, read, refused, request, task};
use stepwell_event::{Access, Capability};
use stepwell_plan::{GRANT_DENIED, plan};

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
fn what_this_version_cannot_grant_is_denied() {
    let host = Capability::Host("example.com".to_owned());
    insta::assert_snapshot!(refused(STEP, &asked(host)), @r#"
    grant-denied: task `scan` asks for outbound HTTP to "example.com"
      line 2 "\"scan\"" cannot be granted
      help: this version can grant access to the workspace only
    "#);
    for capability in [
        Capability::Env("HOME".to_owned()),
        Capability::Secret("key".to_owned()),
    ] {
        let (_, diagnostics) = plan(&read(STEP), &request(), &asked(capability));
        assert!(
            diagnostics
                .iter()
                .all(|diagnostic| diagnostic.code == GRANT_DENIED)
        );
        assert_eq!(diagnostics.len(), 1);
    }
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
