//! What a guest was not allowed to do.

use crate::fixture::{Driver, output, step, typed};
use stepwell_event::{Denial, GuestEvent, Outcome};

fn denied(target: &str) -> GuestEvent {
    GuestEvent::Denied(Denial {
        capability: "network".to_owned(),
        target: target.to_owned(),
        grant: None,
    })
}

#[test]
fn a_denial_that_repeats_is_told_and_kept_once() {
    let mut driver = Driver::started(vec![typed()]);
    let again = || {
        GuestEvent::Denied(Denial {
            capability: "network".to_owned(),
            target: "a".to_owned(),
            grant: Some("hosts = [\"a\"]".to_owned()),
        })
    };
    for event in [denied("a"), denied("b"), denied("a"), again(), again()] {
        driver.guest(event).unwrap();
    }
    for _ in 0..100 {
        driver.guest(denied("b")).unwrap();
    }
    assert_eq!(
        driver.take(),
        [
            "Host> denied network: a",
            "Host> denied network: b",
            "Host> denied network: a; it would be allowed by `hosts = [\"a\"]`",
        ]
    );
    driver.end(Outcome::Succeeded);
    assert_eq!(driver.record.unwrap().denials.len(), 3);
}

#[test]
fn denials_are_shown_and_collected_up_to_fifty() {
    let mut driver = Driver::started(vec![typed()]);
    for number in 0..60 {
        driver
            .guest(GuestEvent::Denied(Denial {
                capability: "network".to_owned(),
                target: format!("host-{number}"),
                grant: (number == 0).then(|| "hosts = [\"host-0\"]".to_owned()),
            }))
            .unwrap();
    }
    let lines = driver.take();
    assert_eq!(
        lines[0],
        "Host> denied network: host-0; it would be allowed by `hosts = [\"host-0\"]`"
    );
    assert_eq!(lines[1], "Host> denied network: host-1");
    assert_eq!(lines[50..], ["Host> further denials are not shown"]);
}

#[test]
fn denials_and_secrets_are_heard_after_a_step_declared_itself_done() {
    let mut driver = Driver::started(vec![step(), step()]);
    driver
        .guest(output("##vso[task.complete result=Succeeded;done=true]\n"))
        .unwrap();
    driver.take();
    driver
        .guest(GuestEvent::AddSecret {
            value: "hunter2".to_owned(),
        })
        .unwrap();
    driver.guest(denied("hunter2.example")).unwrap();
    driver.end(Outcome::Succeeded);
    driver.guest(output("hunter2\n")).unwrap();
    driver.end(Outcome::Succeeded);
    assert_eq!(
        driver.take()[..5],
        [
            "Host> denied network: ***.example",
            "0 Succeeded",
            "1 started",
            "run 1",
            "> ***",
        ]
    );
}
