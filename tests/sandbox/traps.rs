//! What helps to find the cause of a trap: names, lines, and what was in memory.

use crate::handmade::{command, with_name};
use crate::harness::{Ran, guest, run, run_bytes, task, task_bytes, try_code};
use stepwell_event::{Frame, GuestEvent, LimitKind, Outcome, TrapKind};
use stepwell_sandbox::{Metering, Sandbox, SandboxConfig};

fn trapped(ran: &Ran) -> (TrapKind, &[Frame]) {
    match ran.outcome() {
        Outcome::Trapped { trap, backtrace } => (*trap, backtrace),
        other => panic!("{other:?}"),
    }
}

fn dumping() -> Sandbox {
    Sandbox::new(&SandboxConfig {
        core_dumps: true,
        ..SandboxConfig::default()
    })
    .unwrap()
}

#[test]
fn a_backtrace_tells_file_and_line_where_the_guest_knows_them() {
    for step in [
        task("task-traps"),
        task("task-traps").limit(LimitKind::Fuel, 1_000_000_000),
    ] {
        let ran = step.go();
        let (trap, backtrace) = trapped(&ran);
        assert_eq!(trap, TrapKind::MemoryOutOfBounds);
        let source = std::fs::read_to_string(
            stepwell_testkit::guests::repository().join("tests/guests/task-traps/src/lib.rs"),
        )
        .unwrap();
        let line = |text: &str| 1 + source.lines().position(|line| line.contains(text)).unwrap();
        let at = |text: &str| format!("task-traps/src/lib.rs:{}", line(text));
        let told: Vec<(&str, &str)> = backtrace
            .iter()
            .map(|frame| {
                let location = frame.location.as_deref().unwrap_or_default();
                (frame.function.as_str(), location)
            })
            .collect();
        let (function, location) = told[0];
        assert_eq!(function, "task_traps::read", "{told:?}");
        // Reading is inlined: the line may be that of the standard library's function.
        assert!(location.contains(".rs:"), "{told:?}");
        assert!(
            told.iter()
                .any(|(_, location)| location.ends_with(&at("read(std::hint"))),
            "{told:?}"
        );
    }
}

#[test]
fn without_debug_information_a_backtrace_tells_functions_only() {
    let ran = run("limit_recursion").go();
    let (_, backtrace) = trapped(&ran);
    assert!(!backtrace.is_empty());
    let own = |frame: &&Frame| frame.function.starts_with("limit_recursion");
    assert!(
        backtrace
            .iter()
            .filter(own)
            .all(|frame| frame.location.is_none())
    );
}

#[test]
fn names_of_functions_are_cut() {
    let ran = run_bytes(with_name(&"n".repeat(100_000))).go();
    let (_, backtrace) = trapped(&ran);
    let longest = backtrace.iter().map(|frame| frame.function.len()).max();
    assert_eq!(longest, Some(1_024 + '…'.len_utf8()));
}

#[test]
fn damaged_debug_information_costs_the_lines_and_nothing_else() {
    let whole = guest("task-traps");
    let section = b".debug_line";
    let at = whole
        .windows(section.len())
        .position(|window| window == section)
        .unwrap();
    for damage in [1, 5, 11, 30, 60, 100, 400] {
        let mut bytes = whole.clone();
        for byte in &mut bytes[at + section.len()..][damage..damage + 40] {
            *byte ^= 0xff;
        }
        let ran = task_bytes(bytes).go();
        assert_eq!(trapped(&ran).0, TrapKind::MemoryOutOfBounds);
    }
}

#[test]
fn a_trap_leaves_a_core_dump_where_it_is_wanted() {
    let ran = task("task-traps").go_in(&dumping());
    let dump = ran.report.core_dump.as_deref().unwrap();
    assert!(dump.starts_with(b"\0asm\x01\0\0\0"));
    for part in [&b"core"[..], b"corestack", b"coremodules", &[0xa5; 16]] {
        assert!(dump.windows(part.len()).any(|window| window == part));
    }
    assert_eq!(task("task-traps").go().report.core_dump, None);
    let ran = run("env_print").go_in(&dumping());
    ran.succeeded();
    assert_eq!(ran.report.core_dump, None);
}

#[test]
fn a_core_dump_is_of_a_trap_only() {
    let sandbox = dumping();
    let ran = run("limit_memory").memory(4 << 20).go_in(&sandbox);
    assert_eq!(ran.outcome().name(), "limit-exceeded");
    assert_eq!(ran.report.core_dump, None);
    let ran = run("time_spin").timeout(200).go_in(&sandbox);
    assert_eq!(ran.outcome().name(), "timed-out");
    assert_eq!(ran.report.core_dump, None);
}

#[test]
fn a_core_dump_is_no_larger_than_the_memory_of_its_guest() {
    let fill = r#"(memory 1024)
        (func (export "run") (result i32)
            (memory.fill (i32.const 0) (i32.const 1) (i32.const 67108864)) unreachable)"#;
    let ran = run_bytes(command(fill)).memory(64 << 20).go_in(&dumping());
    let dump = ran.report.core_dump.as_deref().unwrap();
    assert!(dump.len() < 128 << 20, "{}", dump.len());
    let warned = |event: &GuestEvent| matches!(event, GuestEvent::Log { .. });
    assert_eq!(ran.count(warned), 0);
}

#[test]
fn code_is_the_same_with_and_without_core_dumps() {
    let code = try_code(&guest("env_print"), Metering::Off).unwrap();
    dumping().component(&code).unwrap();
}
