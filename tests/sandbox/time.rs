//! Nothing that a guest does keeps it from being stopped.

use crate::handmade::{command, command_with_realloc, component, idle_command};
use crate::harness::{Ran, Step, guest, run, run_bytes, sandbox, task};
use std::time::Duration;
use stepwell_event::{GuestEvent, LimitKind, Outcome};
use stepwell_sandbox::StopHandle;

const TIMED_OUT: Outcome = Outcome::TimedOut { limit_ms: 300 };

fn is_stopped(step: Step) {
    let ran = step.timeout(300).go();
    assert_eq!(ran.stopped_soon().outcome(), &TIMED_OUT);
    assert!(ran.took >= Duration::from_millis(300), "{:?}", ran.took);
}

#[test]
fn guests_that_do_not_end_are_stopped() {
    for guest in [
        "time_spin",
        "time_sleep",
        "time_poll",
        "time_churn",
        "time_fill",
        "time_allocate",
        "time_random",
    ] {
        is_stopped(run(guest));
    }
}

#[test]
fn a_loop_before_the_program_begins_is_stopped() {
    is_stopped(run_bytes(idle_command(
        "(func $loop (loop (br 0))) (start $loop)",
    )));
}

#[test]
fn a_loop_while_the_host_hands_something_over_is_stopped() {
    is_stopped(run_bytes(command_with_realloc("(loop (br 0)) unreachable")).env("A", "1"));
}

#[test]
fn a_loop_after_the_program_has_returned_is_stopped() {
    is_stopped(run_bytes(component(
        r#"(component
            (core module $m
                (func (export "run") (result i32) (i32.const 0))
                (func (export "after") (param i32) (loop (br 0))))
            (core instance $i (instantiate $m))
            (func $run (result (result))
                (canon lift (core func $i "run") (post-return (func $i "after"))))
            (instance $entry (export "run" (func $run)))
            (export "wasi:cli/run@0.2.6" (instance $entry)))"#,
    )));
}

#[test]
fn a_guest_that_ends_in_time_is_not_stopped() {
    run("time_sleep")
        .args([50])
        .timeout(30_000)
        .go()
        .succeeded();
}

#[test]
fn guests_that_spin_do_not_keep_a_sleeper_from_its_timeout() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .unwrap();
    let (spinner, sleeper) = (guest("time_spin"), guest("time_sleep"));
    // Compiled before the clock runs.
    for bytes in [&spinner, &sleeper] {
        crate::harness::load(bytes);
    }
    let ran: Vec<Ran> = runtime.block_on(async {
        let steps: Vec<_> = [&sleeper, &spinner, &spinner, &spinner, &spinner]
            .map(|bytes| run_bytes(bytes.clone()).timeout(300))
            .into_iter()
            .map(|step| tokio::spawn(step.start_in(sandbox())))
            .collect();
        let mut ran = Vec::new();
        for step in steps {
            ran.push(step.await.unwrap());
        }
        ran
    });
    for ran in ran {
        assert_eq!(ran.stopped_soon().outcome(), &TIMED_OUT);
    }
}

#[test]
fn cpu_time_is_that_of_the_step() {
    let asleep = run("time_sleep").args([300]).go();
    assert!(
        asleep.report.usage.cpu_us < 150_000,
        "{:?}",
        asleep.report.usage
    );
    assert!(
        asleep.report.usage.wall_us >= 300_000,
        "{:?}",
        asleep.report.usage
    );
    let busy = run("time_spin").timeout(300).go();
    assert!(busy.report.usage.cpu_us > 30_000, "{:?}", busy.report.usage);
}

#[test]
fn a_cancel_stops_a_guest_that_does_not_listen_at_once() {
    for guest in ["time_spin", "time_sleep"] {
        let ran = run(guest).after(100, StopHandle::ask).go();
        assert_eq!(
            ran.stopped_soon().outcome(),
            &Outcome::Canceled { graceful: false }
        );
    }
}

#[test]
fn a_step_that_was_canceled_before_it_began_does_not_run() {
    let ran = run("env_print").asked_before().go();
    assert_eq!(ran.outcome(), &Outcome::Canceled { graceful: false });
    assert_eq!(ran.events, []);
}

fn listener(when: &str) -> Step {
    task("task-listener").input("when", when)
}

#[test]
fn a_listener_is_given_its_grace() {
    for when in ["polling", "waiting"] {
        let ran = listener(when).ask_when_it_logs().go();
        assert_eq!(
            ran.stopped_soon().outcome(),
            &Outcome::Canceled { graceful: true }
        );
        assert_eq!(ran.log(), "listening, not asked yet\nending, in time\n");
    }
}

#[test]
fn a_listener_that_does_nothing_is_stopped_at_the_end_of_its_grace() {
    let ran = listener("ignoring").ask_when_it_logs().grace(200).go();
    assert_eq!(
        ran.stopped_soon().outcome(),
        &Outcome::Canceled { graceful: false }
    );
    assert!(ran.took >= Duration::from_millis(200), "{:?}", ran.took);
}

#[test]
fn a_stop_ends_the_grace() {
    let ran = listener("ignoring")
        .ask_when_it_logs()
        .after(100, StopHandle::stop)
        .go();
    assert_eq!(
        ran.stopped_soon().outcome(),
        &Outcome::Canceled { graceful: false }
    );
}

#[test]
fn a_listener_that_runs_out_of_time_may_end_by_itself() {
    let ran = listener("waiting").timeout(300).go();
    assert_eq!(ran.stopped_soon().outcome(), &TIMED_OUT);
    assert_eq!(ran.log(), "listening, not asked yet\nending, in time\n");
    let ran = listener("ignoring").timeout(300).grace(200).go();
    assert_eq!(ran.stopped_soon().outcome(), &TIMED_OUT);
    assert!(ran.took >= Duration::from_millis(500), "{:?}", ran.took);
}

#[test]
fn limits_beyond_the_end_of_clocks_are_no_limits() {
    run("time_sleep")
        .args([10])
        .timeout(u64::MAX)
        .grace(u64::MAX)
        .go()
        .succeeded();
    let ran = listener("polling").ask_when_it_logs().grace(u64::MAX).go();
    assert_eq!(ran.outcome(), &Outcome::Canceled { graceful: true });
}

#[test]
fn a_loop_that_calls_the_host_is_stopped_too() {
    is_stopped(run("out_flood").output(1000));
    is_stopped(run_bytes(command(
        r#"(memory 1 2)
        (func (export "run") (result i32)
            (loop (drop (memory.grow (i32.const 1))) (br 0)) (i32.const 0))"#,
    )));
}

#[test]
fn recursion_without_a_stack_is_stopped() {
    is_stopped(run_bytes(command(
        r#"(func $again (result i32) (return_call $again))
        (func (export "run") (result i32) (call $again))"#,
    )));
}

#[test]
fn a_guest_that_waits_for_as_many_things_as_it_may_is_stopped() {
    let ran = run("time_poll_many")
        .args([2_000])
        .limit(LimitKind::Resources, 4_096)
        .timeout(300)
        .go();
    assert_eq!(ran.stopped_soon().outcome(), &TIMED_OUT);
    assert_eq!(ran.stdout(), "waiting for 2000\n");
}

#[test]
fn who_ends_before_the_deadline_has_ended_in_time() {
    for _ in 0..20 {
        let ran = run("time_sleep").args([95]).timeout(100).go();
        // On a busy machine the guest may wake too late; but it is never early that counts as late.
        if ran.took < Duration::from_millis(100) {
            ran.succeeded();
        }
    }
}

#[test]
fn nothing_is_handed_on_once_the_step_was_asked_to_stop() {
    let ran = task("task-late").ask_when_it_logs().go();
    assert_eq!(
        ran.stopped_soon().outcome(),
        &Outcome::Canceled { graceful: true }
    );
    assert_eq!(
        ran.log(),
        "waiting\noutput Err(OutputError::Denied(\"the step is being stopped\"))\nvariable false\n\
         path false\ntask variable false\nendpoint false\nsecret true\n"
    );
    let handed_on =
        ran.count(|event| !matches!(event, GuestEvent::Log { .. } | GuestEvent::AddSecret { .. }));
    assert_eq!(handed_on, 0, "{:?}", ran.events);
}

#[test]
fn a_guest_among_many_that_spin_is_stopped_in_time() {
    const SPINNERS: u32 = 64;
    let sandbox = crate::harness::fresh_sandbox(SPINNERS + 1);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .unwrap();
    let spinner = guest("time_spin");
    crate::harness::load(&spinner);
    let sandbox = &*Box::leak(Box::new(sandbox));
    runtime.block_on(async {
        let spin =
            |millis| tokio::spawn(run_bytes(spinner.clone()).timeout(millis).start_in(sandbox));
        let neighbours: Vec<_> = (0..SPINNERS).map(|_| spin(3_000)).collect();
        tokio::time::sleep(Duration::from_millis(500)).await;
        for _ in 0..5 {
            let ran = spin(200).await.unwrap();
            assert_eq!(ran.outcome().name(), "timed-out");
            let late = ran.took.saturating_sub(Duration::from_millis(200));
            assert!(late < Duration::from_secs(1), "{late:?}");
        }
        for neighbour in neighbours {
            assert_eq!(neighbour.await.unwrap().outcome().name(), "timed-out");
        }
    });
}
