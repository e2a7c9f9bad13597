//! Standard streams and messages: counted, bounded, and never faster than they are read.

use crate::harness::{Ran, alone, resident_bytes, run, task};
use stepwell_event::{GuestEvent, Outcome, Stream, TrapKind};

const MIB: u64 = 1 << 20;

fn truncations(ran: &Ran) -> usize {
    ran.count(|event| matches!(event, GuestEvent::OutputTruncated { .. }))
}

#[test]
fn output_over_the_budget_is_dropped_and_the_step_goes_on() {
    let ran = run("out_flood").args([100]).output(10_000).go();
    assert_eq!(ran.outcome(), &Outcome::Succeeded);
    assert_eq!(ran.bytes(Stream::Stdout).len(), 10_000);
    // Standard error comes from the same budget.
    assert_eq!(ran.stderr(), "");
    let usage = &ran.report.usage;
    assert_eq!(
        (usage.output_bytes, usage.output_dropped),
        (409_605, 399_605)
    );
    assert_eq!(truncations(&ran), 1);
    assert!(
        ran.events
            .contains(&GuestEvent::OutputTruncated { limit: 10_000 })
    );
}

#[test]
fn output_within_the_budget_is_whole() {
    let ran = run("out_flood").args([100]).output(409_605).go();
    assert_eq!(ran.stderr(), "done\n");
    assert_eq!((truncations(&ran), ran.report.usage.output_dropped), (0, 0));
}

#[test]
fn messages_come_from_the_same_budget() {
    for what in ["log", "issues", "progress", "tags"] {
        let flood = |budget| {
            let ran = task("task-flood")
                .input("what", what)
                .input("times", "100")
                .output(budget)
                .go();
            ran.succeeded();
            ran
        };
        let ran = flood(10_000);
        assert_eq!((ran.events.len(), truncations(&ran)), (10, 1), "{what}");
        let usage = &ran.report.usage;
        assert_eq!(
            (usage.output_bytes, usage.output_dropped),
            (100_100, 90_100),
            "{what}"
        );
        assert_eq!(flood(MIB).events.len(), 100, "{what}");
    }
}

#[test]
fn a_sink_without_room_stalls_the_guest_and_not_its_clock() {
    let check = |step: crate::harness::Step, most: usize| {
        let ran = step.stalled().timeout(300).go();
        assert_eq!(
            ran.stopped_soon().outcome(),
            &Outcome::TimedOut { limit_ms: 300 }
        );
        assert!(ran.events.len() <= most, "{} events", ran.events.len());
    };
    check(run("out_flood"), 1);
    for what in ["log", "issues", "progress", "completion", "tags"] {
        check(
            task("task-flood")
                .input("what", what)
                .input("times", "1000000"),
            0,
        );
    }
}

#[test]
fn empty_writes_cost_the_host_nothing() {
    alone("output::empty_writes_cost_the_host_nothing", || {
        run("out_empty_writes").args([1]).stalled().go().succeeded();
        let (before, _) = resident_bytes();
        run("out_empty_writes")
            .args([1_000_000])
            .stalled()
            .go()
            .succeeded();
        let (_, peak) = resident_bytes();
        assert!(
            peak.saturating_sub(before) < 8 * MIB,
            "{} KiB",
            (peak - before) >> 10
        );
    });
}

#[test]
fn a_write_beyond_the_permit_ends_the_step() {
    for guest in ["out_unpermitted", "out_zeroes"] {
        let ran = run(guest).go();
        let Outcome::Trapped {
            trap: TrapKind::HostRefused,
            ..
        } = ran.outcome()
        else {
            panic!("{guest}: {:?}", ran.outcome());
        };
        assert_eq!(ran.events, [], "{guest}");
    }
}

#[test]
fn a_large_file_goes_through_in_small_pieces() {
    let workspace = tempfile::tempdir().unwrap();
    std::fs::write(workspace.path().join("large"), vec![b'x'; 300_000]).unwrap();
    let ran = run("out_splice").read_only(workspace.path()).go();
    assert_eq!(ran.succeeded().len(), 300_000);
    assert_eq!(ran.stderr(), "300000 bytes\n");
    let small = ran.count(
        |event| matches!(event, GuestEvent::Output { bytes, .. } if bytes.len() <= 64 << 10),
    );
    assert_eq!(small, ran.events.len());
}
