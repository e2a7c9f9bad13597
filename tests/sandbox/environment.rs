//! What a guest sees around it, and how it ends.

use crate::handmade;
use crate::harness::{run, run_bytes};
use stepwell_event::{GuestEvent, Outcome, Stream, TrapKind};

#[test]
fn a_guest_sees_the_granted_environment_and_nothing_of_the_host() {
    assert!(
        std::env::vars().count() > 0,
        "the host has an environment to hide"
    );
    let ran = run("env_print")
        .env("A", "1")
        .env("EMPTY", "")
        .env("Z z", "ö\n")
        .go();
    assert_eq!(
        ran.succeeded(),
        "A=1\nEMPTY=\nZ z=ö\n\nworking directory None\n"
    );
    let ran = run("env_print").go();
    assert_eq!(ran.succeeded(), "working directory None\n");
}

#[test]
fn arguments_arrive_as_they_were_given() {
    let ran = run("env_print")
        .args(["--flag", "", "two words", "$(x)"])
        .go();
    assert_eq!(
        ran.succeeded(),
        "argument \"--flag\"\nargument \"\"\nargument \"two words\"\nargument \"$(x)\"\n\
         working directory None\n"
    );
}

#[test]
fn a_question_gets_the_end_of_input_and_is_noted() {
    let ran = run("env_stdin").go();
    assert_eq!(ran.succeeded(), "read 0 bytes\n");
    assert!(ran.report.read_stdin);
    assert!(!run("env_print").go().report.read_stdin);
}

#[test]
fn exit_codes_are_kept() {
    for code in [1, 2, 33, 125, 255] {
        let ran = run("env_exit").args([code]).go();
        assert_eq!(ran.outcome(), &Outcome::ExitCode { code });
    }
    run("env_exit").args([0]).go().succeeded();
}

#[test]
fn the_standard_library_keeps_only_whether_it_went_well() {
    run("env_exit_plain").args([0]).go().succeeded();
    let ran = run("env_exit_plain").args([33]).go();
    assert_eq!(ran.outcome(), &Outcome::ExitCode { code: 1 });
}

#[test]
fn an_error_from_main_is_exit_code_1() {
    let ran = run("env_error").go();
    assert_eq!(ran.outcome(), &Outcome::ExitCode { code: 1 });
    assert_eq!(ran.stderr(), "Error: \"no such luck\"\n");
}

#[test]
fn both_streams_arrive_in_order_and_byte_for_byte() {
    let ran = run("out_lines").go();
    ran.succeeded();
    let written: Vec<(Stream, &[u8])> = ran
        .events
        .iter()
        .map(|event| match event {
            GuestEvent::Output { stream, bytes } => (*stream, bytes.as_slice()),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected: [(Stream, &[u8]); 4] = [
        (Stream::Stdout, b"one\n"),
        (Stream::Stderr, b"two\n"),
        (Stream::Stdout, b"\xff\x00\x1b[31m\n"),
        (Stream::Stderr, b"no end of line"),
    ];
    assert_eq!(written, expected);
    assert_eq!(ran.report.usage.output_bytes, 30);
}

#[test]
fn a_panic_tells_its_message_and_where_it_happened() {
    let ran = run("out_panic").go();
    let Outcome::Trapped {
        trap: TrapKind::Unreachable,
        backtrace,
    } = ran.outcome()
    else {
        panic!("{:?}", ran.outcome());
    };
    let functions: Vec<&str> = backtrace
        .iter()
        .map(|frame| frame.function.as_str())
        .collect();
    assert!(functions.contains(&"out_panic::main"), "{functions:?}");
    assert!(ran.stderr().contains(&"a long story ".repeat(80_000)));
}

#[test]
fn every_trap_has_its_name() {
    let check = |fields: &str, body: &str, expected: TrapKind| {
        let ran = run_bytes(handmade::command(&format!(
            r#"{fields} (func (export "run") (result i32) {body} (i32.const 0))"#
        )))
        .go();
        let Outcome::Trapped { trap, .. } = ran.outcome() else {
            panic!("{body}: {:?}", ran.outcome());
        };
        assert_eq!(*trap, expected, "{body}");
    };
    check("", "unreachable", TrapKind::Unreachable);
    check(
        "(memory 1)",
        "(drop (i32.load (i32.const -4)))",
        TrapKind::MemoryOutOfBounds,
    );
    check(
        "(table 1 funcref)",
        "(drop (table.get (i32.const 1)))",
        TrapKind::TableOutOfBounds,
    );
    let call = "(call_indirect (i32.const 0))";
    check("(table 1 funcref)", call, TrapKind::BadIndirectCall);
    check(
        "(func $f (param i32)) (table funcref (elem $f))",
        call,
        TrapKind::BadIndirectCall,
    );
    check(
        "",
        "(drop (i32.div_u (i32.const 1) (i32.const 0)))",
        TrapKind::DivisionByZero,
    );
    check(
        "",
        "(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))",
        TrapKind::IntegerOverflow,
    );
    check(
        "",
        "(drop (i32.trunc_f32_s (f32.const nan)))",
        TrapKind::IntegerOverflow,
    );
    check("(func $f (call $f))", "(call $f)", TrapKind::StackOverflow);
    // A `result` is 0 or 1.
    check("", "(return (i32.const 7))", TrapKind::HostRefused);
}
