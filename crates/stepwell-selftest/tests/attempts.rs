//! Every attempt, held: one test for each kind, through the same suite as `stepwell selftest`.

#![cfg(test)]

use std::sync::{Arc, OnceLock};
use stepwell_selftest::{Instances, Kind, Progress, Suite, Verdict};
use stepwell_testkit::guests::Guests;

/// The hostile task, built once.
fn guest() -> Vec<u8> {
    static GUEST: OnceLock<Arc<[u8]>> = OnceLock::new();
    let bytes = GUEST.get_or_init(|| {
        let folder = Guests::Hostile.build().unwrap();
        std::fs::read(folder.join("hostile.wasm")).unwrap().into()
    });
    bytes.to_vec()
}

/// Tries all attempts of a kind. What is held or left behind by the whole process is asserted where
/// nothing runs beside it, by the test of the program.
#[track_caller]
fn hold(kind: Kind) {
    let suite = Suite::new(&[kind.letter().to_string()], Some(guest())).unwrap();
    let suite = suite.beside_others();
    let arena = Instances::new(suite.sandbox().unwrap());
    let mut begun = 0;
    let summary = suite
        .run(&arena, &mut |progress| {
            begun += u32::from(matches!(progress, Progress::Begun(_)));
        })
        .unwrap();
    assert!(begun > 0);
    let mut wrong = Vec::new();
    for trial in &summary.trials {
        match &trial.verdict {
            Verdict::Held(_) => {}
            Verdict::GotThrough(what) => wrong.push(format!("{}: {what:#?}", trial.id)),
            Verdict::NotTested(why) => wrong.push(format!("{}: not tested: {why}", trial.id)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!((summary.hits, summary.folders), (0, 0));
    assert!(summary.searched > 0);
}

#[test]
fn time_is_bounded() {
    hold(Kind::Time);
}

#[test]
fn memory_handles_and_values_are_checked() {
    hold(Kind::Memory);
}

#[test]
fn files_are_those_that_were_granted() {
    hold(Kind::Files);
}

#[test]
fn output_is_bounded_and_only_shown() {
    hold(Kind::Output);
}

#[test]
fn the_task_interface_takes_no_nonsense() {
    hold(Kind::Interface);
}

#[test]
fn the_network_is_closed() {
    hold(Kind::Network);
}

#[test]
fn files_that_are_no_component_do_not_run() {
    hold(Kind::Validity);
}

#[test]
fn steps_learn_nothing_of_each_other() {
    hold(Kind::Isolation);
}

#[test]
fn what_cannot_be_tried_is_not_counted_as_refused() {
    let only = ["A-01".to_owned(), "G-01".to_owned()];
    let suite = Suite::new(&only, None).unwrap().beside_others();
    let arena = Instances::new(suite.sandbox().unwrap());
    let summary = suite.run(&arena, &mut drop).unwrap();
    let untested = |verdict: &Verdict| matches!(verdict, Verdict::NotTested(_));
    assert_eq!((summary.trials.len(), summary.count(untested)), (2, 1));
    assert_eq!(summary.trials[0].id, "A-01");
    assert!(untested(&summary.trials[0].verdict));
}
