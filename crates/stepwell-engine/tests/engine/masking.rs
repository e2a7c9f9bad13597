//! What the pipeline can say of masking, and secrets of several lines.

use crate::fixture::{Driver, job, output, plan, step, typed};
use stepwell_engine::{JobInput, StartVariable};
use stepwell_event::{GuestEvent, LogLevel, Outcome, Refusal, StepResult};
use stepwell_plan::PlannedStep;

/// A started job in a pipeline with this variable.
fn started(variable: (&str, &str), step: PlannedStep) -> Driver {
    let plan = plan(vec![job("build", &[], vec![step])]);
    let variables = [variable, ("System.Debug", "true")].map(|(name, value)| StartVariable {
        name: name.to_owned(),
        value: value.to_owned(),
        secret: false,
        read_only: false,
        untrusted: false,
    });
    let mut driver = Driver::with(plan, variables.into());
    driver.input(JobInput::Start);
    driver.take();
    driver
}

const MULTILINE: (&str, &str) = ("SYSTEM_UNSAFEALLOWMULTILINESECRET", "True");

fn secret(value: &str) -> GuestEvent {
    GuestEvent::AddSecret {
        value: value.to_owned(),
    }
}

#[test]
fn a_secret_of_several_lines_is_masked_if_the_pipeline_allows_it() {
    let mut driver = started(MULTILINE, step());
    let text = "##vso[task.setvariable variable=key;issecret=true]one%0Atwo%0Athree\n\
                one\ntwo\nthree!\none\ntwo\n##vso[task.debug]one%0Atwo%0Athree\none\n";
    driver.guest(output(text)).unwrap();
    driver.expect(&[
        "key = (secret)",
        "Debug> Processed: ##vso[task.setvariable variable=key;issecret=true]***",
        "Debug> ***",
        "Debug> ***",
        "> ***",
        "> ***",
        "> ***!",
        "> one",
        "> two",
        "Debug> ***",
        "Debug> ***",
        "Debug> ***",
    ]);
    driver.end(Outcome::Succeeded);
    assert_eq!(driver.take()[..2], ["> one", "0 Succeeded"]);
}

#[test]
fn a_secret_of_several_lines_is_masked_before_a_text_is_cut_to_its_first_line() {
    let mut driver = started(MULTILINE, typed());
    driver.guest(secret("one\ntwo")).unwrap();
    let text = || "it is one\ntwo".to_owned();
    driver
        .guest(GuestEvent::Log {
            level: LogLevel::Info,
            message: text(),
        })
        .unwrap();
    driver
        .guest(GuestEvent::Complete {
            result: StepResult::Failed,
            message: text(),
        })
        .unwrap();
    driver.expect(&["Info> it is ***", "Info> ***", "100% it is ***"]);
    driver.end(Outcome::Succeeded);
    assert_eq!(driver.take()[0], "0 Failed: it is ***");
}

#[test]
fn short_secrets_are_ignored_if_the_pipeline_says_so() {
    let check = |minimum: &str, expect: &str| {
        let mut driver = started(("AZP_IGNORE_SECRETS_SHORTER_THAN", minimum), step());
        for value in ["ab", "cdefg", "hijklm"] {
            driver.guest(secret(value)).unwrap();
        }
        driver.guest(output("ab cdefg hijklm\n")).unwrap();
        driver.expect(&[expect]);
    };
    check("", "> *** *** ***");
    check("-1", "> *** *** ***");
    check("3", "> ab *** ***");
    check("9", "> ab cdefg ***");
    check("many", "> *** *** ***");
}

#[test]
fn what_waits_for_more_of_a_secret_is_printed_at_the_end_of_the_step() {
    let mut driver = started(MULTILINE, step());
    driver.guest(secret("one\ntwo\nthree")).unwrap();
    assert_eq!(
        driver.guest(secret("x")),
        Err(Refusal::Unmaskable(
            "a secret of one character cannot be masked: it is everywhere".to_owned()
        ))
    );
    driver.guest(output("one\ntwo\nthr")).unwrap();
    driver.expect(&[]);
    driver.end(Outcome::Succeeded);
    assert_eq!(
        driver.take()[..4],
        ["> one", "> two", "> thr", "0 Succeeded"]
    );
}
