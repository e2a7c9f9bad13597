//! The deterministic budget of work.

use crate::harness::{Ran, Step, fresh_sandbox, run, run_bytes, task, try_code};
use stepwell_event::{LimitKind, Outcome};
use stepwell_sandbox::Metering;

const PLENTY: u64 = 1_000_000_000;

fn fueled(step: Step, fuel: u64) -> Ran {
    step.limit(LimitKind::Fuel, fuel).go()
}

fn used(ran: &Ran) -> u64 {
    ran.report.usage.fuel.unwrap()
}

#[test]
fn the_same_work_takes_exactly_the_same_fuel() {
    let mix = |rounds| {
        let ran = fueled(run("fuel_mix").args([rounds]), PLENTY);
        ran.succeeded();
        used(&ran)
    };
    let first = mix(20);
    assert!(first > 20_000, "{first}");
    for _ in 1..10 {
        assert_eq!(mix(20), first);
    }
    assert!(mix(40) > first + 20_000);
}

#[test]
fn who_runs_out_has_used_the_whole_budget() {
    let guests: [fn() -> Step; 3] = [
        || run("time_spin"),
        || run("fuel_mix"),
        || task("task-noop"),
    ];
    for (guest, budget) in guests.into_iter().zip([1_000_000, 777_777, 100]) {
        for _ in 0..3 {
            let ran = fueled(guest(), budget);
            assert_eq!(
                ran.outcome(),
                &Outcome::LimitExceeded {
                    limit: LimitKind::Fuel,
                    value: budget,
                    used: budget
                }
            );
            assert_eq!(used(&ran), budget);
        }
    }
}

#[test]
fn work_before_the_program_begins_is_counted() {
    let start = "(func $loop (loop (br 0))) (start $loop)";
    let ran = fueled(run_bytes(crate::handmade::idle_command(start)), 100_000);
    assert_eq!(ran.outcome().name(), "limit-exceeded");
    assert_eq!(used(&ran), 100_000);
}

#[test]
fn moving_memory_takes_fuel_by_its_size() {
    let fill = |bytes| {
        let fields = format!(
            r#"(memory 256)
            (func (export "run") (result i32)
                (memory.fill (i32.const 0) (i32.const 1) (i32.const {bytes})) (i32.const 0))"#
        );
        let ran = fueled(run_bytes(crate::handmade::command(&fields)), PLENTY);
        ran.succeeded();
        used(&ran)
    };
    assert!(fill(16 << 20) > fill(1) + 1_000_000);
}

#[test]
fn a_budget_does_not_hold_up_the_deadline() {
    for guest in ["time_spin", "time_sleep", "time_random", "time_fill"] {
        let ran = run(guest)
            .limit(LimitKind::Fuel, u64::MAX - 1)
            .timeout(300)
            .go();
        assert_eq!(
            ran.stopped_soon().outcome(),
            &Outcome::TimedOut { limit_ms: 300 }
        );
        assert!(ran.report.usage.fuel.is_some(), "{guest}");
    }
}

#[test]
fn a_trap_tells_what_was_used_until_then() {
    let ran = fueled(run("out_panic"), PLENTY);
    assert_eq!(ran.outcome().name(), "trapped");
    assert!((1..PLENTY).contains(&used(&ran)), "{}", used(&ran));
}

#[test]
fn without_a_budget_nothing_is_counted() {
    assert_eq!(run("env_print").go().report.usage.fuel, None);
}

#[test]
fn code_that_does_not_count_runs_without_a_budget_only() {
    let sandbox = fresh_sandbox(1);
    let bytes = crate::harness::guest("env_print");
    let code = try_code(&bytes, Metering::Off).unwrap();
    let component = sandbox.component(&code).unwrap();
    let step = run_bytes(bytes).limit(LimitKind::Fuel, 1_000);
    let ran = step.go_with(&sandbox, &component);
    assert_eq!(ran.outcome().name(), "host-failed");
}
