//! What an oracle asks of its host while it judges.

use crate::oracle::{judge, observation};
use stepwell_event::{
    Evidence, HostAnswer, HostCall, HostRefusal, LabResult, LabStep, LimitKind, Outcome, RunResult,
    StepResult, Verdict,
};

fn kept() -> Evidence {
    Evidence {
        name: "report.txt".to_owned(),
        media_type: "text/plain".to_owned(),
        digest: "ab".repeat(32),
        size: 6,
    }
}

pub(crate) fn lab(call: &HostCall) -> Option<HostAnswer> {
    Some(match call {
        HostCall::RunPipeline(_) => HostAnswer::Ran(LabResult {
            end: RunResult::Failed,
            steps: vec![LabStep {
                job: "test".to_owned(),
                name: "unit".to_owned(),
                end: StepResult::Failed,
                cause: "exited".to_owned(),
                exit_code: Some(3),
                message: String::new(),
                duration_ms: 12,
            }],
            log: "it failed".to_owned(),
            duration_ms: 15,
        }),
        HostCall::ReadResult { .. } => HostAnswer::File(b"report".to_vec()),
        HostCall::Keep { .. } => HostAnswer::Kept(kept()),
        HostCall::Patch => HostAnswer::Text("+ a line".to_owned()),
        _ => HostAnswer::Refused(HostRefusal::Denied("not lent".to_owned())),
    })
}

#[test]
fn an_oracle_asks_its_host_and_gets_the_answers() {
    let ran = judge(r#"{"do": "lab", "pipeline": "ci.toml"}"#)
        .lending(lab)
        .go();
    let found = observation(&ran);
    assert_eq!(found.verdict, Verdict::Bad);
    assert_eq!(found.evidence, [kept()]);
    let [
        HostCall::RunPipeline(asked),
        HostCall::ReadResult { path },
        HostCall::Keep { content, .. },
    ] = ran.calls.as_slice()
    else {
        panic!("{:?}", ran.calls);
    };
    assert_eq!(asked.pipeline, "ci.toml");
    assert_eq!(asked.overlays[0].path, "added.txt");
    assert_eq!(asked.variables, [("mode".to_owned(), "fast".to_owned())]);
    assert_eq!(path, "report.txt");
    assert_eq!(content, b"report");
}

#[test]
fn what_the_host_refuses_is_the_error_of_the_call() {
    let ran = judge(r#"{"do": "calls"}"#).lending(lab).go();
    let said = &observation(&ran).reason;
    assert!(said.contains("exit-code: Some(3)"), "{said}");
    assert!(
        said.contains(r#"Err(LabError::Denied("not lent"))"#),
        "{said}"
    );
    assert!(said.contains(r#"Ok("+ a line")"#), "{said}");
    // Whoever was to answer is gone.
    let ran = judge(r#"{"do": "calls"}"#).go();
    let said = &observation(&ran).reason;
    assert_eq!(said.matches("the host gave no answer").count(), 5, "{said}");
    // An answer to another call says nothing about the candidate.
    let ran = judge(r#"{"do": "calls"}"#)
        .lending(|_| Some(HostAnswer::Sent))
        .go();
    let said = &observation(&ran).reason;
    assert_eq!(
        said.matches("LabError::Infrastructure").count(),
        5,
        "{said}"
    );
}

#[test]
fn what_is_too_large_does_not_get_to_the_host() {
    for what in ["overlay", "overlays", "variables", "keep", "path"] {
        let config = format!(r#"{{"do": "large", "what": "{what}"}}"#);
        let ran = judge(&config).lending(lab).go();
        let reason = &observation(&ran).reason;
        assert!(reason.contains("LabError::TooLarge"), "{what}: {reason}");
        assert_eq!(ran.calls, [], "{what}");
    }
}

#[test]
fn files_that_are_kept_count_as_written() {
    let ran = judge(r#"{"do": "large", "what": "keeps"}"#)
        .limit(LimitKind::Written, 10 << 20)
        .lending(lab)
        .go();
    assert!(observation(&ran).reason.contains("LabError::TooLarge"));
    assert_eq!(ran.calls.len(), 10);
    assert_eq!(ran.report.usage.written, 10 << 20);
}

#[test]
fn waiting_for_the_host_ends_with_the_step() {
    let silent = |_: &HostCall| None;
    let ran = judge(r#"{"do": "forever"}"#)
        .lending(silent)
        .after(100, |stop| stop.ask())
        .go();
    assert_eq!(ran.outcome(), &Outcome::Canceled { graceful: false });
    ran.stopped_soon();
    let ran = judge(r#"{"do": "forever"}"#)
        .lending(silent)
        .timeout(100)
        .go();
    assert_eq!(ran.outcome(), &Outcome::TimedOut { limit_ms: 100 });
    ran.stopped_soon();
    assert_eq!(ran.report.reply, None);
    // One that is answered again and again is bounded as any step is.
    let ran = judge(r#"{"do": "forever"}"#).lending(lab).timeout(100).go();
    assert_eq!(ran.outcome(), &Outcome::TimedOut { limit_ms: 100 });
}
