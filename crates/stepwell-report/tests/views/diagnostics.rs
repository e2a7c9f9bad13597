//! Problems of a file, with its lines.

use insta::assert_snapshot;
use proptest::prelude::*;
use stepwell_diagnostic::{Diagnostic, Label, Sources};
use stepwell_report::{diagnostics, json_line, located};

const TEXT: &str =
    "name = \"demo\"\n\n[[steps]]\r\n\ttsak = \"lint\" # \u{1b}[2Jé\u{9b}\ninputs = 3\n";

fn at(text: &str) -> std::ops::Range<usize> {
    let start = TEXT.find(text).unwrap();
    start..start + text.len()
}

#[test]
fn problems_show_their_lines_in_reading_order() {
    let found = [
        Diagnostic::warning("no-jobs", "the pipeline has no jobs"),
        Diagnostic::error("wrong-type", "`inputs` is not a table")
            .at(at("3"), "this is a number")
            .at(at("[[steps]]"), "of this step"),
        Diagnostic::error("unknown-key", "unknown key `tsak`\u{1b}[31m")
            .at(at("tsak"), "not a key of a step")
            .help("did you mean `task`?")
            .help("the keys are:\n  task, inputs"),
        Diagnostic::error("unclosed", "something is missing")
            .at(at("\u{9b}"), "")
            .at(TEXT.len()..TEXT.len(), "here"),
    ];
    let shown = diagnostics(&Sources::of("pipe\u{7}line.toml", TEXT), &found, false);
    assert_snapshot!(shown, @r##"
    warning[no-jobs]: the pipeline has no jobs
    --> pipe␇line.toml

    error[unknown-key]: unknown key `tsak`␛[31m
     --> pipe␇line.toml:4:2
      |
    4 |     tsak = "lint" # ␛[2Jé\u{9b}
      |     ^^^^ not a key of a step
      |
      = help: did you mean `task`?
      = help: the keys are:
                task, inputs

    error[unclosed]: something is missing
     --> pipe␇line.toml:4:23
      |
    4 |     tsak = "lint" # ␛[2Jé\u{9b}
      |                          ^^^^^^
    5 | inputs = 3
      |           - here

    error[wrong-type]: `inputs` is not a table
     --> pipe␇line.toml:5:10
      |
    3 | [[steps]]
      | --------- of this step
    4 |     tsak = "lint" # ␛[2Jé\u{9b}
    5 | inputs = 3
      |          ^ this is a number

    3 errors, 1 warning in pipe␇line.toml
    "##);
}

#[test]
fn nothing_is_said_of_a_file_without_problems() {
    assert_eq!(
        diagnostics(&Sources::of("pipeline.toml", TEXT), &[], true),
        ""
    );
}

#[test]
fn colours_change_nothing_but_colour() {
    let found = [Diagnostic::error("a", "b").at(at("tsak"), "c").help("d")];
    let plain = diagnostics(&Sources::of("f", TEXT), &found, false);
    let colored = diagnostics(&Sources::of("f", TEXT), &found, true);
    assert_ne!(plain, colored);
    assert_eq!(console::strip_ansi_codes(&colored), plain);
}

#[test]
fn a_problem_may_lie_in_several_files() {
    let mut sources = Sources::of("pipeline.toml", "template = \"t.toml\"\nflag = 1\n");
    let template = sources.add("t.toml", "[parameters]\nflag = \"boolean\"\n");
    let other = sources.add("u.toml", "é = 1\n");
    let found = [
        Diagnostic::error("unknown-key", "unknown key").at(other..other + 2, "no such key"),
        Diagnostic::error("wrong-type", "`flag` is not a boolean")
            .at(template + 13..template + 17, "declared here")
            .at(27..28, "this is a number")
            .at(other + 3..other + 4, "")
            .help("write `true`"),
        Diagnostic::warning("old", "old").at(0..8, ""),
    ];
    assert_snapshot!(diagnostics(&sources, &found, false), @r#"
    warning[old]: old
     --> pipeline.toml:1:1
      |
    1 | template = "t.toml"
      | ^^^^^^^^

    error[wrong-type]: `flag` is not a boolean
     --> t.toml:2:1
      |
    2 | flag = "boolean"
      | ^^^^ declared here
      |
     ::: pipeline.toml:2:8
      |
    2 | flag = 1
      |        - this is a number
      |
     ::: u.toml:1:3
      |
    1 | é = 1
      |   -
      |
      = help: write `true`

    error[unknown-key]: unknown key
     --> u.toml:1:1
      |
    1 | é = 1
      | ^ no such key

    2 errors, 1 warning in pipeline.toml and 2 more files
    "#);
    let last = |found: &[Diagnostic]| {
        let shown = diagnostics(&sources, found, false);
        shown.lines().last().map(str::to_owned).unwrap_or_default()
    };
    assert_eq!(last(&found[..1]), "1 error in u.toml");
    assert_eq!(last(&found[..2]), "2 errors in t.toml and u.toml");
    assert_snapshot!(json_line(&located(&sources, &found[1])).unwrap(), @r#"{"code":"wrong-type","severity":"error","message":"`flag` is not a boolean","labels":[{"file":"t.toml","line":2,"column":1,"end-line":2,"end-column":5,"span":{"start":13,"end":17},"message":"declared here"},{"file":"pipeline.toml","line":2,"column":8,"end-line":2,"end-column":9,"span":{"start":27,"end":28},"message":"this is a number"},{"file":"u.toml","line":1,"column":3,"end-line":1,"end-column":4,"span":{"start":3,"end":4},"message":""}],"help":["write `true`"]}"#);
}

#[test]
fn a_problem_without_files_is_told_too() {
    let found = [Diagnostic::error("no-file", "there is no file").at(3..4, "here")];
    assert_snapshot!(diagnostics(&Sources::default(), &found, false), @r"
    error[no-file]: there is no file

    1 error
    ");
    assert!(located(&Sources::default(), &found[0]).labels.is_empty());
}

#[test]
fn long_lines_are_cut() {
    let long = format!("a = [{}]", "1, ".repeat(40_000));
    let check = |span: std::ops::Range<usize>| {
        let found = [Diagnostic::error("a", "b").at(span.clone(), "here")];
        let shown = diagnostics(&Sources::of("f", &long), &found, false);
        assert!(shown.len() < 10_000, "{span:?}: {} bytes", shown.len());
        assert!(shown.contains("here"), "{span:?}");
    };
    check(0..1);
    check(60_000..60_003);
    check(4..long.len());
    check(long.len()..long.len());
}

#[test]
fn many_lines_are_folded() {
    let many = "x = 1\n".repeat(20_000);
    let found = [Diagnostic::error("a", "b").at(0..many.len(), "all of it")];
    let shown = diagnostics(&Sources::of("f", &many), &found, false);
    assert!(shown.len() < 10_000, "{} bytes", shown.len());
    let found = [Diagnostic::error("a", "b")
        .at(0..1, "first")
        .at(many.len() - 2..many.len() - 1, "last")];
    let shown = diagnostics(&Sources::of("f", &many), &found, false);
    assert!(shown.len() < 10_000, "{} bytes", shown.len());
    assert!(shown.contains("first") && shown.contains("last"), "{shown}");
    assert!(shown.contains("20000 |"), "{shown}");
}

fn label() -> impl Strategy<Value = Label> {
    let span = (0usize..80, 0usize..80);
    (span, "[a-z\u{1b}\n]{0,6}").prop_map(|((start, end), message)| Label {
        span: start..end,
        message,
    })
}

proptest! {
    #[test]
    fn any_span_in_any_text_is_shown(
        text in "[a-z é漢\u{202e}\u{1b}\u{9b}\u{0}\t\r\n]{0,60}",
        labels in proptest::collection::vec(label(), 0..4),
        help in proptest::collection::vec("[a-z\u{1b}\n]{0,9}", 0..3),
    ) {
        let mut diagnostic = Diagnostic::error("some-code", "message");
        diagnostic.labels = labels;
        diagnostic.help = help;
        let shown = diagnostics(&Sources::of("file", &text), &[diagnostic], false);
        prop_assert!(shown.ends_with("\n1 error in file\n"));
        let active = |ch: char| ch.is_control() && ch != '\n' || ch == '\u{202e}';
        prop_assert!(!shown.contains(active), "{:?}", shown);
    }
}
